"""Requests that cost something are charged before they are answered."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import MutableHeaders

from hf_space.api.address import client_address
from hf_space.api.errors import biopsia_response
from hf_space.errors import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hf_space.api.identify import Visitor
    from hf_space.metrics import Metrics
    from hf_space.store.rate_limit import Allowance, Limiter

HEADERS: Final = {
    "X-RateLimit-Limit": "limit",
    "X-RateLimit-Remaining": "remaining",
    "X-RateLimit-Reset": "reset_seconds",
}
"""Headers of every limited answer, and the facts they tell."""

_LIMITED: Final = re.compile(r"/(predict|tickets|history|stats)(/|$)")
# What of the demo computes or keeps something; it asks for the answers with GET.
_LIMITED_POST: Final = re.compile(r"/gradio_api/((call|run|api)/|(queue/join|upload)/?$)")


class LimitMiddleware:
    """Charges the visitor and the address, and refuses where either has asked for too much."""

    def __init__(self, app: ASGIApp, limiter: Limiter, trusted_hops: int, metrics: Metrics) -> None:
        """Wrap an application whose visitors are known.

        Args:
            app: The application to call.
            limiter: What to charge.
            trusted_hops: Proxies whose word on the client's address counts.
            metrics: Learns of refusals.
        """
        self._app = app
        self._limiter = limiter
        self._trusted_hops = trusted_hops
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Charge the request and pass it on, or refuse it."""
        if scope["type"] != "http" or not _is_limited(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        state = scope["state"]
        state["address"] = client_address(scope, self._trusted_hops)
        try:
            allowance = await charge(state, self._limiter, self._metrics)
        except RateLimitedError as error:
            await biopsia_response(error)(scope, receive, _with_headers(send, error.details))
            return
        told = _with_headers(send, asdict(allowance)) if allowance else send
        await self._app(scope, receive, told)


async def charge(
    state: Mapping[str, Any], limiter: Limiter, metrics: Metrics, *, cost: int = 1
) -> Allowance | None:
    """Charge whoever sent a request.

    Args:
        state: The request's state, with its ``visitor`` and ``address``.
        limiter: What to charge.
        metrics: Learns of refusals.
        cost: Requests and images to charge for.

    Returns:
        What is left, or None where nothing is limited.

    Raises:
        RateLimitedError: It is too much.
    """
    visitor: Visitor = state["visitor"]
    # Who has no token yet may have a new one with every request.
    owner = None if visitor.is_new else visitor.owner
    try:
        return await limiter.charge(owner=owner, address=state["address"], cost=cost)
    except RateLimitedError as error:
        metrics.limit_refusals.labels(error.details["scope"]).inc()
        raise


def _is_limited(method: str, path: str) -> bool:
    if method == "OPTIONS":
        return False
    return bool(_LIMITED.match(path) or (method == "POST" and _LIMITED_POST.match(path)))


def _with_headers(send: Send, facts: Mapping[str, object]) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update({header: str(facts[fact]) for header, fact in HEADERS.items()})
        await send(message)

    return send_with_headers
