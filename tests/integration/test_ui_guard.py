"""Requests that the demo's own endpoints refuse, and the format of their responses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from gradio_client import Client, handle_file

from hf_space.errors import BusyError
from hf_space.schemas.errors import ErrorBody, ErrorReport
from hf_space.ui.gradio_app.calls import MAX_SMALL_CALL_BYTES, Calls
from hf_space.ui.gradio_app.guard import NEEDED
from tests.bundle_factory import encode, plain_image, write_bundle
from tests.server import NO_RATE_LIMIT, RunningServer, running_server

PRINT_ROUTES = """
import json, warnings
warnings.simplefilter("ignore")
from gradio import Blocks
from gradio.routes import App
def paths(routes):
    for route in routes:
        router = getattr(route, "original_router", None)
        yield from paths(router.routes) if router else [route.path]
print(json.dumps(list(paths(App.create_app(Blocks()).routes))))
"""
MAX_UPLOAD, MAX_BATCH = 200_000, 500_000
MAX_CALL = 1024 * 1024
DOORS = (
    "/gradio_api/queue/join",
    "/gradio_api/queue/join?__theme=light",
    "/gradio_api/call/predict",
    "/gradio_api/call/v2/predict",
    "/gradio_api/run/predict",
    "/gradio_api/run/predict/",
    "/gradio_api/api/predict",
    "/gradio_api/cancel",
    "/gradio_api/reset",
)
WEIGHING = {f"weigh_{by}{n}" for by in ("choice", "typed", "sure") for n in ("", "_1", "_2")}
# Gradio has them, and the demo does not.
CLOSED = (
    ("POST", "/gradio_api/process_recording"),
    ("GET", "/gradio_api/deep_link?session_hash=x"),
    ("POST", "/gradio_api/component_server"),
    ("POST", "/gradio_api/stream/x"),
    ("POST", "/gradio_api/vibe-edit"),
    ("GET", "/gradio_api/vibe-code"),
    ("GET", "/gradio_api/dev/reload"),
    ("GET", "/gradio_api/runs"),
    ("POST", "/gradio_api/run-history/connect"),
    ("GET", "/gradio_api/custom_component/a/client/component/index.js"),
    ("GET", "/gradio_api/login_check"),
    ("GET", "/gradio_api/openapi.json"),
    ("POST", "/login"),
    ("GET", "/logout"),
    ("GET", "/monitoring"),
    ("GET", "/monitoring/summary"),
)
OPEN = frozenset(
    {
        *("/", "/config", "/theme.css", "/static/{path:path}", "/assets/{path:path}"),
        *("/svelte/{path:path}", "/favicon.ico", "/robots.txt", "/manifest.json"),
        *("/pwa_icon", "/pwa_icon/{size}"),
        *(
            f"/gradio_api/{path}"
            for path in (
                *("app_id", "info", "startup-events", "theme.css", "token", "user"),
                *("api/{api_name}", "run/{api_name}", "call/{api_name}", "call/v2/{api_name}"),
                *("call/{api_name}/{event_id}", "call/v2/{api_name}/{event_id}"),
                *("cancel", "reset", "upload", "upload_progress", "heartbeat/{session_hash}"),
                *("queue/data", "queue/join", "queue/status"),
                *("file={path_or_url:path}", "file/{path:path}"),
            )
        ),
    }
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The service with the tiny network and small limits."""
    with running_server(
        BIOPSIA_MODEL_DIR=str(write_bundle(tmp_path_factory.mktemp("bundle") / "model")),
        BIOPSIA_MAX_UPLOAD_BYTES=str(MAX_UPLOAD),
        BIOPSIA_MAX_BATCH_BYTES=str(MAX_BATCH),
        **NO_RATE_LIMIT,
    ) as server:
        yield server


def refusal(response: httpx2.Response, status: int) -> ErrorBody:
    assert response.status_code == status, response.text
    assert response.headers["X-Request-ID"]
    return ErrorReport.model_validate(response.json()).error


@pytest.mark.parametrize("door", DOORS)
def test_the_body_of_a_call_is_bounded(server: RunningServer, door: str) -> None:
    large = b'{"data": ["' + b"0" * MAX_CALL + b'"]}'
    json = {"content-type": "application/json"}
    error = refusal(httpx2.post(server.url + door, content=large, headers=json), 413)
    assert error.code == "payload_too_large"
    assert error.details == {"bytes": len(large), "max_bytes": MAX_CALL}


