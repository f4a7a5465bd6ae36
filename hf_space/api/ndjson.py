"""Responses of one JSON object for each line, sent as soon as it is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AsyncExitStack
    from typing import Self

    from starlette.types import Receive, Scope, Send

NDJSON: Final = "application/x-ndjson"

# Without these headers proxies hold lines back to compress them, or until a buffer is full.
# `no-transform` is HTTP's (RFC 9111, 5.2.2.6), the other is nginx's.
_HEADERS: Final = {"Cache-Control": "no-transform", "X-Accel-Buffering": "no"}


class NdjsonResponse(StreamingResponse):
    """Sends lines, and closes their resources when they end or the client disconnects."""

    media_type = NDJSON
    _lines: AsyncGenerator[str, None]
    _resources: AsyncExitStack

    # FastAPI reads the status from the signature of `__init__`, which therefore stays as it is.
    @classmethod
    def sending(cls, lines: AsyncGenerator[str, None], resources: AsyncExitStack) -> Self:
        """Return a response.

        Args:
            lines: Each ends with a line feed.
            resources: Closed at the end in any case.
        """
        response = cls(lines, headers=_HEADERS)
        response._lines, response._resources = lines, resources
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        async with self._resources:
            try:
                await super().__call__(scope, receive, send)
            finally:
                await self._lines.aclose()
