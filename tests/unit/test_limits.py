"""Which requests the rate limit counts, and what their responses say."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from hf_space.access.rate_limit import Limiter
from hf_space.access.visitor import Visitor, new_token, new_visitor
from hf_space.api import app as api_app
from hf_space.api.app import create_api
from hf_space.api.dependencies import ChargedRoute, FreeRoute, OpenRoute, UploadRoute, VisitorDep
from hf_space.api.middleware.identify import VISITOR_HEADER
from hf_space.observability.metrics import Metrics
from hf_space.settings import Settings
from hf_space.ui.gradio_app.calls import Calls
from hf_space.ui.gradio_app.event_streams import EventStreams
from hf_space.ui.gradio_app.guard import GuardMiddleware

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Message, Receive, Scope, Send

OWNER = b"o" * 32
ADDRESS = "192.0.2.1"
KNOWN = {VISITOR_HEADER: new_token()}
KEY = "k" * 32

FREE = {
    ("GET", "/health/"),
    ("GET", "/health/live"),
    ("GET", "/metrics"),
    ("GET", "/model/"),
    ("GET", "/model/evaluation/{name}"),
}
OPERATIONS = sorted(
    (method.upper(), path)
    for path, item in create_api(Settings()).openapi()["paths"].items()
    for method in item
)


class Item(BaseModel):
    name: str


def resource(**router: Any) -> SimpleNamespace:
    """Return a new resource whose router has some policy, or none."""
    made = APIRouter(prefix="/items", **router)

    @made.get("/")
    async def address(visitor: VisitorDep) -> str:
        return visitor.address

    @made.post("/")
    async def create(item: Item) -> str:
        return item.name

    return SimpleNamespace(router=made)


@pytest.fixture
def add_resource(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Create the API with one more resource."""

    def add(resource: SimpleNamespace, **settings: Any) -> FastAPI:
        monkeypatch.setattr(api_app, "_RESOURCES", (*api_app._RESOURCES, resource))
        return create_api(Settings(**settings))

    return add


def _refusals(metrics: Metrics) -> dict[str, float]:
    return {
        scope: metrics.registry.get_sample_value("biopsia_limit_refusals_total", {"scope": scope})
        or 0.0
        for scope in ("owner", "address")
    }


@pytest.mark.parametrize("kind", [None, "nested", "websocket", "plain"])
def test_a_resource_without_a_rate_policy_is_refused(add_resource: Any, kind: str | None) -> None:
    new = resource(**({"route_class": ChargedRoute} if kind else {}))
    if kind == "nested":
        new.router.include_router(resource().router)
    elif kind == "websocket":
        new.router.add_api_websocket_route("/socket", lambda: None)
    elif kind == "plain":
        new.router.add_route("/plain", lambda _: PlainTextResponse(""))
    with pytest.raises(TypeError, match=r"declares no rate policy; make its router"):
        add_resource(new)