def called(function: int, size: int, values: int = 1) -> bytes:
    """Return a call of a function by its number, of so many bytes and about so many values."""
    call = b'{"session_hash":"s","fn_index":%d,"data":[%s"' % (function, b"{}," * (values // 2))
    return call + b"x" * (size - len(call) - 3) + b'"]}'


def test_only_calls_with_many_files_may_be_large(server: RunningServer) -> None:
    sizes: dict[str, list[int]] = {}
    json = {"content-type": "application/json"}
    with httpx2.Client(base_url=server.url, headers=json, timeout=60) as client:
        functions = client.get("/config").json()["dependencies"]
        for function in (each for each in functions if each["backend_fn"]):
            number = function["id"]
            bodies = (
                *(called(number, MAX_SMALL_CALL_BYTES), called(number, MAX_CALL)),
                *(called(number, 9000, 2000), called(number, MAX_CALL // 2, 40_000)),
            )
            sizes[function["api_name"]] = [
                client.post("/gradio_api/queue/join", content=body).status_code for body in bodies
            ]
    many = {name for name, statuses in sizes.items() if statuses[1] != 413}
    assert many == {"predict_batch", "read_2", "inspect_batch", *WEIGHING}
    for name, statuses in sizes.items():
        small, large, several, very_many = statuses
        assert (small == 413, very_many == 413) == (False, True)
        assert (large == 413) == (several == 413) == (name not in many)


def test_a_call_by_name_is_bounded_by_its_function(server: RunningServer) -> None:
    body = {"data": ["x" * MAX_SMALL_CALL_BYTES]}
    for door in ("call", "call/v2", "run", "api"):
        answer = httpx2.post(f"{server.url}/gradio_api/{door}/predict", json=body)
        assert refusal(answer, 413).details["max_bytes"] == MAX_SMALL_CALL_BYTES
        answer = httpx2.post(f"{server.url}/gradio_api/{door}/predict_batch", json=body)
        assert answer.status_code != 413


def test_large_calls_share_room_for_as_long_as_they_last() -> None:
    calls = Calls([], max_files=1)
    held = [calls.enter(MAX_CALL, "a") for _ in range(8)]
    with pytest.raises(BusyError):
        calls.enter(MAX_CALL, "a")
    held += [calls.enter(MAX_CALL, "b") for _ in range(8)]
    with pytest.raises(BusyError):
        calls.enter(MAX_CALL, "c")
    assert calls.enter(MAX_SMALL_CALL_BYTES, "c") is None
    held.clear()
    assert calls.enter(MAX_CALL, "a")


@pytest.mark.parametrize("door", ["/gradio_api/upload", *DOORS])
def test_a_body_states_its_length(server: RunningServer, door: str) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    chunks = iter([b"--x\r\n", b"0" * 10])
    response = httpx2.post(server.url + door, content=chunks, headers=headers)
    assert refusal(response, 411).code == "length_required"


def test_a_length_beside_chunks_counts_for_nothing(server: RunningServer) -> None:
    headers = {"transfer-encoding": "chunked", "content-length": "2"}
    url = f"{server.url}/gradio_api/queue/join"
    response = httpx2.post(url, content=iter([b"0" * (MAX_CALL + 1)]), headers=headers)
    # Some of the server's parsers refuse it before we do.
    assert response.status_code in {400, 411}


def test_an_upload_is_bounded_as_a_whole(server: RunningServer) -> None:
    files = [("files", (f"{i}.png", b"0" * MAX_UPLOAD)) for i in range(4)]
    response = httpx2.post(f"{server.url}/gradio_api/upload", files=files)
    assert refusal(response, 413).code == "payload_too_large"


@pytest.mark.parametrize("path", ["file=https://example.org/a.png", "proxy=https://example.org"])
def test_nothing_is_relayed(server: RunningServer, path: str) -> None:
    error = refusal(httpx2.get(f"{server.url}/gradio_api/{path}"), 404)
    assert error.code == "not_found"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("DELETE", "/"), ("PUT", "/config"), ("POST", "/theme.css")]
)
def test_wrong_methods_answer_in_the_error_shape(
    server: RunningServer, method: str, path: str
) -> None:
    response = httpx2.request(method, server.url + path)
    assert refusal(response, 405).code == "method_not_allowed"
    assert response.headers["Allow"]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_what_the_demo_does_not_need_is_not_there(
    server: RunningServer, method: str, path: str
) -> None:
    before = sorted(server.folder.rglob("*"))
    content = b"--x\r\n" if method == "POST" else None
    response = httpx2.request(method, server.url + path, content=content)
    assert refusal(response, 404).code == "not_found"
    assert sorted(server.folder.rglob("*")) == before


def test_every_route_of_gradio_is_either_needed_or_closed() -> None:
    # In a process of its own: Gradio leaves an event loop behind.
    done = subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-c", PRINT_ROUTES], capture_output=True, text=True, check=True
    )
    found = set(json.loads(done.stdout))
    assert {path for path in found if NEEDED.fullmatch(filled(path))} == found & {
        path for each in OPEN for path in (each, f"{each}/")
    }
    assert found >= OPEN


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "x1", path)


