"""What the demo's own endpoints refuse, and the shape of their responses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from gradio_client import Client, handle_file

from hf_space.schemas.errors import ErrorBody, ErrorReport
from tests.bundle_factory import encode, plain_image, write_bundle
from tests.server import RunningServer, running_server

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
    "/gradio_api/component_server",
    "/login",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The service with the tiny network and small limits."""
    with running_server(
        BIOPSIA_MODEL_DIR=str(write_bundle(tmp_path_factory.mktemp("bundle") / "model")),
        BIOPSIA_MAX_UPLOAD_BYTES=str(MAX_UPLOAD),
        BIOPSIA_MAX_BATCH_BYTES=str(MAX_BATCH),
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
    ("method", "path"), [("POST", "/"), ("DELETE", "/"), ("PUT", "/config"), ("GET", "/login")]
)
def test_wrong_methods_answer_in_the_error_shape(
    server: RunningServer, method: str, path: str
) -> None:
    response = httpx2.request(method, server.url + path)
    assert refusal(response, 405).code == "method_not_allowed"
    assert response.headers["Allow"]


def test_gradios_own_errors_keep_gradios_shape(server: RunningServer) -> None:
    assert "detail" in httpx2.get(f"{server.url}/gradio_api/nowhere").json()
    assert httpx2.get(f"{server.url}/gradio_api/queue/join").json().keys() == {"detail"}


@pytest.mark.parametrize("names_host", [True, False])
def test_behind_a_proxy_the_page_names_the_proxys_address(
    server: RunningServer, *, names_host: bool
) -> None:
    host = {"X-Forwarded-Host": "demo.example.org"} if names_host else {"Host": "demo.example.org"}
    headers = {"X-Forwarded-Proto": "https", **host}
    config = httpx2.get(f"{server.url}/config", headers=headers)
    assert config.json()["root"] == "https://demo.example.org"
    assert "http://demo.example.org" not in config.text
    page = httpx2.get(server.url, headers=headers)
    assert "https://demo.example.org" in page.text
    assert "http://demo.example.org" not in page.text


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