def test_a_charged_resource_answers_429_after_its_allowance(add_resource: Any) -> None:
    app = add_resource(resource(route_class=ChargedRoute), owner_images_per_minute=2)
    client = TestClient(app)
    responses = [client.get("/items/", headers=KNOWN) for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert responses[2].json()["error"]["code"] == "rate_limited"


def test_a_free_resource_is_not_limited(add_resource: Any) -> None:
    app = add_resource(resource(route_class=FreeRoute), owner_images_per_minute=1)
    responses = [TestClient(app).get("/items", headers=KNOWN) for _ in range(3)]
    assert [response.status_code for response in responses] == [200] * 3
    assert "X-RateLimit-Limit" not in responses[0].headers


@pytest.mark.parametrize(
    ("route_class", "expected"),
    [(OpenRoute, 200), (FreeRoute, 401), (ChargedRoute, 401), (UploadRoute, 401)],
)
def test_only_an_open_route_is_reachable_without_a_required_key(
    add_resource: Any, route_class: type[FreeRoute], expected: int
) -> None:
    settings = {"api_keys": f"ward:{KEY}", "require_api_key": True}
    app = add_resource(resource(route_class=route_class), **settings)
    app.router.routes.append(Route("/undeclared", lambda _: PlainTextResponse("secret")))
    client = TestClient(app)
    for path in ("/items/", "/items"):
        assert client.get(path).status_code == expected
        assert client.get(path, headers={"X-API-Key": KEY}).status_code == 200
    # Other methods of an open path still need a key.
    assert client.put("/items/").status_code == 401
    assert client.head("/items/").status_code == expected
    assert client.get("/undeclared").status_code == 401
    assert client.get("/undeclared", headers={"X-API-Key": KEY}).status_code == 200


@pytest.mark.parametrize("path", ["/items/", "/predict/", "/predict/batch/", "/tickets/"])
def test_a_refused_request_is_refused_before_its_body_is_read(add_resource: Any, path: str) -> None:
    app = add_resource(resource(route_class=ChargedRoute), address_images_per_minute=1)
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        sent.append(message)

    async def scenario() -> None:
        await app.state.limiter.charge(owner=None, address=ADDRESS)
        headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "headers": headers,
            "query_string": b"",
            "client": (ADDRESS, 1),
        }
        await app(scope, receive, send)

    asyncio.run(scenario())
    assert sent[0]["status"] == 429


def test_a_malformed_body_is_charged(add_resource: Any) -> None:
    app = add_resource(resource(route_class=ChargedRoute), owner_images_per_minute=2)
    client = TestClient(app)
    json = {"content-type": "application/json", **KNOWN}
    for left in ("1", "0"):
        response = client.post("/items/", content=b"{", headers=json)
        assert response.status_code == 422
        assert response.headers["X-RateLimit-Remaining"] == left
    assert client.post("/items/", content=b"{", headers=json).status_code == 429


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_is_charged_but_for_the_service_and_the_model(
    method: str, path: str
) -> None:
    client = TestClient(create_api(Settings(owner_images_per_minute=1)))
    client.post("/predict/", headers=KNOWN)
    for spelling in (path, path.rstrip("/")):
        url = spelling.format(id="019ca946-0018-7000-84ff-101051e01cc0", name="roc", suffix="csv")
        response = client.request(method, url, headers=KNOWN)
        assert (response.status_code == 429) is ((method, path) not in FREE)
    for free in ("/docs", "/openapi.json", "/predictions", "/"):
        assert client.get(free, headers=KNOWN).status_code in {200, 404}