def test_unknown_functions_and_paths_of_calls_answer_in_the_error_shape(
    server: RunningServer,
) -> None:
    for path in ("/gradio_api/nowhere", "/gradio_api/call/nowhere/x"):
        assert refusal(httpx2.get(server.url + path), 404).code == "not_found"
    for path in ("/gradio_api/call/nowhere", "/gradio_api/run/nowhere", "/gradio_api/api/nowhere"):
        response = httpx2.post(server.url + path, json={"data": []})
        assert refusal(response, 404).code == "not_found"
    for door, number in (("queue/join", 999), ("queue/join", -1), ("run/predict", 999)):
        body = {"data": [], "fn_index": number, "session_hash": "abc"}
        response = httpx2.post(f"{server.url}/gradio_api/{door}", json=body)
        error = refusal(response, 404)
        assert error.code == "not_found"
        assert error.message == f"The demo has no function {number}; reload its page."
    assert "Traceback" not in server.log.read_text("utf-8")
    wrong = httpx2.get(f"{server.url}/gradio_api/queue/join")
    assert refusal(wrong, 405).code == "method_not_allowed"


@pytest.mark.parametrize(
    "path",
    ["queue/data?session_hash=x", "queue/data/?session_hash=", "call/predict/x", "call/v2/a/x"],
)
def test_a_stream_that_is_not_there_is_refused_before_it_begins(
    server: RunningServer, path: str
) -> None:
    assert refusal(httpx2.get(f"{server.url}/gradio_api/{path}"), 404).code == "not_found"
    assert "already started" not in server.log.read_text("utf-8")


def test_a_call_by_name_is_followed_by_its_stream(server: RunningServer) -> None:
    for door in ("call", "call/v2"):
        url = f"{server.url}/gradio_api/{door}/model_info"
        call = httpx2.post(url, json={"data": []} if door == "call" else {}).json()["event_id"]
        told = httpx2.get(f"{url}/{call}", timeout=60)
        assert (told.status_code, "event: complete" in told.text) == (200, True)


FORM = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="files"'


@pytest.mark.parametrize(
    ("content_type", "content", "refused"),
    [
        ("application/x-www-form-urlencoded", b"x", (415, "unsupported_media_type")),
        (None, b"x", (415, "unsupported_media_type")),
        ("multipart/form-data", PART, (400, "invalid_form")),
        (FORM, b"x", (400, "invalid_form")),
        (FORM, PART + b"\r\n\r\nx\r\n--x--\r\n", (400, "invalid_form")),
        (FORM, PART.replace(b"; name", b"; no") + b"\r\n\r\n\r\n--x--\r\n", (400, "invalid_form")),
    ],
    ids=["form", "nothing", "no boundary", "no form", "text", "no name"],
)
def test_an_upload_that_is_none_is_refused_in_the_error_shape(
    server: RunningServer, content_type: str | None, content: bytes, refused: tuple[int, str]
) -> None:
    before = sorted(server.folder.rglob("*"))
    headers = {"content-type": content_type} if content_type else {}
    answer = httpx2.post(f"{server.url}/gradio_api/upload", content=content, headers=headers)
    assert refusal(answer, refused[0]).code == refused[1]
    assert sorted(server.folder.rglob("*")) == before
    assert '"level": "ERROR"' not in server.log.read_text("utf-8")


PROXYS = {"X-Forwarded-Host": "demo.example.org"}


def root_of(server: RunningServer, headers: dict[str, str]) -> str:
    """Return the address that the page is told to use; every other place must name the same."""
    headers = {"X-Forwarded-Proto": "https"} | headers
    config = httpx2.get(f"{server.url}/config", headers=headers)
    root = str(config.json()["root"])
    for text in (config.text, httpx2.get(server.url, headers=headers).text):
        assert "http://demo.example.org" not in text
        assert ("https://demo.example.org" in text) == (root == "https://demo.example.org")
        assert "other.example" not in text
    return root


def test_behind_a_proxy_that_is_believed_the_page_names_its_address(tmp_path: Path) -> None:
    with running_server(
        BIOPSIA_MODEL_DIR=str(write_bundle(tmp_path / "model")), BIOPSIA_TRUSTED_PROXY_HOPS="1"
    ) as server:
        assert root_of(server, PROXYS) == "https://demo.example.org"


def test_a_visitor_cannot_name_the_pages_address(server: RunningServer) -> None:
    own = server.url.replace("http:", "https:")
    assert root_of(server, PROXYS) == own
    assert root_of(server, {"X-Gradio-Server": "https://other.example"}) == own
    # What the browser asked is the address that it has.
    assert root_of(server, {"Host": "demo.example.org"}) == "https://demo.example.org"


def test_refusals_are_counted(server: RunningServer) -> None:
    httpx2.post(f"{server.url}/gradio_api/queue/join", content=b"0" * (MAX_CALL + 1))
    metrics = httpx2.get(f"{server.url}/metrics").text
    assert 'method="POST",route="mounted",status="413"' in metrics


def test_gradios_client_tells_a_refusal_and_goes_on(server: RunningServer, tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    image.write_bytes(encode(plain_image(200, 120, 190)))
    client = Client(server.url, verbose=False, download_files=str(tmp_path))
    with pytest.raises(Exception, match="413"):
        client.predict(handle_file(image), "x" * MAX_CALL, api_name="/predict")
    assert client.predict(handle_file(image), api_name="/predict")["kind"] == "patch"
    client.close()
