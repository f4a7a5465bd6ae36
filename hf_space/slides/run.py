"""Many slides, one after the other, and the table that says what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_space.bundle.source import find_bundle
from hf_space.inference.warmup import warm_engine
from hf_space.prediction.operating_point import choose_operating_point, default_operating_point
from hf_space.slides.job import process_slide
from hf_space.slides.options import SlideModel, SlideOptions
from hf_space.slides.outcome import write_summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hf_space.schemas.options import PredictOptions
    from hf_space.settings import Settings
    from hf_space.slides.options import Watcher
    from hf_space.slides.outcome import Outcome
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

    Args:
        slides: In the order in which they are scored.
        out: Made if it does not exist.
        model: Scores them.
        options: The same for all.
        watcher: Is told how it goes on.

    Raises:
        OSError: The folder cannot be made, or the table cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    # Now, and not after an hour of scoring.
    write_summary(out, outcomes)
    for slide in slides:
        outcomes.append(process_slide(slide, out, model, options, watcher))
        write_summary(out, outcomes)
        yield outcomes[-1]
