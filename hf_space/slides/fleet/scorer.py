"""Distributes slides among workers, which may fail."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hf_space.messages.catalogue import text
from hf_space.slides.fleet.work import Advanced, Begun, Lost, Note
from hf_space.slides.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

    from hf_space.slides.fleet.work import Event, Fleet
    from hf_space.slides.options import Watcher
    from hf_space.slides.scan import FoundSlide

# After this many lost workers the slide itself is the cause, for example by its memory use.
MOST_TRIES: Final = 3


class FleetScorer:
    """Scores slides with a fleet, several at once; a `Scorer`.

    A slide whose worker is lost is given to another one.
    """

    def __init__(self, fleet: Fleet) -> None:
        """Score with a fleet; nothing is started yet."""
        self._fleet = fleet
        self._running: dict[str, FoundSlide] = {}
        self._waiting: deque[FoundSlide] = deque()
        self._tries: Counter[str] = Counter()

    @property
    def in_work(self) -> Collection[FoundSlide]:
        """Slides that a worker has, or lost."""
        again = [slide for slide in self._waiting if self._tries[slide.name]]
        return [*self._running.values(), *again]

    def score(self, slides: Sequence[FoundSlide], watcher: Watcher) -> Generator[Outcome]:
        """Yield the outcome of each slide, in the order in which they end.

        Raises:
            WorkersError: There are no workers.
        """
        self._waiting = deque(slides)
        progress = _Sum(watcher)
        with self._fleet.running():
            while self._waiting or self._running:
                self._give_out()
                for worker, event in self._fleet.wait():
                    progress.take(worker, event)
                    yield from self._ended(worker, event, watcher)

    def _give_out(self) -> None:
        for worker in self._fleet.idle():
            if self._waiting:
                slide = self._waiting.popleft()
                self._tries[slide.name] += 1
                self._running[worker] = slide
                self._fleet.start(worker, slide)

    def _ended(self, worker: str, event: Event, watcher: Watcher) -> Iterator[Outcome]:
        if not isinstance(event, Outcome | Lost):
            return
        slide = self._running.pop(worker)
        tries = self._tries[slide.name]
        if isinstance(event, Outcome):
            # A lost worker's locks are released once all its processes have ended.
            if event.code == "in_use" and 1 < tries < MOST_TRIES:
                self._waiting.append(slide)
            else:
                # On another machine the slide's path may be written in another way.
                yield replace(event, slide=slide)
        elif tries < MOST_TRIES:
            watcher.note(text("slide.taken_over", "en", name=slide.name, reason=event.reason))
            self._waiting.appendleft(slide)
        else:
            message = text("slide.worker_lost", "en", count=tries, reason=event.reason)
            yield Outcome(slide, "failed", "worker_lost", message)


class _Sum:
    """Tells a watcher the tiles of all slides in work together."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._tiles: dict[str, tuple[int, int]] = {}

    def take(self, worker: str, event: Event) -> None:
        if isinstance(event, Note):
            self._watcher.note(event.message)
        elif isinstance(event, Begun):
            self._tiles[worker] = (event.total, event.done)
            self._watcher.begin(*map(sum, zip(*self._tiles.values(), strict=True)))
        elif isinstance(event, Advanced):
            total, done = self._tiles[worker]
            self._tiles[worker] = (total, done + event.tiles)
            self._watcher.advance(event.tiles)
        else:
            self._tiles.pop(worker, None)
