from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from hf_space.api.app import create_api
from hf_space.bundle.config import INFERENCE_FILE, METRICS_FILE, OPENVINO_WEIGHTS_FILE
from hf_space.errors import BusyError
from hf_space.prediction.predictor import Predictor
from hf_space.schemas.errors import ErrorReport
from hf_space.schemas.health import HealthReport
from hf_space.schemas.model import ModelReport
from hf_space.settings import Settings
from tests.bundle_factory import METRICS, encode, plain_image
from tests.stores import error_of

ROOT = Path(__file__).parents[2]
PATCH = encode(plain_image(200, 120, 190))


def test_ready_service_says_so(client: TestClient) -> None:
    response = client.get("/health/")
    assert response.status_code == 200
    report = HealthReport.model_validate(response.json())
    assert report.status == "ok"
    assert (report.model.state, report.model.name, report.model.revision) == ("ready", "tiny", "r1")
    assert (report.database.state, report.database.kind) == ("ready", "sqlite")
    assert (report.cache.state, report.cache.kind) == ("ready", "memory")


def test_model_tells_facts_and_figures(client: TestClient) -> None:
    body = ModelReport.model_validate(client.get("/model/").json())
    assert body.metrics == METRICS
    assert body.inference.microns_per_pixel == 4.0
    assert body.operating_points["balanced"].threshold == 0.5
    assert body.operating_points["balanced"].sensitivity is None
    assert body.threshold_curve == []
    assert body.limits.max_upload_bytes == 200_000


def test_measured_operating_points_and_the_threshold_curve(settings: Settings) -> None:
    point = {"recall": 0.9, "specificity": 0.8, "precision": 0.7}
    curve = [{"threshold": 1.0, "sensitivity": 0.0, "specificity": 1.0, "precision": None}]
    metrics = {"roc_auc": 0.9, "operating_points": {"balanced": point}, "threshold_curve": curve}
    (settings.model_dir / METRICS_FILE).write_text(json.dumps(metrics), encoding="utf-8")
    with TestClient(create_api(settings)) as client:
        body = client.get("/model/").json()
    balanced = body["operating_points"]["balanced"]
    assert (balanced["sensitivity"], balanced["specificity"]) == (0.9, 0.8)
    assert body["operating_points"]["high_sensitivity"]["sensitivity"] is None
    assert body["threshold_curve"] == curve
    assert "threshold_curve" not in body["metrics"]


def test_figures_are_converted_to_another_prevalence(settings: Settings) -> None:
    # Of 100 patches 40 have carcinoma.
    point = {"recall": 0.9, "specificity": 0.8, "precision": 36 / 48}
    curve = [
        {"threshold": 0.0, "sensitivity": 1.0, "specificity": 0.0, "precision": 0.4},
        {"threshold": 1.0, "sensitivity": 0.0, "specificity": 1.0, "precision": None},
    ]
    metrics = {"operating_points": {"balanced": point}, "threshold_curve": curve}
    (settings.model_dir / METRICS_FILE).write_text(json.dumps(metrics), encoding="utf-8")
    path = settings.model_dir / INFERENCE_FILE
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(facts | {"assumed_prevalence": 0.5}), encoding="utf-8")
    with TestClient(create_api(settings)) as client:
        measured = client.get("/model/").json()
        rare = client.get("/model/", params={"prevalence": 0.1}).json()
        refused = client.get("/model/", params={"prevalence": 1})
    assert (measured["prevalence"], measured["logit_shift"]) == (0.4, None)
    assert measured["operating_points"]["balanced"]["precision"] == 36 / 48
    # Of 100 patches 10 have carcinoma, 9 of them are found, and 18 of 90 others are called too.
    assert rare["operating_points"]["balanced"]["precision"] == pytest.approx(9 / 27)
    assert [each["precision"] for each in rare["threshold_curve"]] == [pytest.approx(0.1), None]
    assert rare["prevalence"] == 0.1
    # An even chance becomes 1 in 10.
    assert rare["logit_shift"] == pytest.approx(math.log(1 / 9))
    assert error_of(refused) == (422, "invalid_options")


def test_without_an_assumed_prevalence_no_probability_is_converted(client: TestClient) -> None:
    body = client.get("/model/", params={"prevalence": 0.1}).json()
    assert (body["prevalence"], body["logit_shift"]) == (0.1, None)


@pytest.mark.parametrize("path", ["/health", "/health/live", "/model", "/docs", "/openapi.json"])
def test_paths_answer_with_and_without_their_final_slash(client: TestClient, path: str) -> None:
    for spelling in (path, f"{path}/"):
        response = client.get(spelling, follow_redirects=False)
        assert response.status_code == 200
    assert client.get(path).content == client.get(f"{path}/").content


def test_predict_answers_without_its_final_slash(client: TestClient) -> None:
    response = client.post("/predict", files={"file": PATCH}, follow_redirects=False)
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/health", "/health/", "/health/live", "/metrics", "/model"])
def test_head_is_answered_like_get(client: TestClient, path: str) -> None:
    assert client.head(path).status_code == 200


