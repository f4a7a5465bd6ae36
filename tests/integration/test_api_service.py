from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from hf_space.api.application import create_app
from hf_space.inference.bundle import OPENVINO_WEIGHTS_FILE
from hf_space.predictor import Predictor
from hf_space.schemas import ErrorReport, HealthReport
from hf_space.settings import Settings
from tests.bundle_factory import METRICS, encode, plain_image

ROOT = Path(__file__).parents[2]
PATCH = encode(plain_image(200, 120, 190))


def test_ready_service_says_so(client: TestClient) -> None:
    response = client.get("/health/")
    assert response.status_code == 200
    report = HealthReport.model_validate(response.json())
    assert report.status == "ok"
    assert (report.model.state, report.model.name, report.model.revision) == ("ready", "tiny", "r1")


def test_model_tells_facts_and_figures(client: TestClient) -> None:
    body = client.get("/model/").json()
    assert body["metrics"] == METRICS
    assert body["inference"]["spacing_um_px"] == 4.0
    assert body["inference"]["thresholds"]["balanced"]["threshold"] == 0.5


@pytest.mark.parametrize("path", ["/health", "/health/live", "/model", "/docs", "/openapi.json"])
def test_paths_answer_with_and_without_their_final_slash(client: TestClient, path: str) -> None:
    for spelling in (path, f"{path}/"):
        response = client.get(spelling, follow_redirects=False)
        assert response.status_code == 200
    assert client.get(path).content == client.get(f"{path}/").content


def test_predict_answers_without_its_final_slash(client: TestClient) -> None:
    response = client.post("/predict", files={"file": PATCH}, follow_redirects=False)
    assert response.status_code == 200


def test_index_names_doors_that_open(client: TestClient) -> None:
    doors = client.get("/").json()["doors"]
    assert doors["predict"] == "/predict/"
    for name, path in doors.items():
        assert client.get(path).status_code == (405 if name == "predict" else 200)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/health/live/x", 404, "not_found"),
        ("GET", "/predict", 405, "method_not_allowed"),
        ("POST", "/health", 405, "method_not_allowed"),
    ],
)
def test_wrong_doors_answer_in_the_error_shape(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert ErrorReport.model_validate(response.json()).error.code == code


def test_openapi_describes_both_bodies(client: TestClient) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/predict/"]["post"]
    content = operation["requestBody"]["content"]
    assert set(content) == {"multipart/form-data", "application/json"}
    assert content["multipart/form-data"]["schema"]["required"] == ["file"]
    options = {"operating_point", "threshold", "explain", "microns_per_pixel"}
    for body in content.values():
        assert options < set(body["schema"]["properties"])


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_unusable_bundle_means_not_ready(settings: Settings, damage: str) -> None:
    weights = settings.model_dir / OPENVINO_WEIGHTS_FILE
    if damage == "altered":
        weights.write_bytes(weights.read_bytes() + b"\0")
    else:
        weights.unlink()
    with TestClient(create_app(settings)) as client:
        health = client.get("/health/")
        assert health.status_code == 503
        assert health.json()["model"]["state"] == "unavailable"
        assert client.get("/health/live").status_code == 200
        for response in (client.post("/predict/", files={"file": PATCH}), client.get("/model/")):
            assert response.status_code == 503
            assert response.json()["error"]["code"] == "model_unavailable"
            assert str(settings.model_dir) not in response.text


def test_unexpected_failure_tells_the_client_nothing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret at /srv/private")

    monkeypatch.setattr(Predictor, "predict", fail)
    with caplog.at_level(logging.ERROR):
        response = client.post("/predict/", files={"file": PATCH})
    assert response.status_code == 500
    assert ErrorReport.model_validate(response.json()).error.code == "internal_error"
    assert "secret" not in response.text
    assert "/srv" not in response.text
    assert "Traceback" not in response.text
    assert "secret at /srv/private" in caplog.text


def test_body_is_not_read_beyond_the_limit(settings: Settings) -> None:
    """Spoken in ASGI, because the test client reads the whole body before it sends it."""
    app = create_app(settings)
    received = 0
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal received
        received += 50_000
        return {"type": "http.request", "body": b"0" * 50_000, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/predict/",
        "raw_path": b"/predict/",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "server": ("test", 80),
        "client": ("test", 1),
    }

    async def talk() -> None:
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)

    asyncio.run(talk())
    assert sent[0]["status"] == 413
    # 200,000 bytes as base64, the allowance beside the image, and the chunk that crosses the line.
    assert received <= 200_000 * 4 / 3 + 64 * 1024 + 2 * 50_000


def test_serving_imports_neither_tensorflow_nor_the_training_code() -> None:
    code = (
        "import sys, app\n"
        "heavy = {'tensorflow', 'keras', 'training', 'pandas', 'datasets', 'sklearn'}\n"
        "assert not heavy & set(sys.modules), sorted(heavy & set(sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
