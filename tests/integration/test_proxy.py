"""The proxy of `compose.yaml`, in front of a real service."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from hf_space.schemas.errors import ErrorReport
from tests.bundle_factory import write_bundle
from tests.nginx import Nginx, nginx_missing, running_nginx
from tests.server import RunningServer, free_port, running_server
from tests.services import require
from tests.stores import error_of, patch

MAX_BODY = 202 * 1024 * 1024


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("proxied")
    write_bundle(folder / "model")
    settings = {
        "BIOPSIA_MODEL_DIR": str(folder / "model"),
        "BIOPSIA_TRUSTED_PROXY_HOPS": "1",
        "BIOPSIA_ADDRESS_IMAGES_PER_MINUTE": "40",
        "BIOPSIA_OWNER_IMAGES_PER_MINUTE": "0",
    }
    with running_server(**settings) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(service: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    require(nginx_missing())
    with running_nginx(tmp_path_factory.mktemp("nginx"), service.port) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: Nginx) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"http://127.0.0.1:{proxy.port}", timeout=60) as client:
        yield client


def said_to(port: int, *pieces: bytes) -> bytes:
    """Send pieces, and return what is said until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        said = b""
        for piece in pieces:
            connection.sendall(piece)
        try:
            while received := connection.recv(65536):
                said += received
        except ConnectionResetError:
            pass
        return said


def test_predictions_pass_and_streams_as_they_come(client: httpx2.Client) -> None:
    image = {"file": ("a.png", patch(1, width=170))}
    form = {"microns_per_pixel": "4"}
    assert client.post("/predict/", files=image, data=form).json()["kind"] == "region"
    accept = {"Accept": "application/x-ndjson"}
    with client.stream("POST", "/predict/", files=image, data=form, headers=accept) as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        events = [line for line in answer.iter_lines() if line]
    assert [event[:16] for event in (events[0], events[-1])] == [
        '{"event":"image"',
        '{"event":"result',
    ]


def test_what_a_client_says_of_its_address_never_arrives(client: httpx2.Client) -> None:
    answers = [
        client.get("/history/", headers={"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(60)
    ]
    refused = [error_of(answer) for answer in answers if answer.status_code != 200]
    assert refused
    assert set(refused) == {(429, "rate_limited")}


@pytest.fixture
def proxy_for_tls(proxy: Nginx) -> Iterator[httpx2.Client]:
    """Speak to the port that a proxy for TLS speaks to."""
    url = f"http://127.0.0.1:{proxy.port_behind_tls}"
    with httpx2.Client(base_url=url, timeout=60) as client:
        yield client


def test_visitors_behind_a_proxy_for_tls_count_by_the_addresses_that_it_states(
    proxy_for_tls: httpx2.Client,
) -> None:
    def ask(forwarded: str) -> httpx2.Response:
        return proxy_for_tls.get("/history/", headers={"X-Forwarded-For": forwarded})

    # A client's own entry comes before the proxy's.
    one = [ask(f"203.0.113.{number}, 198.51.100.1") for number in range(60)]
    assert {error_of(answer) for answer in one if answer.status_code != 200} == {
        (429, "rate_limited")
    }
    others = [ask(f"198.51.100.1, 203.0.113.{number}") for number in range(60)]
    assert {answer.status_code for answer in others} == {200}
    assert ask("198.51.100.1,2001:db8::7").status_code == 200


def test_the_demo_behind_a_proxy_for_tls_asks_by_https(
    client: httpx2.Client, proxy_for_tls: httpx2.Client
) -> None:
    stated = {"Host": "biopsia.example.org", "X-Forwarded-Proto": "https"}
    for asked, root in ((proxy_for_tls, "https"), (client, "http")):
        answer = asked.get("/config", headers=stated)
        assert answer.json()["root"] == f"{root}://biopsia.example.org"
    said_nothing = proxy_for_tls.get("/config", headers={"Host": "biopsia.example.org"})
    assert said_nothing.json()["root"] == "http://biopsia.example.org"


@pytest.mark.parametrize(
    ("header", "most"),
    [("", 64), ("X-Biopsia-Client: 1764430000 203.0.113.7 0123\r\n", 256)],
)
def test_an_address_has_so_many_requests_at_once_and_a_site_more(
    tmp_path: Path, header: str, most: int
) -> None:
    require(nginx_missing())
    # It accepts connections, and never answers.
    with socket.create_server(("127.0.0.1", 0), backlog=512) as service, ExitStack() as stack:
        proxy = Nginx(tmp_path, service.getsockname()[1])
        proxy.start()
        stack.callback(proxy.stop)
        opened = []
        for _ in range(most + 1):
            opened.append(socket.create_connection(("127.0.0.1", proxy.port)))
            stack.callback(opened[-1].close)
            opened[-1].sendall(f"GET / HTTP/1.1\r\nHost: a\r\n{header}\r\n".encode())
        [refused] = select.select(opened, [], [], 30)[0]
        said = refused.recv(65536)
        assert said.startswith(b"HTTP/1.1 429 ")
        assert b'"code":"rate_limited"' in said


def test_headers_without_end_and_slow_ones_are_cut_off(proxy: Nginx) -> None:
    head = b"GET /health/ HTTP/1.1\r\nHost: a\r\n"
    assert said_to(proxy.port, head + b"X: " + b"a" * 60_000).startswith(b"HTTP/1.1 4")
    assert said_to(proxy.port, head) == b""
    ok = said_to(proxy.port, head + b"Connection: close\r\n\r\n")
    assert ok.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 17_000 + b"\r\n\r\n", 431, "head_too_large"),
        (b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431, "head_too_large"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 60_000, 431, "head_too_large"),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method_not_allowed"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "invalid_request"),
        (b"no request\r\n\r\n", 400, "invalid_request"),
        (b"GET / HTTP/7.0\r\nHost: a\r\n\r\n", 400, "invalid_request"),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
            *(400, "invalid_request"),
        ),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else None,
)
def test_what_the_proxy_refuses_has_the_error_shape(
    proxy: Nginx, sent: bytes, status: int, code: str
) -> None:
    head, _, body = said_to(proxy.port, sent).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), head
    assert b"Content-Type: application/json" in head
    assert ErrorReport.model_validate_json(body).error.code == code


