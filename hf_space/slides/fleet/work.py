"""The task of workers, their events, and how each works on a slide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hf_space.slides.outcome import Outcome
from hf_space.slides.results import open_results
from hf_space.slides.run import load_slide_model, score_slide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from hf_space.settings import Settings
    from hf_space.slides.options import SlideOptions
    from hf_space.slides.results import Results
    from hf_space.slides.scan import FoundSlide


class WorkersError(Exception):
    """No worker can be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Work:
    """The part of the task that all workers and slides share.

    Attributes:
        settings: Name the model and the engine.
        out: `Results.place`.
        options: What the caller asked.
        revision: Of the model: all workers must have the same.
    """

    settings: Settings
    out: str
    options: SlideOptions
    revision: str

    @classmethod
    def of(cls, settings: Settings, results: Results, options: SlideOptions, revision: str) -> Work:
        """Return the work with paths that hold in any working directory."""
        folder = settings.model_dir.absolute()
        placed = settings.model_copy(update={"model_dir": folder})
        return cls(placed, results.place, options, revision)


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for people."""

    message: str


@dataclass(frozen=True, slots=True)
class Begun:
    """The tiles of the slide are counted; some were scored by an earlier run."""

    total: int
    done: int


@dataclass(frozen=True, slots=True)
class Advanced:
    """Some more tiles are scored."""

    tiles: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker has ended, and with it what it was working on."""

    reason: str


Event = Note | Begun | Advanced | Outcome | Lost
"""An event of a worker's slide; the last two kinds end the slide."""


class Fleet(Protocol):
    """Workers, each of which has one slide at a time."""

    def running(self) -> AbstractContextManager[None]:
        """Have workers within the context; at its end they are ended, whatever they do.

        Raises:
            WorkersError: They cannot be started.
        """
        ...

    def idle(self) -> list[str]:
        """Name the workers that are ready and have no slide."""
        ...

    def start(self, worker: str, slide: FoundSlide) -> None:
        """Give a slide to an idle worker."""
        ...

    def wait(self) -> Iterator[tuple[str, Event]]:
        """Wait a moment, and yield events of the workers' slides.

        Raises:
            WorkersError: There are no workers left, and none will come.
        """
        ...


class SlideWorker:
    """Scores one slide after the other with an engine of its own."""

    def __init__(self, work: Work) -> None:
        """Load the model and the engine.

        Raises:
            BundleError: They cannot be used.
            WorkersError: The model differs from the caller's.
        """
        self._work = work
        self._model = load_slide_model(work.settings)
        revision = self._model.bundle.config.revision
        if revision != work.revision:
            raise WorkersError(f"the model here is {revision}, and not {work.revision}")
        self._results = open_results(work.out)

    def score(self, slide: FoundSlide, tell: Callable[[Event], None]) -> Outcome:
        """Score a slide; whatever is wrong with it is in the outcome.

        Args:
            slide: The slide.
            tell: Called with each event; an exception from it ends the work.
        """
        watcher = _Teller(tell)
        return score_slide(slide, self._results, self._model, self._work.options, watcher)


class _Teller:
    """A `Watcher` that turns what it is told into events."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell

    def note(self, message: str) -> None:
        self._tell(Note(message))

    def begin(self, total: int, done: int) -> None:
        self._tell(Begun(total, done))

    def advance(self, tiles: int) -> None:
        self._tell(Advanced(tiles))
