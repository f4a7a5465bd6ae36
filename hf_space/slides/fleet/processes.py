"""Workers that are processes of this machine, each with its share of the cores."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Final

from hf_space.messages.catalogue import text
from hf_space.slides.fleet.work import Lost, SlideWorker, WorkersError
from hf_space.slides.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from hf_space.slides.fleet.work import Event, Work
    from hf_space.slides.scan import FoundSlide

# Until a process that was asked to end is killed: it finishes a batch.
_END_SECONDS: Final = 10.0
# Threads of the engine are not there in a process that was forked.
_CONTEXT: Final = get_context("spawn")


@dataclass
class _Process:
    process: SpawnProcess
    pipe: Connection
    cores: frozenset[int]
    is_ready: bool = False
    has_slide: bool = False


class ProcessFleet:
    """Processes of this machine; a `Fleet`."""

    def __init__(self, work: Work, workers: int) -> None:
        """Plan some processes; none is started yet."""
        self._work = work
        self._count = workers
        self._workers: dict[str, _Process] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start the processes, and end them, see `Fleet.running`."""
        try:
            for number, cores in enumerate(core_shares(self._count), 1):
                self._workers[str(number)] = self._started(cores)
            yield
        finally:
            _end(list(self._workers.values()))
            self._workers.clear()

    def idle(self) -> list[str]:
        """Name the processes that are ready and have no slide."""
        return [
            name for name, each in self._workers.items() if each.is_ready and not each.has_slide
        ]

    def start(self, worker: str, slide: FoundSlide) -> None:
        """Give a slide to a process; one that has ended meanwhile is found by `wait`."""
        self._workers[worker].has_slide = True
        with suppress(OSError):
            self._workers[worker].pipe.send(slide)

    def wait(self) -> Iterator[tuple[str, Event]]:
        """Wait for news, see `Fleet.wait`."""
        names = {each.pipe: name for name, each in self._workers.items()}
        for pipe in wait(list(names)):
            name = names[pipe]  # type: ignore[index]  # nothing but pipes was waited for
            worker = self._workers[name]
            event = self._received(worker)
            if isinstance(event, Lost):
                self._workers[name] = self._started(worker.cores)
            if event and worker.has_slide:
                worker.has_slide = not isinstance(event, Outcome)
                yield name, event

    def _received(self, worker: _Process) -> Event | None:
        """Return a process's event; None if it is now ready.

        Raises:
            WorkersError: It could not load the model.
        """
        try:
            event: Event | None = worker.pipe.recv()
        except (EOFError, OSError):
            # Its pipe is closed a moment before it has ended.
            worker.process.join(_END_SECONDS)
            _end([worker])
            reason = text("slide.process_ended", "en", status=worker.process.exitcode)
            if not worker.is_ready:
                raise WorkersError(reason) from None
            return Lost(reason)
        worker.is_ready = True
        return event

    def _started(self, cores: frozenset[int]) -> _Process:
        ours, its = _CONTEXT.Pipe()
        process = _CONTEXT.Process(target=_serve, args=(its, self._work, cores), daemon=True)
        process.start()
        # The end of the process must be the end of the pipe.
        its.close()
        return _Process(process, ours, cores)


def core_shares(workers: int) -> list[frozenset[int]]:
    """Divide the cores that this process may use among workers.

    Returns:
        The cores of each worker; empty means all, if there are fewer cores than workers or the
        system cannot bind a process to cores.
    """
    if not hasattr(os, "sched_getaffinity"):
        return [frozenset()] * workers
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < workers:
        return [frozenset()] * workers
    return [frozenset(cores[number::workers]) for number in range(workers)]


def bind(cores: frozenset[int]) -> None:
    """Bind this process to some cores, before its engine counts them; none: leave it."""
    if cores:
        os.sched_setaffinity(0, cores)


def _serve(pipe: Connection, work: Work, cores: frozenset[int]) -> None:
    """Score the slides that come through the pipe; the process's only task."""
    # Ctrl-C reaches all processes of a terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A requested end leaves no lock behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    bind(cores)
    worker = SlideWorker(work)
    pipe.send(None)
    with suppress(EOFError, OSError):
        while True:
            pipe.send(worker.score(pipe.recv(), pipe.send))


def _end(workers: list[_Process]) -> None:
    for each in workers:
        each.pipe.close()
        each.process.terminate()
    for each in workers:
        each.process.join(_END_SECONDS)
        if each.process.exitcode is None:
            each.process.kill()
            each.process.join()
