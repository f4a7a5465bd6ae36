"""Bounds two doors of Gradio's own that the service cannot leave as wide as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_UPLOAD: Final = "/gradio_api/upload"
# With an address in place of a path, Gradio would fetch it and pass it on.
_RELAY: Final = re.compile(r"/gradio_api/(file[=/]\s*https?:|proxy=)", re.IGNORECASE)
_OVERHEAD_BYTES: Final = 64 * 1024


class GuardMiddleware:
    """Refuses uploads that are too large in all, and requests to relay another host's files."""

    def __init__(self, app: ASGIApp, max_upload_bytes: int) -> None:
        """Wrap an application.

        Args:
            app: What answers the rest.
            max_upload_bytes: Most bytes of the files of one upload together; Gradio itself
                bounds each file only, and takes a thousand of them.
        """
        self._app = app
        self._max_bytes = max_upload_bytes + _OVERHEAD_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        path: str = scope["path"]
        if _RELAY.search(path):
            return PlainTextResponse("Not found", 404)
        if not path.rstrip("/").endswith(_UPLOAD) or scope["method"] != "POST":
            return None
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if not declared.isdigit():
            return PlainTextResponse("State the upload's Content-Length.", 411)
        if int(declared) > self._max_bytes:
            return PlainTextResponse(f"At most {self._max_bytes} bytes in one upload.", 413)
        return None
