"""Faults of the local Hub that tests can switch on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.hub.problems import HubError


@dataclass
class _Failure:
    method: str
    path: str
    status: int
    message: str
    times: int


@dataclass
class _Cut:
    after: int
    times: int


@dataclass
class Faults:
    """The faults from now on; tests set them through the methods."""

    _failures: list[_Failure] = field(default_factory=list)
    _rejected: set[str] = field(default_factory=set)
    _uploads: _Cut = field(default_factory=lambda: _Cut(0, 0))
    _downloads: dict[str, _Cut] = field(default_factory=dict)
    _corrupt: set[str] = field(default_factory=set)
    _short: dict[str, int] = field(default_factory=dict)

    def fail(
        self,
        method: str,
        path: str,
        *,
        times: int = 1,
        status: int = 503,
        message: str = "Try later",
    ) -> None:
        """Answer the next requests with an error.

        Args:
            method: "GET", "PUT" and so on.
            path: Regular expression, searched in the path.
            times: How many of them.
            status: HTTP status; the client tries again on 408, 429 and 5xx, after 1, 2, 4 ... s.
            message: What the answer says.
        """
        self._failures.append(_Failure(method, path, status, message, times))

    def reject(self, token: str) -> None:
        """Make a token invalid."""
        self._rejected.add(token)

    def drop_uploads(self, times: int = 1, *, after: int = 1000) -> None:
        """Cut the connection of the next uploads of large files, after some bytes."""
        self._uploads = _Cut(after, times)

    def cut_downloads(self, path: str, times: int = 1, *, after: int = 1000) -> None:
        """Cut the connection of the next downloads of a file, after some bytes."""
        self._downloads[path] = _Cut(after, times)

    def corrupt(self, path: str) -> None:
        """Send a file with one byte in its middle changed."""
        self._corrupt.add(path)

    def shorten(self, path: str, *, to: int) -> None:
        """Send only the start of a file, as if it were all."""
        self._short[path] = to

    def strike(self, method: str, path: str) -> None:
        """Make a request fail if it is due.

        Raises:
            HubError: It is.
        """
        for failure in self._failures:
            matches = failure.method == method and re.search(failure.path, path)
            if failure.times > 0 and matches:
                failure.times -= 1
                raise HubError(failure.status, failure.message)

    def rejects(self, token: str) -> bool:
        """Whether a token is rejected."""
        return token in self._rejected

    def upload_limit(self) -> int | None:
        """Return after how many bytes this upload breaks off, or None."""
        return _take(self._uploads)

    def download_limit(self, path: str) -> int | None:
        """Return after how many bytes this download of a file breaks off, or None."""
        return _take(self._downloads.get(path))

    def spoilt(self, path: str, data: bytes) -> bytes:
        """Return what is sent as a file's content."""
        data = data[: self._short.get(path, len(data))]
        if path in self._corrupt:
            middle = len(data) // 2
            return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]
        return data


def _take(cut: _Cut | None) -> int | None:
    if cut is None or cut.times <= 0:
        return None
    cut.times -= 1
    return cut.after


async def hang_up(request: Request) -> NoReturn:
    """Cut the connection, as a broken network does.

    Raises:
        ClientDisconnect: Always, once it is gone.
    """
    request.state.transport.abort()
    await _until_gone(request.receive)
    raise ClientDisconnect


class CutResponse(Response):
    """A response whose connection ends before its content does."""

    def __init__(self, content: bytes, after: int, status: int, headers: dict[str, str]) -> None:
        """Promise all of the content, and send the first bytes only."""
        super().__init__(content, status, headers)
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the start, and close."""
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        part = bytes(self.body)[: self._after]
        await send({"type": "http.response.body", "body": part, "more_body": True})
        scope["state"]["transport"].close()
        await _until_gone(receive)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
