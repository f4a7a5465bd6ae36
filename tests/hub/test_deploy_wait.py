"""A deployment waits for the Space's own response, and reports why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from huggingface_hub import CommitOperationAdd

from hf_space.deploy import waiting
from hf_space.deploy.folder import SpaceError
from hf_space.deploy.hub import HubError
from hf_space.deploy.waiting import ReadySpace, wait_until_ready
from hf_space.schemas.health import CacheState, DatabaseState, HealthReport
from hf_space.schemas.model import ModelState
from tests.hub.server import Hub
from tests.hub.spaces import USUAL_LIFE, Space, Stage

SPACE = "owner/biopsia"


class Service(ThreadingHTTPServer):
    """A stand-in for a Space's service.

    Attributes:
        models: What it answers with, one after the other; the last one stays. None: the page that
            the Hub shows while a Space starts.
        tokens: What each request had as the Hub's token.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.models: list[ModelState | None] = [ModelState(state="ready", revision="r1")]
        self.tokens: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        assert self.path == "/health/"
        self.server.tokens.append(self.headers.get("X-HF-Authorization"))
        models = self.server.models
        model = models.pop(0) if len(models) > 1 else models[0]
        body = _report(model) if model else b"<html>starting</html>"
        self.send_response(200 if model and model.state == "ready" else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _report(model: ModelState) -> bytes:
    database = DatabaseState(state="ready", kind="sqlite")
    cache = CacheState(state="ready", kind="memory")
    status = "ok" if model.state == "ready" else "unavailable"
    parts = {"model": model, "database": database, "cache": cache}
    report = HealthReport(status=status, version="0.2.0", **parts)
    return report.model_dump_json().encode()


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def space(hub: Hub, service: Service, monkeypatch: pytest.MonkeyPatch) -> Space:
    """A Space with an app, asked without pauses, on a machine that is slow at times."""
    monkeypatch.setattr(waiting, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(waiting, "_STALE_SECONDS", 3600)
    hub.api().create_repo(SPACE, repo_type="space", space_sdk="gradio")
    files = [
        CommitOperationAdd("README.md", b"---\nsdk: gradio\napp_file: app.py\n---\n"),
        CommitOperationAdd("app.py", b"serve()"),
    ]
    hub.api().create_commit(SPACE, files, commit_message="Deploy", repo_type="space")
    space = hub.repository(SPACE, "space").space
    space.host = service.url
    return space


def wait(
    hub: Hub, *, revision: str = "r1", timeout: float = 60, told: list[str] | None = None
) -> ReadySpace:
    commit = hub.repository(SPACE, "space").head.oid
    tell = (told if told is not None else []).append
    return wait_until_ready(
        hub.api(),
        SPACE,
        commit,
        lambda model: model.revision == revision,
        timeout=timeout,
        tell=tell,
    )


def runs(monkeypatch: pytest.MonkeyPatch, *commits: str | None) -> Iterator[str | None]:
    """Let the Hub name some commits as those that run, one after the other, and then the newest."""
    original, named = Space.runtime, iter(commits)

    def runtime(self: Space, commit: str, *, has_app: bool) -> dict[str, Any]:
        told = original(self, commit, has_app=has_app)
        return told | {"sha": next(named, commit)}

    monkeypatch.setattr(Space, "runtime", runtime)
    return named


def test_it_waits_for_the_model_that_was_asked_for(
    hub: Hub, space: Space, service: Service
) -> None:
    before = ModelState(state="ready", revision="r0")
    after = ModelState(state="ready", revision="r1")
    service.models = [None, ModelState(state="unavailable"), before, after]
    told: list[str] = []
    assert wait(hub, told=told) == ReadySpace(space.host, after)
    assert told == [f"{SPACE}: {stage.name}" for stage in USUAL_LIFE]
    # Requests to a public Space have no token.
    assert service.tokens == [None] * 4


@pytest.mark.usefixtures("space")
def test_a_private_space_is_asked_with_the_token(
    hub: Hub, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", hub.tokens.write)
    hub.api().update_repo_settings(SPACE, repo_type="space", visibility="private")
    wait(hub)
    assert service.tokens == [f"Bearer {hub.tokens.write}"]


@pytest.mark.parametrize("name", ["PAUSED", "SLEEPING", "STOPPED"])
def test_a_space_at_rest_is_woken(hub: Hub, space: Space, name: str) -> None:
    space.life = (Stage(name),)

    class Told(list[str]):
        def append(self, words: str) -> None:
            super().append(words)
            space.life = USUAL_LIFE

    told = Told()
    wait(hub, told=told)
    assert space.restarts == [False]
    assert told[0] == f"{SPACE}: {name}"


@pytest.mark.parametrize(("name", "log"), [("BUILD_ERROR", "build"), ("RUNTIME_ERROR", "run")])
def test_a_failure_is_told_with_the_end_of_its_log(
    hub: Hub, space: Space, name: str, log: str
) -> None:
    space.life = (Stage("BUILDING"), Stage(name, "exit code: 1"))
    space.logs[log] = [f"line {number}" for number in range(40)]
    with pytest.raises(SpaceError) as failure:
        wait(hub)
    first, *lines = str(failure.value).splitlines()
    assert first == f"{SPACE} failed, {name}: exit code: 1"
    assert lines == [f"line {number}" for number in range(25, 40)]


@pytest.mark.parametrize("status", [403, 500])
def test_a_failure_is_told_without_its_log_where_that_is_closed(
    hub: Hub, space: Space, status: int
) -> None:
    space.life = (Stage("BUILDING"), Stage("BUILD_ERROR", "exit code: 1"))
    hub.faults.fail("GET", "/logs/build$", status=status)
    with pytest.raises(SpaceError) as failure:
        wait(hub)
    assert str(failure.value) == f"{SPACE} failed, BUILD_ERROR: exit code: 1"


def test_a_failure_of_what_was_there_before_is_not_taken_for_a_new_one(
    hub: Hub, space: Space
) -> None:
    space.life = (Stage("BUILD_ERROR", "the last one"), *USUAL_LIFE)
    wait(hub)


@pytest.mark.parametrize("stages", [("RUNNING",), ("APP_STARTING", "RUNNING")])
def test_the_code_that_was_there_before_is_not_taken_for_the_new(
    hub: Hub,
    space: Space,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    stages: tuple[str, ...],
) -> None:
    monkeypatch.setattr(waiting, "_STALE_SECONDS", 0)
    space.life = tuple(map(Stage, stages))
    left = runs(monkeypatch, *["0" * 40] * 4)
    wait(hub)
    assert list(left) == []
    assert len(service.tokens) == 1


def test_the_code_that_runs_to_the_end_is_told(
    hub: Hub, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.life = (Stage("RUNNING"),)
    runs(monkeypatch, "0" * 40)
    with pytest.raises(
        SpaceError, match=f"not ready after 0 s: RUNNING, still with commit {0:040};"
    ):
        wait(hub, timeout=0)


def test_where_no_commit_is_named_a_new_stage_is_enough(
    hub: Hub, space: Space, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.life = (Stage("RUNNING"), *USUAL_LIFE)
    left = runs(monkeypatch, *[None] * 4)
    wait(hub)
    assert list(left) == []
    assert len(service.tokens) == 1


@pytest.mark.usefixtures("service")
def test_where_no_commit_is_named_time_is_enough(
    hub: Hub, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_STALE_SECONDS", 0)
    space.life = (Stage("RUNNING"),)
    runs(monkeypatch, None)
    wait(hub, timeout=0)


def test_a_failure_that_stays_is_one(
    hub: Hub, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_STALE_SECONDS", 0)
    space.life = (Stage("CONFIG_ERROR"),)
    with pytest.raises(SpaceError, match="CONFIG_ERROR: the Hub does not say why"):
        wait(hub)


@pytest.mark.usefixtures("space")
def test_trouble_of_the_hub_passes(hub: Hub) -> None:
    hub.faults.fail("GET", "/runtime$", times=2)
    wait(hub)


@pytest.mark.usefixtures("space")
def test_what_the_hub_refuses_for_good_ends_the_wait(hub: Hub) -> None:
    hub.faults.fail("GET", "/runtime$", status=403, message="no")
    with pytest.raises(HubError, match="may not write"):
        wait(hub)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (None, "its service does not answer"),
        (ModelState(state="unavailable"), "its service has no model"),
        (
            ModelState(state="ready", name="tiny", revision="r0", repo="owner/m", commit="c"),
            r"its service has another model, tiny r0 \(owner/m at c\)",
        ),
    ],
)
def test_what_was_missing_is_told_in_the_end(
    hub: Hub, space: Space, service: Service, model: ModelState | None, words: str
) -> None:
    space.life = (Stage("RUNNING"),)
    service.models = [model]
    with pytest.raises(SpaceError, match=f"not ready after 0 s: RUNNING, {words}; .*--timeout"):
        wait(hub, timeout=0)
