"""Uvicorn's HTTP protocol with bounds on headers, and on clients that send or read slowly."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hf_space.errors import BiopsiaError, HeadTooLargeError, RequestError
from hf_space.schemas.errors import ErrorReport, error_body

if TYPE_CHECKING:
    import asyncio

MAX_HEAD_BYTES: Final = 64 * 1024
"""Most bytes of a request's line, headers and trailers.

Of the spaces around a value one is counted.
"""

MAX_PIPELINED: Final = 8
"""Most requests of a connection that wait while an earlier one is answered."""


LEAST_BODY_RATE: Final = 1024
"""Bytes of a body that must arrive in a second while the service is ready to read them.

A client must also read waiting responses at this rate.
"""
# Bytes that arrived while the event loop was busy must be counted.
_SLOW_LOOKS: Final = 2
# Around a header: the colon, a space, and the end of the line.
_HEADER_OVERHEAD: Final = len(": \r\n")


class _StoppedError(Exception):
    """Stops the parser in the middle of a read, which may contain thousands of further requests."""


class BoundedProtocol(HttpToolsProtocol):
    """Refuses headers without end, and closes a connection that sends or reads slowly.

    httptools keeps headers, trailers and chunk extensions in memory, whatever their size, and
    uvicorn keeps every request that arrives while an earlier one is answered.

    Attributes:
        head_seconds: Longest time from a connection, or from a request's first byte, to the end of
            its headers.
        body_seconds: Time between two checks of how much of a body has arrived; the second
            consecutive check below `LEAST_BODY_RATE` closes the connection.
        most_body_seconds: Longest time from a request's headers to the end of its body, and longest
            time that a response may wait to be sent.
        answer_seconds: Like `body_seconds`, for a waiting response. Longer, because the operating
            system sends it in steps of a megabyte if a client reads slowly.
    """

    head_seconds: float = 30.0
    body_seconds: float = 10.0
    most_body_seconds: float = 3600.0
    answer_seconds: float = 60.0

    _beside_body = 0
    _head_bytes = 0
    _body_end = 0.0
    _body_bytes = 0
    _slow_looks = 0
    _deadline: asyncio.TimerHandle | None = None
    _unread_end = 0.0
    _unread_bytes = 0
    _slow_answer_looks = 0
    _answer_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline of the first request."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the deadlines."""
        self._end_deadline()
        self._end_answer_deadline()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the deadline of the waiting response."""
        super().pause_writing()
        self._unread_end = self.loop.time() + self.most_body_seconds
        self._slow_answer_looks = 0
        self._look_at_answer_later()

    def resume_writing(self) -> None:
        """Cancel the deadline: hardly anything is waiting now."""
        self._end_answer_deadline()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Parse received bytes, and count them until a body begins."""
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > MAX_HEAD_BYTES:
            self._refuse()

    def on_message_begin(self) -> None:
        """Start the deadline of a request."""
        super().on_message_begin()
        self._head_bytes = 0
        self._expect_head()

    def on_url(self, url: bytes) -> None:
        """Count the request's line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, also a trailer, which httptools gives in the same way."""
        self._count(len(name) + len(value) + _HEADER_OVERHEAD)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Replace the deadline of the headers by that of the body."""
        self._beside_body = 0
        super().on_headers_complete()
        self._body_end = self.loop.time() + self.most_body_seconds
        self._slow_looks = 0
        self._look_later()
        if len(self.pipeline) > MAX_PIPELINED:
            # Close without sending the responses: a client that does not read them would keep it
            # open.
            self.transport.abort()
            raise _StoppedError

    def on_body(self, body: bytes) -> None:
        """Count received bytes of headers: bodies have their own limits."""
        self._beside_body = 0
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Restart the count for the next request."""
        self._end_deadline()
        self._beside_body = 0
        super().on_message_complete()

    def _count(self, size: int) -> None:
        # Bytes are counted by reads too, but one read may hold more than the limit, and all of a
        # head.
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse()
            raise _StoppedError

    def _expect_head(self) -> None:
        self._end_deadline()
        self._deadline = self.loop.call_later(self.head_seconds, self.transport.close)

    def _look_later(self) -> None:
        self._end_deadline()
        self._body_bytes = 0
        self._deadline = self.loop.call_later(self.body_seconds, self._look_at_body)

    def _look_at_body(self) -> None:
        # While the service does not read, no bytes can arrive.
        is_awaited = not (self.flow.read_paused or self.cycle.waiting_for_100_continue)
        is_slow = is_awaited and self._body_bytes < LEAST_BODY_RATE * self.body_seconds
        self._slow_looks = self._slow_looks + 1 if is_slow else 0
        if self._slow_looks == _SLOW_LOOKS or self.loop.time() > self._body_end:
            self.transport.abort()
        else:
            self._look_later()

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _look_at_answer_later(self) -> None:
        self._end_answer_deadline()
        self._unread_bytes = self.transport.get_write_buffer_size()
        self._answer_deadline = self.loop.call_later(self.answer_seconds, self._look_at_answer)

    def _look_at_answer(self) -> None:
        sent = self._unread_bytes - self.transport.get_write_buffer_size()
        is_slow = sent < LEAST_BODY_RATE * self.answer_seconds
        self._slow_answer_looks = self._slow_answer_looks + 1 if is_slow else 0
        if self._slow_answer_looks == _SLOW_LOOKS or self.loop.time() > self._unread_end:
            self.transport.abort()
        else:
            self._look_at_answer_later()

    def _end_answer_deadline(self) -> None:
        if self._answer_deadline is not None:
            self._answer_deadline.cancel()
            self._answer_deadline = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP in the service's error format, unless it is refused already."""
        self._end_with(RequestError(msg))

    def _refuse(self) -> None:
        has_request = self.cycle is not None and not self.cycle.response_complete
        if has_request:
            # The answer to it would be taken for the refusal, or the other way round.
            self.transport.close()
        else:
            self._end_with(
                HeadTooLargeError(f"A request's headers may have {MAX_HEAD_BYTES} bytes.")
            )

    def _end_with(self, error: BiopsiaError) -> None:
        if not self.transport.is_closing():
            self.transport.write(_refusal(error))
        self.transport.close()


def _refusal(error: BiopsiaError) -> bytes:
    body = json.dumps(ErrorReport(error=error_body(error)).model_dump()).encode()
    lines = (
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode() + body