def test_documentation_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/docs").text
    sources = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
    assert len(sources) >= 2
    for source in sources:
        assert source.startswith("/")
        assert client.get(source).status_code == 200
    assert "://" not in page.replace("http://www.w3.org", "")


def test_requests_have_an_id(client: TestClient) -> None:
    given = client.get("/health/live", headers={"X-Request-ID": "abc-123"})
    assert given.headers["X-Request-ID"] == "abc-123"
    ids = {client.get("/health/live").headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    unfit = client.get("/health/live", headers={"X-Request-ID": "a b\tc" * 30})
    assert len(unfit.headers["X-Request-ID"]) == 32


def test_metrics_count_requests_batches_and_the_cache(client: TestClient) -> None:
    for _ in range(2):
        client.post("/predict", files={"file": PATCH}, data={"save": "true"})
    client.get("/no/such/path")
    text = client.get("/metrics").text
    assert 'biopsia_requests_total{method="POST",route="/predict/",status="200"} 2.0' in text
    assert 'biopsia_request_seconds_count{route="/predict/"} 2.0' in text
    assert "biopsia_batch_size_count 1.0" in text
    assert "biopsia_queue_length 0.0" in text
    assert 'biopsia_cache_total{outcome="memory"} 1.0' in text
    assert 'biopsia_cache_total{outcome="redis"} 0.0' in text
    assert 'biopsia_cache_total{outcome="miss"} 1.0' in text
    assert 'biopsia_saves_total{outcome="saved"} 2.0' in text
    assert "biopsia_spool_length 0.0" in text
    assert "no/such" not in text
    client.put("/predict/")
    text = client.get("/metrics").text
    assert 'biopsia_requests_total{method="PUT",route="none",status="405"} 1.0' in text


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://one.example", True),
        ("https://preview-7.two.example", True),
        ("https://preview-7.two.example.evil.example", False),
        ("https://three.example", False),
    ],
)
def test_only_named_sites_may_call_the_api(
    settings: Settings, *, origin: str, allowed: bool
) -> None:
    changed = settings.model_copy(
        update={
            "cors_origins": ("https://one.example",),
            "cors_origin_pattern": r"https://preview-\d+\.two\.example",
        }
    )
    with TestClient(create_api(changed)) as client:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = client.options("/predict/", headers=headers)
        answer = client.get("/health/", headers={"Origin": origin})
    for response in (preflight, answer):
        granted = response.headers.get("access-control-allow-origin")
        assert granted == (origin if allowed else None)


def test_a_full_queue_says_when_to_come_back(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise BusyError("1024 jobs wait for the engine")

    monkeypatch.setattr(Predictor, "predict", refuse)
    response = client.post("/predict/", files={"file": PATCH})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert response.json()["error"]["code"] == "busy"
    assert "1024" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/health/live/x", 404, "not_found"),
        ("GET", "/predict", 405, "method_not_allowed"),
        ("PUT", "/predict/batch/", 405, "method_not_allowed"),
        ("POST", "/health", 405, "method_not_allowed"),
    ],
)
def test_wrong_doors_answer_in_the_error_shape(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert ErrorReport.model_validate(response.json()).error.code == code
    assert response.headers["X-Request-ID"]


def test_an_error_of_the_framework_gets_a_code_that_is_documented(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    path = "/history/019ca946-0018-7000-84ff-101051e01cc0/reviews"
    response = client.post(path, content=b'{"opinion": "\xff"}', headers=headers)
    assert error_of(response) == (400, "invalid_request")


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_unusable_bundle_means_not_ready(settings: Settings, damage: str) -> None:
    weights = settings.model_dir / OPENVINO_WEIGHTS_FILE
    if damage == "altered":
        weights.write_bytes(weights.read_bytes() + b"\0")
    else:
        weights.unlink()
    with TestClient(create_api(settings)) as client:
        health = client.get("/health/")
        assert health.status_code == 503
        assert health.json()["model"]["state"] == "unavailable"
        # Earlier records can still be read.
        assert client.get("/history/").status_code == 200
        assert client.get("/health/live").status_code == 200
        for response in (client.post("/predict/", files={"file": PATCH}), client.get("/model/")):
            assert response.status_code == 503
            assert response.json()["error"]["code"] == "model_unavailable"
            assert str(settings.model_dir) not in response.text


def test_unexpected_failure_tells_the_client_nothing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object, **__: object) -> None:
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
    assert response.headers["X-Request-ID"]


def test_body_is_not_read_beyond_the_limit(settings: Settings) -> None:
    """A raw ASGI request, because the test client reads the whole body before it sends it."""
    app = create_api(settings)
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
        "heavy = {'tensorflow', 'keras', 'training', 'datasets', 'sklearn', 'torch'}\n"
        "assert not heavy & set(sys.modules), sorted(heavy & set(sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