def test_errors_of_the_service_pass_as_they_are(client: httpx2.Client) -> None:
    answer = client.get("/nowhere")
    assert error_of(answer) == (404, "not_found")
    assert "/nowhere" in answer.json()["error"]["message"]
    assert error_of(client.delete("/predict/")) == (405, "method_not_allowed")
    assert "Allow" in client.delete("/predict/").headers


def test_a_body_that_nobody_accepts_is_refused_unread(proxy: Nginx) -> None:
    head = f"POST /predict/ HTTP/1.1\r\nHost: a\r\nContent-Length: {MAX_BODY + 1}\r\n"
    said = said_to(proxy.port, head.encode() + b"Connection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"payload_too_large"' in said


def test_a_service_that_is_away_is_a_busy_one(tmp_path: Path, proxy: Nginx) -> None:
    assert proxy.running
    with running_nginx(tmp_path, free_port()) as alone:
        answer = httpx2.get(f"http://127.0.0.1:{alone.port}/health/")
    assert error_of(answer) == (503, "busy")
    assert answer.headers["Retry-After"] == "5"


def test_no_failure_puts_what_visitors_search_into_the_log(tmp_path: Path, proxy: Nginx) -> None:
    assert proxy.running
    marker = "note-or-case"
    headers = {"Referer": f"https://site.example/history?search={marker}", "X-Case": marker}
    head = f"POST /{marker} HTTP/1.1\r\nHost: a\r\nContent-Length: {MAX_BODY + 1}\r\n"
    with running_nginx(tmp_path, free_port()) as alone:
        url = f"http://127.0.0.1:{alone.port}/history/"
        assert httpx2.get(url, params={"search": marker}, headers=headers).status_code == 503
        said = said_to(alone.port, head.encode() + b"Connection: close\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 413 ")
        endless = f"GET /{marker} HTTP/1.1\r\nX: ".encode() + b"a" * 60_000
        assert said_to(alone.port, endless).startswith(b"HTTP/1.1 4")
    assert marker not in alone.log.read_text("utf-8", "replace")
