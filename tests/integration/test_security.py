"""Security headers, and limits of headers and connections."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest
import uvicorn
from fastapi.testclient import TestClient

from hf_space.access.key_guesses import KeyGuesses
from hf_space.api.app import create_api
from hf_space.api.http_protocol import MAX_HEAD_BYTES, MAX_PIPELINED, BoundedProtocol
from hf_space.api.middleware.identify import API_KEY_HEADER, COOKIE
from hf_space.api.security import API_POLICY, DOCS_POLICY, SECURITY_HEADERS
from hf_space.errors import RateLimitedError
from tests.bundle_factory import write_bundle
from tests.stores import Store, Visitor, client_of, error_of, patch
from tests.waiting import comes_true

KEY = "k" * 32
SITE_SECRET = "s" * 32


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health/", 200),
        ("GET", "/history/", 200),
        ("GET", "/nothing", 404),
        ("PUT", "/history/", 405),
        ("POST", "/predict/", 415),
        ("OPTIONS", "/predict/", 400),
    ],
)
def test_every_answer_bounds_the_browser(
    visitor: Visitor, method: str, path: str, status: int
) -> None:
    preflight = {"Origin": "https://other.example", "Access-Control-Request-Method": "POST"}
    headers = preflight if method == "OPTIONS" else {}
    response = visitor.client.request(method, path, headers=headers)
    assert response.status_code == status
    assert response.headers["Content-Security-Policy"] == API_POLICY
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_the_documentation_may_run_its_own_script(visitor: Visitor) -> None:
    for path in ("/docs", "/static-offline-docs/swagger-ui.css"):
        assert visitor.client.get(path).headers["Content-Security-Policy"] == DOCS_POLICY
    for path in ("/docsx", "/docs.html", "/static-offline-docsx/a"):
        assert visitor.client.get(path).headers["Content-Security-Policy"] == API_POLICY


@pytest.fixture
def with_keys(store: Store) -> Iterator[TestClient]:
    with client_of(store.settings(api_keys={"lab": KEY}, site_secret=SITE_SECRET)) as client:
        yield client


def post(client: TestClient, **headers: str) -> object:
    client.cookies.clear()
    response = client.post("/predict/", files={"file": ("a.png", patch(1))}, headers=headers)
    return response.status_code if response.status_code == 200 else error_of(response)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_cannot_write_with_what_browsers_add_unasked(
    with_keys: TestClient, site: str
) -> None:
    token = Visitor(with_keys).token
    password = "Basic " + base64.b64encode(f"lab:{KEY}".encode()).decode()
    from_there = {"Sec-Fetch-Site": site}
    cookie, basic = {"Cookie": f"{COOKIE}={token}"}, {"Authorization": password}
    for credentials in (cookie, basic):
        assert post(with_keys, **credentials, **from_there) == (403, "cross_site")
        assert post(with_keys, **credentials, **{"Sec-Fetch-Site": "same-origin"}) == 200
        assert post(with_keys, **credentials) == 200
        assert with_keys.get("/history/", headers=credentials | from_there).status_code == 200
    # A request with a header that only a page's own script can set is not forged.
    assert post(with_keys, **{API_KEY_HEADER: KEY}, **from_there) == 200
    assert post(with_keys, Authorization=f"Bearer {token}", **from_there) == 200
    ticket = with_keys.post("/tickets/", headers={"Authorization": f"Bearer {token}"}).json()
    assert post(with_keys, Authorization=f"Bearer {ticket['ticket']}", **from_there) == 200


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://testserver:81", "http://testserver.evil.example", ""],
)
def test_another_sites_page_is_known_by_its_origin_over_plain_http(
    with_keys: TestClient, origin: str
) -> None:
    token = Visitor(with_keys).token
    password = "Basic " + base64.b64encode(f"lab:{KEY}".encode()).decode()
    for credentials in ({"Cookie": f"{COOKIE}={token}"}, {"Authorization": password}):
        assert post(with_keys, **credentials, Origin=origin) == (403, "cross_site")
        read = with_keys.get("/history/", headers=credentials | {"Origin": origin})
        assert read.status_code == 200
    assert post(with_keys, **{API_KEY_HEADER: KEY}, Origin=origin) == 200


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://testserver", {}),
        ("http://lab.example:8080", {"Host": "Lab.example:8080"}),
        ("https://lab.example", {"Host": "lab.example:443"}),
        # No other page can add it, and some proxies change the host.
        ("https://lab.example", {"Host": "api:7860", "X-Forwarded-Host": "lab.example"}),
        # The browser's statement about the site counts more than the origin.
        ("https://lab.example", {"Host": "api:7860", "Sec-Fetch-Site": "same-origin"}),
    ],
)
def test_the_services_own_pages_write_over_plain_http(
    with_keys: TestClient, origin: str, host: dict[str, str]
) -> None:
    password = "Basic " + base64.b64encode(f"lab:{KEY}".encode()).decode()
    assert post(with_keys, Authorization=password, Origin=origin, **host) == 200


def test_who_guesses_keys_is_not_told_which_is_right(with_keys: TestClient) -> None:
    guesses = [post(with_keys, **{API_KEY_HEADER: f"{number:032}"}) for number in range(12)]
    assert guesses == [(401, "invalid_credentials")] * 10 + [(429, "rate_limited")] * 2
    for credentials in (
        {API_KEY_HEADER: KEY},
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": "Basic " + base64.b64encode(f"lab:{KEY}".encode()).decode()},
    ):
        assert post(with_keys, **credentials) == (429, "rate_limited")
    # Visitors of the same address still work, and so do keys from other addresses.
    assert post(with_keys, Authorization=f"Bearer {Visitor(with_keys).token}") == 200
    assert post(with_keys, **{API_KEY_HEADER: KEY}, **stated_by_site("203.0.113.7")) == 200


def stated_by_site(address: str) -> dict[str, str]:
    stated = f"{int(time.time())} {address}"
    signature = hmac.new(SITE_SECRET.encode(), stated.encode(), hashlib.sha256).hexdigest()
    return {"X-Biopsia-Client": f"{stated} {signature}"}


def test_guesses_do_not_lock_out_who_uses_a_key_from_there(store: Store) -> None:
    keys, here = {"lab": KEY, "ward": "w" * 32}, stated_by_site("203.0.113.8")
    right, unused = {API_KEY_HEADER: KEY}, {API_KEY_HEADER: "w" * 32}
    with client_of(store.settings(api_keys=keys, site_secret=SITE_SECRET)) as client:
        assert post(client, **right, **here) == 200
        # A program that keeps using an old key counts as one guess.
        for _ in range(20):
            assert post(client, **{API_KEY_HEADER: "o" * 32}, **here) == (
                401,
                "invalid_credentials",
            )
        for number in range(9):
            assert post(client, **{API_KEY_HEADER: f"{number:032}"}, **here) == (
                401,
                "invalid_credentials",
            )
        for number in range(3):
            wrong = {API_KEY_HEADER: f"{number + 100:032}"}
            assert post(client, **wrong, **here) == (429, "rate_limited")
            assert post(client, **unused, **here) == (429, "rate_limited")
            assert post(client, **right, **here) == 200
        # From another address the key has not been used, and there were no guesses.
        assert post(client, **unused, **stated_by_site("203.0.113.9")) == 200


def test_what_is_compared_with_keys_in_use_has_an_end_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nothing refills in the meantime.
    monkeypatch.setattr("hf_space.access.rate_limit.monotonic", lambda: 5000.0)

    async def scenario() -> None:
        guesses = KeyGuesses(None)
        guesses.note_use("here", b"lab")
        for number in range(10):
            await guesses.check("here", None, str(number))
        for _ in range(1000):
            with pytest.raises(RateLimitedError):
                await guesses.check("here", None, "one more")
        with pytest.raises(RateLimitedError) as refused:
            await guesses.check("here", b"lab", KEY)
        assert refused.value.details["retry_after_seconds"] == 1
        await guesses.check("elsewhere", b"lab", KEY)

    asyncio.run(scenario())


def test_guesses_are_counted_where_a_key_is_required(store: Store) -> None:
    with client_of(store.settings(api_keys={"lab": KEY}, require_api_key=True)) as client:
        said = [post(client, Authorization=f"Bearer {number:032}") for number in range(12)]
        assert said == [(401, "api_key_required")] * 10 + [(429, "rate_limited")] * 2
        assert post(client, Authorization=f"Bearer {KEY}") == (429, "rate_limited")


def test_visitors_of_the_site_count_by_their_own_addresses(store: Store) -> None:
    settings = store.settings(site_secret=SITE_SECRET, address_images_per_minute=2)
    with client_of(settings) as client:
        for address, expected in (
            *(("203.0.113.7", 200), ("203.0.113.7", 200)),
            *(("203.0.113.7", (429, "rate_limited")), ("203.0.113.8", 200)),
        ):
            assert post(client, **stated_by_site(address)) == expected


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
        ok = answer(port, b"GET /health/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert ok.startswith(b"HTTP/1.1 200 ")
        long = b"X: " + b"a" * (MAX_HEAD_BYTES - 1000)
        ok = answer(
            port, b"GET /health/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + long + b"\r\n\r\n"
        )
        assert ok.startswith(b"HTTP/1.1 200 ")


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
        connection.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n")
        with suppress(BrokenPipeError, ConnectionResetError):
            for start in range(0, len(body), at_once):
                connection.sendall(body[start : start + at_once])
                if select.select([connection], [], [], 0.1)[0]:
                    break
            return connection.recv(65536)
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
