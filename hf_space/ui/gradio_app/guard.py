"""Bounds the doors of Gradio's own that the service cannot leave as wide as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hf_space.api.errors import biopsia_response, not_found
from hf_space.errors import LengthRequiredError, PayloadTooLargeError

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

_UPLOAD: Final = "/gradio_api/upload"
# With an address in place of a path, Gradio would fetch it and pass it on.
_RELAY: Final = re.compile(r"/gradio_api/(file[=/]\s*https?:|proxy=)", re.IGNORECASE)
_OVERHEAD_BYTES: Final = 64 * 1024
# Files are uploaded on their own: a call holds options and the names of files, 500 in a batch.
_MAX_CALL_BYTES: Final = 1024 * 1024


class GuardMiddleware:
    """Refuses bodies that are too large in all, and requests to relay another host's files."""

    def __init__(self, app: ASGIApp, max_upload_bytes: int) -> None:
        """Wrap an application.

        Args:
            app: What answers the rest.
            max_upload_bytes: Most bytes of the files of one upload together; Gradio itself
                bounds each file only, and takes a thousand of them. Other bodies it reads into
                memory, whatever their size.
        """
        self._app = app
        self._max_upload_bytes = max_upload_bytes + _OVERHEAD_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if _RELAY.search(path):
            return biopsia_response(not_found(path))
        if scope["method"] != "POST":
            return None
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"")
        # Where a request has both, the body is chunked and the length means nothing.
        if not declared.isdigit() or b"transfer-encoding" in headers:
            return biopsia_response(LengthRequiredError("State the body's Content-Length."))
        is_upload = path.rstrip("/").endswith(_UPLOAD)
        limit = self._max_upload_bytes if is_upload else _MAX_CALL_BYTES
        return _too_large(int(declared), limit) if int(declared) > limit else None


def _too_large(size: int, limit: int) -> Response:
    words = f"The request has {size} bytes; at most {limit} are accepted here."
    return biopsia_response(PayloadTooLargeError(words, bytes=size, max_bytes=limit))
