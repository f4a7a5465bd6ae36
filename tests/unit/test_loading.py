"""Startup waits for a model for a limited time, and a model that arrives later is served."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from starlette.datastructures import State

from hf_space.api import lifespan as loading
from hf_space.bundle.load import Origin
from hf_space.errors import BundleError, FetchError
from hf_space.prediction.admission import ImageMemory
from hf_space.prediction.predictor import Predictor
from hf_space.settings import Settings
from tests.waiting import until

_SECONDS = 20


class _Loaded:
    """A stand-in for a predictor."""

    model = SimpleNamespace(name="tiny", revision="r1")
    engine = SimpleNamespace(name="openvino", precision="f32")
    bundle = SimpleNamespace(origin=Origin())
    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def state() -> State:
    """The state of an application that takes its model from the Hub."""
    settings = Settings(model_repo="owner/tiny")
    return State(
        {
            "settings": settings,
            "metrics": None,
            "cache": None,
            "history": None,
            "memory": ImageMemory(1, 1),
            "predictor": None,
        }
    )


def _load_with(monkeypatch: pytest.MonkeyPatch, load: Callable[[], _Loaded]) -> None:
    def from_settings(*_: object, **__: object) -> _Loaded:
        return load()

    monkeypatch.setattr(Predictor, "from_settings", from_settings)


def test_a_model_that_comes_at_once_is_there_when_the_service_starts(
    monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    loaded = _Loaded()
    _load_with(monkeypatch, lambda: loaded)

    async def run() -> None:
        async with loading.loaded_model(state):
            assert state.predictor is loaded

    asyncio.run(run())
    assert loaded.closed
    assert state.predictor is None


def test_a_slow_download_does_not_keep_the_service_from_starting(
    monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    monkeypatch.setattr(loading, "_STARTUP_SECONDS", 0.01)
    arrived = threading.Event()

    def load() -> _Loaded:
        assert arrived.wait(_SECONDS)
        return _Loaded()

    _load_with(monkeypatch, load)

    async def run() -> None:
        async with loading.loaded_model(state):
            assert state.predictor is None
            arrived.set()
            await until(lambda: state.predictor is not None)

    asyncio.run(run())


def test_what_could_not_be_fetched_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    monkeypatch.setattr(loading, "_RETRY_SECONDS", 0.01)
    answers = [FetchError("the Hub is unreachable"), FetchError("still"), None]

    def load() -> _Loaded:
        error = answers.pop(0)
        if error:
            raise error
        return _Loaded()

    _load_with(monkeypatch, load)

    async def run() -> None:
        async with loading.loaded_model(state):
            assert state.predictor is None
            await until(lambda: state.predictor is not None)

    asyncio.run(run())
    assert not answers


@pytest.mark.parametrize("error", [BundleError("altered"), KeyError("a fault of ours")])
def test_any_other_fault_is_told_once(
    monkeypatch: pytest.MonkeyPatch,
    state: State,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    monkeypatch.setattr(loading, "_RETRY_SECONDS", 0.01)
    tries = []

    def load() -> _Loaded:
        tries.append(1)
        raise error

    _load_with(monkeypatch, load)

    async def run() -> None:
        async with loading.loaded_model(state):
            # Nothing tries again.
            await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
            assert state.predictor is None

    asyncio.run(run())
    assert len(tries) == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"]
