"""Concurrent jobs share forward passes."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.errors import BusyError
from hf_space.imaging.preprocess import network_input

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.bundle.config import InferenceConfig
    from hf_space.inference.engine import Engine, Outputs
    from hf_space.observability.metrics import Metrics

# Larger batches are no faster on a CPU, and their first patch waits for the last.
MAX_BATCH: Final = 8


@dataclass(frozen=True, slots=True)
class Scored:
    """The network's outputs for one job, and how long it waited, in seconds."""

    outputs: Outputs
    queue_seconds: float


@dataclass(eq=False, slots=True)
class _Job:
    patches: NDArray[np.uint8]
    future: asyncio.Future[Scored]
    loop: asyncio.AbstractEventLoop
    queued: float = field(default_factory=perf_counter)

    def joins(self, other: _Job, room: int) -> bool:
        """Whether it can share a batch with another; patches and windows are not mixed."""
        same_side = self.patches.shape[1:] == other.patches.shape[1:]
        return same_side and len(self.patches) <= room


class Batcher:
    """A bounded queue in front of the engine, and a thread for each of its streams.

    An idle stream takes a job at once. While all streams are busy, jobs queue, and the next free
    stream takes up to `MAX_BATCH` patches. So batches form under load, and no job waits for one.

    Attributes:
        streams: Number of passes that run at once.
    """

    def __init__(
        self, engine: Engine, config: InferenceConfig, *, capacity: int, metrics: Metrics
    ) -> None:
        """Start the threads.

        Args:
            engine: Runs the batches.
            config: Describes the network's input.
            capacity: Jobs that may wait; more are refused.
            metrics: Records batch sizes and the queue's length.
        """
        self.streams = engine.streams
        self._engine = engine
        self._config = config
        self._capacity = capacity
        self._metrics = metrics
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        metrics.queue_length.set_function(lambda: len(self._jobs))
        self._threads = [
            threading.Thread(target=self._work, name=f"engine-{number}", daemon=True)
            for number in range(engine.streams)
        ]
        for thread in self._threads:
            thread.start()

    def check(self) -> None:
        """Raise BusyError if the queue is full or closed."""
        if self._closed or len(self._jobs) >= self._capacity:
            raise BusyError(f"{len(self._jobs)} jobs wait for the engine")

    async def run(self, patches: NDArray[np.uint8], *, bounded: bool = True) -> Scored:
        """Return the network's output for some patches; leaves the queue when cancelled.

        Args:
            patches: uint8 (N, side, side, 3), RGB, patches or windows, see `network_input`; N from
                1 to `MAX_BATCH`.
            bounded: Refuse the job when the queue is full. Callers that limit their own waiting
                jobs, as a region does, set it to False.

        Raises:
            BusyError: The queue is full, or closed.
        """
        loop = asyncio.get_running_loop()
        job = _Job(patches, loop.create_future(), loop)
        with self._changed:
            if bounded or self._closed:
                self.check()
            self._jobs.append(job)
            self._changed.notify()
        try:
            return await job.future
        except asyncio.CancelledError:
            with self._changed:
                if job in self._jobs:
                    self._jobs.remove(job)
            raise

    def close(self) -> None:
        """Refuse new jobs, finish the waiting ones, and end the threads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while jobs := self._take():
            taken = perf_counter()
            count = sum(len(job.patches) for job in jobs)
            self._metrics.batch_size.observe(count)
            try:
                outputs = self._predict(jobs)
            except Exception as error:  # each caller gets the error; the thread continues
                _deliver(jobs, error)
            else:
                _deliver(jobs, _shares(jobs, outputs, taken=taken))

    def _take(self) -> list[_Job]:
        """Wait for a job and take as many as fit into one batch; empty when closed and drained."""
        with self._changed:
            while not self._jobs and not self._closed:
                self._changed.wait()
            jobs: list[_Job] = []
            room = MAX_BATCH
            while self._jobs and (not jobs or self._jobs[0].joins(jobs[0], room)):
                job = self._jobs.popleft()
                room -= len(job.patches)
                jobs.append(job)
            return jobs

    def _predict(self, jobs: list[_Job]) -> Outputs:
        patches = jobs[0].patches if len(jobs) == 1 else np.concatenate([j.patches for j in jobs])
        return self._engine.run(network_input(patches, self._config))


def _shares(jobs: list[_Job], outputs: Outputs, *, taken: float) -> list[Scored]:
    shares, start = [], 0
    for job in jobs:
        part = slice(start, start + len(job.patches))
        shares.append(Scored(outputs.part(part), taken - job.queued))
        start = part.stop
    return shares


def _deliver(jobs: list[_Job], outcome: list[Scored] | Exception) -> None:
    """Give each job its share, with one call into each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Job, Scored | Exception]]] = {}
    for index, job in enumerate(jobs):
        share = outcome if isinstance(outcome, Exception) else outcome[index]
        by_loop.setdefault(job.loop, []).append((job, share))
    for loop, pairs in by_loop.items():
        # A loop that was closed in the meantime has no waiting callers.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, pairs)


def _settle(pairs: list[tuple[_Job, Scored | Exception]]) -> None:
    for job, share in pairs:
        if job.future.done():
            continue
        if isinstance(share, Exception):
            job.future.set_exception(share)
        else:
            job.future.set_result(share)
