"""Scores many slides, and writes the table of outcomes."""

from __future__ import annotations

from contextlib import closing, suppress
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from hf_space.bundle.source import find_bundle
from hf_space.inference.warmup import warm_engine
from hf_space.messages.catalogue import text
from hf_space.prediction.trust import choose_operating_point, default_operating_point
from hf_space.slides.cases import write_cases
from hf_space.slides.errors import failure_of
from hf_space.slides.job import failed_outcome, process_slide
from hf_space.slides.options import SlideModel, SlideOptions
from hf_space.slides.outcome import Outcome, Summary
from hf_space.slides.results import FolderResults

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence
    from pathlib import Path

    from hf_space.schemas.options import PredictOptions
    from hf_space.settings import Settings
    from hf_space.slides.options import Watcher
    from hf_space.slides.results import Results
    from hf_space.slides.scan import FoundSlide


def load_slide_model(settings: Settings) -> SlideModel:
    """Return the bundle of the settings, with an engine; raises BundleError."""
    bundle = find_bundle(settings)
    return SlideModel(bundle, warm_engine(settings.engine, bundle))


def slide_options(
    options: PredictOptions,
    model: SlideModel,
    settings: Settings,
    *,
    overlap: float,
    formats: frozenset[str],
) -> SlideOptions:
    """Return the options for every slide.

    Args:
        options: The rule for the verdicts of tiles, and the scale.
        model: Has the operating points.
        settings: May name the default one.
        overlap: Share of a tile that the next one covers too: 0 or 0.5.
        formats: What is written.

    Raises:
        UnknownOperatingPointError: The model has no operating point of that name.
        BundleError: It lacks that of the settings.
    """
    config = model.bundle.config
    name, point = choose_operating_point(options, config, default_operating_point(config, settings))
    return SlideOptions(point, name, formats, options.microns_per_pixel, overlap)


class Scorer(Protocol):
    """Scores many slides, one after the other or several at once.

    Attributes:
        in_work: Slides in progress.
    """

    @property
    def in_work(self) -> Collection[FoundSlide]:
        """Slides in progress."""
        ...

    def score(self, slides: Sequence[FoundSlide], watcher: Watcher) -> Generator[Outcome]:
        """Yield what became of each slide, in the order in which they are done with."""
        ...


class OneByOne:
    """Scores one slide at a time in this process; a `Scorer`."""

    def __init__(self, results: Results, model: SlideModel, options: SlideOptions) -> None:
        """Score with a model; nothing is done yet."""
        self.in_work: list[FoundSlide] = []
        self._results = results
        self._model = model
        self._options = options

    def score(self, slides: Sequence[FoundSlide], watcher: Watcher) -> Generator[Outcome]:
        """Yield what became of each slide, in their order."""
        for slide in slides:
            self.in_work = [slide]
            outcome = score_slide(slide, self._results, self._model, self._options, watcher)
            self.in_work = []
            yield outcome


def score_slide(
    slide: FoundSlide,
    results: Results,
    model: SlideModel,
    options: SlideOptions,
    watcher: Watcher,
) -> Outcome:
    """Score a slide, and bring what is written to where results go; see `process_slide`."""
    started = perf_counter()
    try:
        with results.folder_for(slide.name) as folder:
            return process_slide(slide, folder, model, options, watcher)
    except OSError as error:
        return failed_outcome(error, slide, perf_counter() - started)


def process_slides(
    slides: Sequence[FoundSlide],
    out: Path,
    model: SlideModel,
    options: SlideOptions,
    watcher: Watcher,
) -> Iterator[Outcome]:
    """Score slides one by one into a folder; see `record_outcomes`."""
    results = FolderResults(out)
    return record_outcomes(slides, results, OneByOne(results, model, options), watcher)


def record_outcomes(
    slides: Sequence[FoundSlide], results: Results, scorer: Scorer, watcher: Watcher
) -> Iterator[Outcome]:
    """Score slides, and yield the outcome of each; `summary.csv` is then up to date.

    Of many slides it is written after every thousandth part of them only. Where the table cannot be
    written later on, its row is told to the watcher, the other slides go on, and it is tried again
    after each.

    Args:
        slides: In the order in which the table lists them.
        results: Take the table.
        scorer: Scores the slides.
        watcher: Is told how it goes on.

    Raises:
        OSError: Before the first slide: the results cannot be written for another reason than a
            full disk. After the last one: a table cannot be written.
    """
    results.prepare()
    summary = Summary(results, slides)
    is_written = _is_begun(summary, watcher)
    try:
        with closing(scorer.score(slides, watcher)) as outcomes:
            for outcome in outcomes:
                summary.put(outcome)
                if not is_written or summary.is_due:
                    is_written = _is_written(summary, outcome, results, watcher)
                yield outcome
    except GeneratorExit:
        # The caller wants no more outcomes; nothing has failed.
        raise
    except BaseException:
        for slide in scorer.in_work:
            summary.put(Outcome(slide, "interrupted"))
        with suppress(OSError):
            summary.write()
            write_cases(summary.outcomes, results)
        raise
    if not is_written or summary.is_behind:
        summary.write()
    write_cases(summary.outcomes, results)


def _is_begun(summary: Summary, watcher: Watcher) -> bool:
    """Write the table now, and not after an hour of scoring; on a full disk slides are skipped."""
    try:
        summary.write()
    except OSError as error:
        if failure_of(error).code != "disk_full":
            raise
        watcher.note(text("command.not_writable", "en", path=error.filename, reason=error.strerror))
        return False
    return True


def _is_written(summary: Summary, outcome: Outcome, results: Results, watcher: Watcher) -> bool:
    try:
        try:
            summary.write()
        except OSError:
            if outcome.code != "disk_full":
                raise
            results.make_room(outcome.name)
            summary.write()
    except OSError as error:
        path, reason, row = error.filename, error.strerror, summary.row(outcome)
        watcher.note(text("slide.not_in_summary", "en", path=path, reason=reason, row=row))
        return False
    return True
