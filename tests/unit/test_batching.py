from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from time import perf_counter

import numpy as np
import pytest

from hf_space.bundle.load import Bundle
from hf_space.errors import BusyError
from hf_space.inference.batching import MAX_BATCH, Batcher
from hf_space.inference.engine import EngineName, Outputs
from hf_space.observability.metrics import Metrics
from tests.bundle_factory import plain_image
from tests.waiting import next_turn


class GatedEngine:
    """Answers with the mean red of each patch, once the gate is open."""

    name: EngineName = "openvino"
    precision = "f32"
    streams = 1

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.sizes: list[int] = []
        self.fails = False

    def run(self, batch: np.ndarray) -> Outputs:
        self.entered.set()
        assert self.gate.wait(10)
        self.sizes.append(len(batch))
        if self.fails:
            raise RuntimeError("out of memory")
        red = batch[:, :, :, 0].mean(axis=(1, 2))
        return Outputs(red, np.repeat(red[:, None, None], 2, axis=1))


@pytest.fixture
def engine() -> GatedEngine:
    return GatedEngine()


@pytest.fixture
def batcher(engine: GatedEngine, bundle: Bundle) -> Iterator[Batcher]:
    batcher = Batcher(engine, bundle.config, capacity=20, metrics=Metrics())
    yield batcher
    engine.gate.set()
    batcher.close()


def patch(red: int, count: int = 1) -> np.ndarray:
    return np.repeat(plain_image(red, 0, 0)[None], count, axis=0)


async def occupy(engine: GatedEngine, batcher: Batcher) -> asyncio.Task[object]:
    """Send one job and wait until the engine holds it at the gate."""
    task: asyncio.Task[object] = asyncio.create_task(batcher.run(patch(255)))
    await asyncio.to_thread(engine.entered.wait, 10)
    return task


def test_jobs_that_gather_share_passes_and_get_their_own_answers(
    engine: GatedEngine, batcher: Batcher
) -> None:
    async def scenario() -> list[float]:
        first = await occupy(engine, batcher)
        waiting = [asyncio.create_task(batcher.run(patch(red))) for red in range(20)]
        await next_turn()
        engine.gate.set()
        await first
        return [float((await task).outputs.logits[0]) for task in waiting]

    assert asyncio.run(scenario()) == list(range(20))
    assert engine.sizes == [1, 8, 8, 4]


def test_a_lone_job_does_not_wait_for_company(engine: GatedEngine, batcher: Batcher) -> None:
    engine.gate.set()
    for _ in range(3):
        asyncio.run(batcher.run(patch(1)))
    assert engine.sizes == [1, 1, 1]


def test_larger_jobs_are_not_torn_apart(engine: GatedEngine, batcher: Batcher) -> None:
    async def scenario() -> list[list[float]]:
        first = await occupy(engine, batcher)
        jobs = [(10, 5), (20, 3), (30, 6), (40, MAX_BATCH)]
        waiting = [asyncio.create_task(batcher.run(patch(*job))) for job in jobs]
        await next_turn()
        engine.gate.set()
        await first
        return [(await task).outputs.logits.tolist() for task in waiting]

    answers = asyncio.run(scenario())
    assert answers == [[10.0] * 5, [20.0] * 3, [30.0] * 6, [40.0] * 8]
    assert engine.sizes == [1, 8, 6, 8]


def test_a_full_queue_refuses_bounded_jobs_only(engine: GatedEngine, batcher: Batcher) -> None:
    async def scenario() -> None:
        first = await occupy(engine, batcher)
        waiting = [asyncio.create_task(batcher.run(patch(1))) for _ in range(20)]
        await next_turn()
        with pytest.raises(BusyError):
            await batcher.run(patch(1))
        waiting.append(asyncio.create_task(batcher.run(patch(1), bounded=False)))
        await next_turn()
        engine.gate.set()
        await asyncio.gather(first, *waiting)

    asyncio.run(scenario())
    assert sum(engine.sizes) == 22


def test_cancelled_jobs_leave_the_queue(engine: GatedEngine, batcher: Batcher) -> None:
    async def scenario() -> None:
        first = await occupy(engine, batcher)
        gone = [asyncio.create_task(batcher.run(patch(1))) for _ in range(19)]
        stays = asyncio.create_task(batcher.run(patch(7)))
        await next_turn()
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        engine.gate.set()
        await first
        assert (await stays).outputs.logits.tolist() == [7.0]

    asyncio.run(scenario())
    assert engine.sizes == [1, 1]


def test_a_failed_pass_fails_its_jobs_and_no_others(engine: GatedEngine, batcher: Batcher) -> None:
    engine.gate.set()
    engine.fails = True
    with pytest.raises(RuntimeError, match="out of memory"):
        asyncio.run(batcher.run(patch(1)))
    engine.fails = False
    assert asyncio.run(batcher.run(patch(3))).outputs.logits.tolist() == [3.0]


def test_closing_finishes_what_waits_and_refuses_what_comes(
    engine: GatedEngine, bundle: Bundle
) -> None:
    batcher = Batcher(engine, bundle.config, capacity=20, metrics=Metrics())

    async def scenario() -> list[float]:
        waiting = [asyncio.create_task(batcher.run(patch(red))) for red in range(12)]
        await next_turn()
        engine.gate.set()
        await asyncio.to_thread(batcher.close)
        with pytest.raises(BusyError):
            await batcher.run(patch(1))
        return [float((await task).outputs.logits[0]) for task in waiting]

    assert asyncio.run(scenario()) == list(range(12))


def test_the_wait_for_the_engine_is_timed(engine: GatedEngine, batcher: Batcher) -> None:
    async def scenario() -> None:
        first = await occupy(engine, batcher)
        second = asyncio.create_task(batcher.run(patch(1)))
        await next_turn()
        queued = perf_counter()
        await next_turn()
        waited = perf_counter() - queued
        engine.gate.set()
        await first
        assert (await second).queue_seconds >= waited

    asyncio.run(scenario())
