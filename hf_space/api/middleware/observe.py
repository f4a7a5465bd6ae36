"""Gives each request an id, counts, times and logs it, and adds the security headers."""

from __future__ import annotations

import logging
import re
from time import perf_counter
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

from hf_space.api.errors import unexpected_response
from hf_space.api.security import (
    API_POLICY,
    DOCS_PATH,
    DOCS_POLICY,
    POLICY_HEADER,
    SECURITY_HEADERS,
)
from hf_space.observability.logging import request_id
from hf_space.schemas.ids import uuid7

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hf_space.observability.metrics import Metrics

HEADER: Final = "X-Request-ID"

_ACCEPTED_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
# A client can send any method: each unknown one would be a new time series.
_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

logger = logging.getLogger(__name__)


class ObserveMiddleware:
    """Gives each request an id, which is in log lines and in the response's `X-Request-ID`.

    It wraps everything else, so headers of every response are added here. A content security policy
    that a response already has is kept.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap an application, and count its requests."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count, time and log its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), None
        name = _request_id(scope)
        token = request_id.set(name)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = name
                headers.update(SECURITY_HEADERS)
                docs = DOCS_PATH.fullmatch(scope["path"])
                headers.setdefault(POLICY_HEADER, DOCS_POLICY if docs else API_POLICY)
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            # A response that has started can only be aborted.
            if status is not None:
                raise
            await unexpected_response(error)(scope, receive, send_with_id)
        finally:
            self._record(scope, status or 500, perf_counter() - started)
            request_id.reset(token)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = _route(scope)
        self._metrics.requests.labels(method, route, status).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        # The path of a mounted application may contain a file's name; the demo sets its own label.
        endpoint = scope.get("state", {}).get("endpoint")
        facts = {"method": method, "route": route} | ({"endpoint": endpoint} if endpoint else {})
        logger.info("request", extra={**facts, "status": status, "ms": round(seconds * 1000.0, 1)})


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get(HEADER, "")
    return given if _ACCEPTED_ID.fullmatch(given) else uuid7().hex


def _route(scope: Scope) -> str:
    """Return the route's pattern, so that ids in paths do not multiply the time series."""
    if "app_root_path" in scope:
        return "mounted"
    return getattr(scope.get("route"), "path", "none")
