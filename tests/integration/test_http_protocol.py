"""Limits of a request's head, and of connections that are slow or not HTTP."""

from __future__ import annotations

import asyncio
import json
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest
import uvicorn

from hf_space.api.app import create_api
from hf_space.api.http_protocol import MAX_HEAD_BYTES, MAX_PIPELINED, BoundedProtocol
from tests.bundle_factory import write_bundle
from tests.stores import Store
from tests.waiting import comes_true


class Hasty(BoundedProtocol):
    """Gives a request's head half a second, and looks at body and answer every second."""

    head_seconds = 0.5
    body_seconds = answer_seconds = 1.0


class Impatient(Hasty):
    """Gives a whole body three seconds."""

    most_body_seconds = 3.0


@contextmanager
def serving(store: Store, protocol: type[BoundedProtocol] = Hasty) -> Iterator[int]:
    """Serve by a bounded protocol on a free port."""
    config = uvicorn.Config(create_api(store.settings()), port=0, http=protocol, log_config=None)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        comes_true(lambda: server.started)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def answer(port: int, *pieces: bytes) -> bytes:
    """Send pieces until the service closes the connection, and return what it said."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        said = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
            while received := connection.recv(65536):
                said += received
        except (BrokenPipeError, ConnectionResetError):
            pass
        return said


def taken(port: int, piece: bytes) -> int:
    """Send a piece again and again, read nothing, and return the bytes sent until the end."""
    sent = 0
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as connection,
        suppress(BrokenPipeError, ConnectionResetError),
    ):
        while sent < 64 << 20:
            sent += connection.send(piece)
    return sent


def test_headers_have_an_end_and_come_soon(tmp_path: Path) -> None:
    write_bundle(tmp_path / "model")
    head = b"POST /predict/ HTTP/1.1\r\nHost: a\r\n"
    with serving(Store(tmp_path)) as port:
        too_long = b"a" * (MAX_HEAD_BYTES + 1000)
        for sent in (head + b"X: " + too_long, head + b"X: 1\r\n" * 12_000, b"GET /" + too_long):
            status, _, body = answer(port, sent).partition(b"\r\n\r\n")
            assert status.startswith(b"HTTP/1.1 431 ")
            assert json.loads(body)["error"]["code"] == "head_too_large"
        # Trailers and the extensions of chunks are no body either.
        chunked = head + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        for rest in (b"0\r\nX: ", b"1;"):
            answer(port, chunked + rest, *([b"a" * 65536] * 160))
        assert answer(port) == b""
        assert answer(port, head) == b""
        assert answer(port, headed(b"")).startswith(b"HTTP/1.1 200 ")


def headed(header: bytes) -> bytes:
    """Return a request with one more header."""
    head = b"GET /health/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    return head + (b"X: " + header + b"\r\n") * bool(header) + b"\r\n"


def error_code(said: bytes, status: int) -> str:
    """Return the code of an error that was said before the connection was closed."""
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), said
    assert b"content-type: application/json" in head
    return str(json.loads(body)["error"]["code"])


def test_a_complete_head_is_bounded_too(tmp_path: Path) -> None:
    write_bundle(tmp_path / "model")
    with serving(Store(tmp_path)) as port:
        for size in (1000, 64_000, MAX_HEAD_BYTES - 100):
            assert answer(port, headed(b"a" * size)).startswith(b"HTTP/1.1 200 ")
        for size in (MAX_HEAD_BYTES, 65_600, 100_000, 120_000, 130_000, 1_000_000):
            assert error_code(answer(port, headed(b"a" * size)), 431) == "head_too_large"
        many = headed(b"1\r\nX: ".join([b""] * 11_000))
        assert error_code(answer(port, many), 431) == "head_too_large"
        query = b"GET /health/?" + b"a" * MAX_HEAD_BYTES + b" HTTP/1.1\r\nHost: a\r\n\r\n"
        assert error_code(answer(port, query), 431) == "head_too_large"
        # Each of several requests on a connection may have as much.
        alive = headed(b"a" * 50_000).replace(b"Connection: close\r\n", b"")
        assert answer(port, alive, headed(b"a" * 50_000)).count(b"HTTP/1.1 200 ") == 2


@pytest.mark.parametrize(
    "sent",
    [
        b"no request\r\n\r\n",
        b"POST /predict/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_in_the_error_shape(tmp_path: Path, sent: bytes) -> None:
    write_bundle(tmp_path / "model")
    with serving(Store(tmp_path)) as port:
        assert error_code(answer(port, sent), 400) == "invalid_request"


def test_requests_that_nobody_reads_the_answers_of_do_not_pile_up(tmp_path: Path) -> None:
    write_bundle(tmp_path / "model")
    alive = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
    last = alive.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with serving(Store(tmp_path)) as port:
        said = answer(port, alive * MAX_PIPELINED + last)
        assert said.count(b"HTTP/1.1 200 ") == said.count(b'{"status":"ok"}') == MAX_PIPELINED + 1
        # The size of the kernel's buffers; without a limit everything would be accepted.
        assert taken(port, alive * 1000) < 16 << 20
        assert answer(port, last).startswith(b"HTTP/1.1 200 ")


class Narrow(Hasty):
    """Has the system hold little of an answer, and tells when a connection has ended."""

    ended = Event()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        buffer = (socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        transport.get_extra_info("socket").setsockopt(*buffer)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.ended.set()


def asking_for_much(port: int) -> socket.socket:
    """Return a connection that asks for a megabyte, and has read none of it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", port))
    script = b"GET /static-offline-docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\n"
    connection.sendall(script + b"Connection: close\r\n\r\n")
    return connection


def rest(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_an_answer_that_nobody_reads_has_an_end(tmp_path: Path) -> None:
    write_bundle(tmp_path / "model")
    with serving(Store(tmp_path), Narrow) as port:
        with asking_for_much(port) as unread:
            assert Narrow.ended.wait(30)
            # Data that were already in the system's buffers.
            assert 0 < len(rest(unread)) < 1 << 20
        with asking_for_much(port) as steady:
            received = rest(steady)
        assert received.startswith(b"HTTP/1.1 200 ")
        assert len(received) > 1 << 20


def trickled(port: int, body: bytes, *, at_once: int) -> bytes:
    """Send a body ten times a second so many bytes, and return what was said until the end."""
    head = f"POST /predict/ HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        more = b"Connection: close\r\nContent-Type: application/json\r\n\r\n"
        connection.sendall(head.encode() + more)
        with suppress(BrokenPipeError, ConnectionResetError):
            for start in range(0, len(body), at_once):
                connection.sendall(body[start : start + at_once])
                if select.select([connection], [], [], 0.1)[0]:
                    break
            # The head and the body come one after the other.
            return rest(connection)
    return b""


def errors_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


def test_bodies_that_trickle_in_have_an_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_bundle(tmp_path / "model")
    body = b"{" + b" " * 200_000 + b"}"
    with serving(Store(tmp_path)) as port:
        assert trickled(port, body[:300], at_once=1) == b""
        # Over several of the service's checks, but steadily.
        assert b'"code":"missing_image"' in trickled(port, body, at_once=5000)
    with serving(Store(tmp_path), Impatient) as port:
        assert trickled(port, body, at_once=2000) == b""
        assert b'"code":"missing_image"' in trickled(port, b"{}", at_once=2)
    assert errors_in(caplog) == []
