"""Responses of one JSON object a line, each sent as soon as it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AsyncExitStack
    from typing import Self

    from starlette.types import Receive, Scope, Send

NDJSON: Final = "application/x-ndjson"

# Proxies hold lines back to compress them, or until a buffer is full, unless they are told not to:
# `no-transform` is HTTP's word (RFC 9111, 5.2.2.6), the other nginx's.
_HEADERS: Final = {"Cache-Control": "no-transform", "X-Accel-Buffering": "no"}


class NdjsonResponse(StreamingResponse):
    """Sends lines, and closes what they are made from when they end or the client is gone."""

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