def test_responses_say_what_is_left_and_refusals_when_to_retry(
    add_resource: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hf_space.access.rate_limit.monotonic", lambda: 5000.0)
    app = add_resource(resource(route_class=ChargedRoute), owner_images_per_minute=2)
    client = TestClient(app)
    responses = [client.get("/items/", headers=KNOWN) for _ in range(3)]
    assert [response.headers["X-RateLimit-Remaining"] for response in responses] == ["1", "0", "0"]
    assert {response.headers["X-RateLimit-Limit"] for response in responses} == {"2"}
    assert [response.headers["X-RateLimit-Reset"] for response in responses] == ["30", "60", "60"]
    assert "Retry-After" not in responses[0].headers
    error = responses[2].json()["error"]
    assert error["details"]["scope"] == "owner"
    assert error["details"]["retry_after_seconds"] == 30
    assert responses[2].headers["Retry-After"] == "30"
    assert _refusals(app.state.metrics) == {"owner": 1.0, "address": 0.0}


def test_a_new_visitor_is_charged_by_address_and_a_known_one_by_both(add_resource: Any) -> None:
    limits = {"owner_images_per_minute": 1, "address_images_per_minute": 3}
    app = add_resource(resource(route_class=ChargedRoute), **limits)
    client = TestClient(app)
    assert [client.get("/items/").status_code for _ in range(2)] == [200, 200]
    assert [client.get("/items/", headers=KNOWN).status_code for _ in range(2)] == [200, 429]
    assert client.get("/items/").status_code == 429
    assert _refusals(app.state.metrics) == {"owner": 1.0, "address": 1.0}


def test_the_address_is_the_one_before_the_trusted_proxies(add_resource: Any) -> None:
    limits = {"trusted_proxy_hops": 1, "address_images_per_minute": 1}
    client = TestClient(add_resource(resource(route_class=ChargedRoute), **limits))

    def ask(address: str) -> tuple[int, Any]:
        response = client.get("/items/", headers={"X-Forwarded-For": f"1.1.1.1, {address}"})
        return response.status_code, response.json()

    assert ask("203.0.113.7") == (200, "203.0.113.7")
    assert ask("203.0.113.7")[0] == 429
    assert ask("203.0.113.8") == (200, "203.0.113.8")


def test_a_route_beside_the_resources_is_refused() -> None:
    async def items() -> None: ...

    with pytest.raises(TypeError, match=r"/items/ declares no rate policy"):
        create_api(Settings()).get("/items/")(items)


def test_without_limits_responses_have_no_headers(add_resource: Any) -> None:
    limits = {"owner_images_per_minute": 0, "address_images_per_minute": 0}
    client = TestClient(add_resource(resource(route_class=ChargedRoute), **limits))
    response = client.get("/items/", headers=KNOWN)
    assert response.status_code == 200
    assert not [name for name in response.headers if name.startswith("x-ratelimit")]


@pytest.fixture
def _empty_uploads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep uploads of other tests from using the space of these."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))


def _demo(visitor: Visitor, limiter: Limiter, metrics: Metrics) -> TestClient:
    """Return a client of the guard before the demo, for one visitor."""

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("")(scope, receive, send)

    predict: Any = SimpleNamespace(_id=0, api_name="predict", name="predict", inputs=[])
    queue = SimpleNamespace(
        event_ids_to_events={},
        pending_event_ids_session={"session": ["0123"]},
        pending_messages_per_session={"session": ()},
    )
    blocks: Any = SimpleNamespace(_queue=queue)
    guard = GuardMiddleware(
        inner,
        calls=Calls([predict], max_files=1),
        streams=EventStreams(blocks),
        believes_proxy=False,
        max_upload_bytes=1000,
        limiter=limiter,
        metrics=metrics,
    )

    async def identified(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"visitor": visitor}
        await guard(scope, receive, send)

    return TestClient(identified, headers={"Content-Type": "multipart/form-data"})


@pytest.mark.usefixtures("_empty_uploads")
@pytest.mark.parametrize(
    ("method", "path", "charged"),
    [
        ("POST", "/gradio_api/queue/join", True),
        ("POST", "/gradio_api/queue/join/", True),
        ("POST", "/gradio_api/call/predict", True),
        ("POST", "/gradio_api/call/v2/predict/", True),
        ("POST", "/gradio_api/run/predict", True),
        ("POST", "/gradio_api/api/predict", True),
        ("POST", "/gradio_api/upload", True),
        ("POST", "/gradio_api/cancel", False),
        ("GET", "/gradio_api/queue/data", False),
        ("GET", "/gradio_api/queue/data?session_hash=session", False),
        ("GET", "/gradio_api/call/predict/0123", False),
        ("GET", "/gradio_api/upload_progress", False),
        ("GET", "/gradio_api/info", False),
        ("GET", "/", False),
        ("GET", "/assets/predict/x.js", False),
    ],
)
def test_calls_and_uploads_of_the_demo_are_charged(method: str, path: str, charged: bool) -> None:  # noqa: FBT001
    visitor, metrics = Visitor(OWNER, ADDRESS), Metrics()
    client = _demo(visitor, Limiter(1, 0, None), metrics)
    assert client.request(method, path).status_code == 200
    assert bool(visitor.allowance) is charged
    assert client.request(method, path).status_code == (429 if charged else 200)
    assert _refusals(metrics) == {"owner": float(charged), "address": 0.0}


@pytest.mark.usefixtures("_empty_uploads")
def test_a_new_visitor_of_the_demo_is_charged_by_address() -> None:
    client = _demo(new_visitor(ADDRESS), Limiter(1, 2, None), Metrics())
    found = [client.post("/gradio_api/upload").status_code for _ in range(3)]
    assert found == [200, 200, 429]
