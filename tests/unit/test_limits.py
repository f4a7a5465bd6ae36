from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from hf_space.access.rate_limit import Limiter
from hf_space.api.middleware.rate_limit import LimitMiddleware
from hf_space.observability.metrics import Metrics

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

OWNER = b"o" * 32


@dataclass
class _Visitor:
    owner: bytes = OWNER
    is_new: bool = False


async def _inner(scope: Scope, receive: Receive, send: Send) -> None:
    address = scope["state"].get("address", "none")
    await PlainTextResponse(address, headers={"X-Own": "1"})(scope, receive, send)


def _client(limiter: Limiter, metrics: Metrics, *, hops: int = 0) -> TestClient:
    limited: ASGIApp = LimitMiddleware(_inner, limiter, hops, metrics)

    async def identified(scope: Scope, receive: Receive, send: Send) -> None:
        new = any(name == b"x-new" for name, _ in scope["headers"])
        scope["state"] = {"visitor": _Visitor(is_new=new)}
        await limited(scope, receive, send)

    return TestClient(identified)


def _refusals(metrics: Metrics) -> dict[str, float]:
    return {
        scope: metrics.registry.get_sample_value("biopsia_limit_refusals_total", {"scope": scope})
        or 0.0
        for scope in ("owner", "address")
    }


def test_answers_tell_what_is_left_and_refusals_when_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hf_space.access.rate_limit.monotonic", lambda: 5000.0)
    metrics = Metrics()
    client = _client(Limiter(2, 60, None), metrics)
    answers = [client.post("/predict/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"2"}
    assert [answer.headers["X-RateLimit-Reset"] for answer in answers] == ["30", "60", "60"]
    assert "Retry-After" not in answers[0].headers
    assert answers[0].headers["X-Own"] == "1"
    refusal = answers[2]
    error: dict[str, Any] = refusal.json()["error"]
    assert error["code"] == "rate_limited"
    assert error["details"]["scope"] == "owner"
    assert error["details"]["retry_after_seconds"] == 30
    assert refusal.headers["Retry-After"] == "30"
    assert _refusals(metrics) == {"owner": 1.0, "address": 0.0}


def test_a_new_visitor_is_charged_by_address_and_an_old_one_by_both() -> None:
    metrics = Metrics()
    client = _client(Limiter(1, 3, None), metrics)
    new = {"X-New": "1"}
    assert [client.get("/stats", headers=new).status_code for _ in range(2)] == [200, 200]
    assert [client.get("/stats").status_code for _ in range(2)] == [200, 429]
    assert client.get("/stats", headers=new).status_code == 429
    assert _refusals(metrics) == {"owner": 1.0, "address": 1.0}


def test_the_address_is_that_before_the_trusted_proxies_and_the_application_learns_it() -> None:
    client = _client(Limiter(0, 1, None), Metrics(), hops=1)

    def ask(address: str) -> tuple[int, str]:
        answer = client.get("/history/", headers={"X-Forwarded-For": f"1.1.1.1, {address}"})
        return answer.status_code, answer.text

    assert ask("203.0.113.7") == (200, "203.0.113.7")
    assert ask("203.0.113.7")[0] == 429
    assert ask("203.0.113.8") == (200, "203.0.113.8")


@pytest.mark.parametrize(
    ("method", "path", "limited"),
    [
        ("POST", "/predict", True),
        ("POST", "/predict/", True),
        ("POST", "/predict/batch/", True),
        ("GET", "/history/export.csv", True),
        ("DELETE", "/history/", True),
        ("GET", "/stats/", True),
        ("POST", "/tickets/", True),
        ("OPTIONS", "/predict/", False),
        ("GET", "/predictions", False),
        ("POST", "/gradio_api/queue/join", True),
        ("POST", "/gradio_api/queue/join/", True),
        ("POST", "/gradio_api/call/predict", True),
        ("POST", "/gradio_api/call/v2/predict/", True),
        ("POST", "/gradio_api/run/predict", True),
        ("POST", "/gradio_api/api/predict", True),
        ("POST", "/gradio_api/upload", True),
        ("GET", "/gradio_api/queue/data", False),
        ("GET", "/gradio_api/call/predict/0123", False),
        ("GET", "/gradio_api/upload_progress", False),
        ("GET", "/gradio_api/info", False),
        ("GET", "/health/", False),
        ("GET", "/metrics", False),
        ("GET", "/docs", False),
        ("GET", "/", False),
        ("GET", "/assets/predict/x.js", False),
    ],
)
def test_what_predicts_or_reads_records_is_limited(method: str, path: str, limited: bool) -> None:  # noqa: FBT001
    client = _client(Limiter(1, 0, None), Metrics())
    client.post("/predict/")
    assert client.request(method, path).status_code == (429 if limited else 200)


def test_without_limits_answers_tell_none() -> None:
    answer = _client(Limiter(0, 0, None), Metrics()).post("/predict/")
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]
