"""Requests that cost something are charged before they are answered."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders

from hf_space.access.client_address import client_address
from hf_space.access.rate_limit import charge
from hf_space.api.errors import biopsia_response
from hf_space.errors import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hf_space.access.rate_limit import Limiter
    from hf_space.observability.metrics import Metrics

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
