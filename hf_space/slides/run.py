"""Many slides, one after the other, and the table that says what became of each."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hf_space.bundle.source import find_bundle
from hf_space.inference.warmup import warm_engine
from hf_space.messages.catalogue import text
from hf_space.prediction.trust import choose_operating_point, default_operating_point
from hf_space.slides.checkpoint import Checkpoint
from hf_space.slides.errors import failure_of
from hf_space.slides.job import process_slide
from hf_space.slides.lock import locked
from hf_space.slides.options import SlideModel, SlideOptions
from hf_space.slides.outcome import Outcome, Summary, summary_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hf_space.schemas.options import PredictOptions
    from hf_space.settings import Settings
    from hf_space.slides.options import Watcher
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
    """Return what a caller asks of every slide.

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


def process_slides(
    slides: Sequence[FoundSlide],
    out: Path,
    model: SlideModel,
    options: SlideOptions,
    watcher: Watcher,
) -> Iterator[Outcome]:
    """Score slides, and yield what became of each; `summary.csv` is up to date by then.

    Where the table cannot be written later on, its row is told to the watcher, the other slides go
    on, and it is tried again after each.

    Args:
        slides: In the order in which they are scored.
        out: Made if it does not exist.
        model: Scores them.
        options: The same for all.
        watcher: Is told how it goes on.

    Raises:
        OSError: Before the first slide: the folder cannot be made, or written for another reason
            than a full disk. After the last one: the table cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    summary = Summary(out, slides)
    is_written = _is_begun(summary, watcher)
    for slide in slides:
        try:
            outcome = process_slide(slide, out, model, options, watcher)
        except BaseException:
            summary.put(Outcome(slide.name, slide.path, "interrupted"))
            with suppress(OSError):
                summary.write()
            raise
        summary.put(outcome)
        is_written = _is_written(summary, outcome, watcher)
        yield outcome
    if not is_written:
        summary.write()


def _is_begun(summary: Summary, watcher: Watcher) -> bool:
    """Write the table now, and not after an hour of scoring; on a full disk slides are skipped."""
    try:
        summary.write()
    except OSError as error:
        if failure_of(error).code != "disk_full":
            raise
        path, reason = summary.path, error.strerror
        watcher.note(text("command.not_writable", "en", path=path, reason=reason))
        return False
    return True


def _is_written(summary: Summary, outcome: Outcome, watcher: Watcher) -> bool:
    try:
        try:
            summary.write()
        except OSError:
            if outcome.code != "disk_full":
                raise
            with locked(summary.path.parent, outcome.name):
                Checkpoint(summary.path.parent / outcome.name).make_room()
            summary.write()
    except OSError as error:
        path, reason, row = summary.path, error.strerror, summary_row(outcome)
        watcher.note(text("slide.not_in_summary", "en", path=path, reason=reason, row=row))
        return False
    return True
