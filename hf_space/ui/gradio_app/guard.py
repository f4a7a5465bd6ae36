"""Charges and bounds requests to Gradio's own routes, which have no policy of the service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request

from hf_space.access.rate_limit import charge
from hf_space.api.errors import biopsia_response, client_closed, not_found
from hf_space.api.request_body import MULTIPART
from hf_space.api.security import DEMO_POLICY, POLICY_HEADER
from hf_space.errors import (
    BusyError,
    LengthRequiredError,
    PayloadTooLargeError,
    RateLimitedError,
    UnknownPathError,
    UnsupportedBodyError,
)
from hf_space.ui.gradio_app.calls import CALL, MAX_CALL_BYTES, too_large
from hf_space.ui.gradio_app.upload_room import UploadRoom

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hf_space.access.rate_limit import Limiter
    from hf_space.observability.metrics import Metrics
    from hf_space.ui.gradio_app.calls import Calls
    from hf_space.ui.gradio_app.event_streams import EventStreams

# Requests that predict or upload; the page gets the results with GET, which is free.
_CHARGED: Final = re.compile(r"/gradio_api/((call|run|api)/|(queue/join|upload)/?$)")
_UPLOAD: Final = "/gradio_api/upload"
# Paths that the page and Gradio's clients need. Gradio has more routes, and adds some with every
# version: one stores anything sent to it, another writes a file for each call.
_PAGE: Final = (
    "",
    "config",
    "favicon.ico",
    "manifest.json",
    r"pwa_icon(/\w+)?",
    "robots.txt",
    "theme.css",
    "(assets|static|svelte)/.+",
)
_CALLS: Final = (
    "(app_id|info|startup-events|theme.css|token|user)",
    r"(api|run)/\w+",
    r"call/(v2/)?\w+(/\w+)?",
    "(cancel|reset|upload|upload_progress)",
    r"heartbeat/\w+",
    "queue/(data|join|status)",
    # Paths of files that a call has returned, and of those that the page shows.
    "file[=/].+",
)
NEEDED: Final = re.compile(rf"/({'|'.join(_PAGE)}|gradio_api/({'|'.join(_CALLS)}))/?", re.DOTALL)
"""Paths that are passed on to Gradio."""

# Calls a function of the demo by its name.
_FUNCTION: Final = re.compile(r"/gradio_api/(?:api|run|call(?:/v2)?)/(\w+)(?:/\w+)?/?")
# The beginning of a needed path, without any part chosen by a caller.
_ENDPOINT: Final = re.compile(r"/gradio_api/(?:queue/\w+|[\w-]+)|/\w*")
# If the path is an address, Gradio would fetch and forward it.
_RELAY: Final = re.compile(r"/gradio_api/(file[=/]\s*https?:|proxy=)", re.IGNORECASE)
# From these headers Gradio takes the address that the page uses, whoever sends them.
_OWN_ADDRESS: Final = frozenset({b"x-forwarded-host", b"x-gradio-server"})
_OVERHEAD_BYTES: Final = 64 * 1024
_HELD: Final = "biopsia.call"
_MULTIPART: Final = MULTIPART.encode()
# Number of largest uploads that fit on the disk.
_UPLOADS_AT_ONCE: Final = 4


class GuardMiddleware:
    """Charges calls and uploads, and refuses what the demo does not need.

    It refuses large bodies, requests for other hosts' files, and routes of Gradio beyond the
    demo's.

    Visitors are already identified: the service does this for the demo too.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        calls: Calls,
        streams: EventStreams,
        believes_proxy: bool,
        max_upload_bytes: int,
        limiter: Limiter,
        metrics: Metrics,
    ) -> None:
        """Wrap Gradio's application.

        Args:
            app: The application to call.
            calls: Knows the demo's functions, and bounds what they are sent.
            streams: Knows which streams there are.
            believes_proxy: Whether a proxy in front states the address of the page.
            max_upload_bytes: Most bytes of the files of one upload together; Gradio itself
                bounds each file only, and takes a thousand of them. Other bodies it reads into
                memory, whatever their size.
            limiter: The rate limit.
            metrics: Counts refusals.
        """
        self._app = app
        self._calls = calls
        self._streams = streams
        self._believes_proxy = believes_proxy
        self._max_upload_bytes = max_upload_bytes + _OVERHEAD_BYTES
        self._room = UploadRoom(_UPLOADS_AT_ONCE * self._max_upload_bytes)
        self._limiter = limiter
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on one request."""
        scope = scope if self._believes_proxy else _without_stated_address(scope)
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if refusal := await self._charge(scope) or self._refusal(scope):
            await refusal(scope, receive, send)
            return
        scope["state"]["endpoint"] = _endpoint(_path(scope))
        if _is_upload(scope):
            await self._upload(scope, receive, send)
        elif scope["method"] == "POST":
            await self._call(scope, receive, send)
        elif _path(scope) == "/":
            await self._app(scope, receive, _with_policy(send))
        else:
            await self._app(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an upload on if there is room for it."""
        size, address = Headers(scope=scope)["content-length"], scope["state"]["visitor"].address
        try:
            async with self._room.held(int(size), address):
                await self._app(scope, receive, send)
        except BusyError as error:
            await biopsia_response(error)(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on if it is of a size that its function has use for."""
        size, address = Headers(scope=scope)["content-length"], scope["state"]["visitor"].address
        try:
            held = self._calls.enter(int(size), address)
            body = await Request(scope, receive).body()
            self._calls.check(_path(scope), body)
        except (BusyError, PayloadTooLargeError) as error:
            await biopsia_response(error)(scope, receive, send)
        except ClientDisconnect:
            # Not read by any client; the log and the metrics show that the call was given up.
            await client_closed()(scope, receive, send)
        else:
            # The scope lives as long as the call in Gradio's queue.
            await self._app({**scope, _HELD: held}, _replayed(body, receive), send)

    async def _charge(self, scope: Scope) -> Response | None:
        if scope["method"] == "POST" and _CHARGED.match(_path(scope)):
            try:
                await charge(scope["state"]["visitor"], self._limiter, self._metrics)
            except RateLimitedError as error:
                return biopsia_response(error)
        return None

    def _is_there(self, path: str) -> bool:
        call = CALL.fullmatch(path)
        # Gradio would answer an unknown one with an error of its own, and a traceback in the log.
        return NEEDED.fullmatch(path) is not None and (not call or self._calls.has(call[1]))

    def _refusal(self, scope: Scope) -> Response | None:
        path = _path(scope)
        if _RELAY.search(path) or not self._is_there(path):
            return biopsia_response(not_found(scope))
        if scope["method"] == "POST":
            return self._refusal_of_body(scope)
        if self._streams.has(path, scope["query_string"]):
            return None
        return biopsia_response(
            UnknownPathError("The demo has no such session or call; reload its page.")
        )

    def _refusal_of_body(self, scope: Scope) -> Response | None:
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"")
        # With both headers, the body is chunked and the length is ignored.
        if not declared.isdigit() or b"transfer-encoding" in headers:
            return biopsia_response(LengthRequiredError("State the body's Content-Length."))
        limit = self._max_upload_bytes if _is_upload(scope) else MAX_CALL_BYTES
        size = int(declared)
        if size > limit:
            return biopsia_response(too_large(size, limit))
        if _is_upload(scope) and not headers.get(b"content-type", b"").startswith(_MULTIPART):
            return biopsia_response(UnsupportedBodyError(f"Send {MULTIPART}."))
        return None


def _without_stated_address(scope: Scope) -> Scope:
    headers = [header for header in scope.get("headers", []) if header[0] not in _OWN_ADDRESS]
    return {**scope, "headers": headers}


def _path(scope: Scope) -> str:
    """Return the path as Gradio's routes have it, without the prefix of a proxy."""
    path: str = scope["path"]
    return path.removeprefix(scope["root_path"])


def _endpoint(path: str) -> str | None:
    """Return the log's label of a forwarded path: a function, or the route's beginning."""
    if call := _FUNCTION.fullmatch(path):
        return f"/{call[1]}"
    found = _ENDPOINT.match(path)
    return found and found[0]


def _is_upload(scope: Scope) -> bool:
    return scope["method"] == "POST" and _path(scope).rstrip("/").endswith(_UPLOAD)


def _with_policy(send: Send) -> Send:
    async def send_with_policy(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)[POLICY_HEADER] = DEMO_POLICY
        await send(message)

    return send_with_policy


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a channel that gives the body already read, then further messages."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
