"""The content of `run.json`: how a slide was scored, and which files were written."""

from __future__ import annotations

import platform
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

from hf_space.slides.rule import WriteKey
from hf_space.slides.scores import ScoreKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hf_space.schemas.slide import SlideResult

RUN_FILE: Final = "run.json"
_PACKAGES: Final = (
    *("numpy", "opencv-python-headless", "openvino", "openslide-bin", "openslide-python"),
    *("pillow", "tifffile"),
)


class Figures(BaseModel):
    """The figures of a slide that `summary.csv` repeats."""

    tissue_area_mm2: float
    suspicious_area_mm2: float
    suspicious_fraction: float
    foci: int
    largest_focus_mm: float | None
    tiles_checked: int
    tiles_out_of_focus: int
    tiles_unlike_training: int

    @classmethod
    def of(cls, result: SlideResult) -> Figures:
        """Return those of a result."""
        region, quality = result.region, result.quality
        return cls(
            tissue_area_mm2=result.tissue_area_mm2,
            suspicious_area_mm2=region.malignant_area_mm2,
            suspicious_fraction=region.malignant_fraction,
            foci=len(region.foci),
            largest_focus_mm=max(
                (each.largest_dimension_mm or 0.0 for each in region.foci), default=None
            ),
            tiles_checked=quality.tiles_checked,
            tiles_out_of_focus=quality.tiles_out_of_focus,
            tiles_unlike_training=quality.tiles_unlike_training,
        )


class RunRecord(BaseModel):
    """The record of a slide's files; it is written last, so a slide with it is done.

    Attributes:
        scored: What the scores depend on.
        written: What the files depend on beside.
        formats: What was written.
        microns_per_pixel: Scale that the caller stated; None: the file's own was used.
        sha256: Of the slide, and of the model's files.
        versions: Of Python and of the packages that read, compute and write.
        tiles: Tissue tiles that the files list; where tiles overlap, cells of the finer grid.
        figures: What the result says.
        warnings: `own_warnings`.
        seconds: How long each step of the last run took.
    """

    scored: ScoreKey
    written: WriteKey
    formats: list[str]
    microns_per_pixel: float | None
    sha256: dict[str, str]
    versions: dict[str, str]
    tiles: int
    figures: Figures
    warnings: dict[str, str]
    seconds: dict[str, float]

    def at(self, file: str | None) -> RunRecord:
        """Return the same for the slide in another place."""
        return self.model_copy(update={"scored": self.scored.at(file)})

    def save(self, path: Path) -> None:
        """Write `run.json`; raises OSError."""
        path.write_bytes(self.model_dump_json(indent=2).encode() + b"\n")

    @classmethod
    def load(cls, folder: Path) -> RunRecord | None:
        """Read the output of `save`; None if there is none, or if it is of another version."""
        try:
            return cls.model_validate_json((folder / RUN_FILE).read_bytes())
        except (OSError, ValueError):
            return None


def own_warnings(result: SlideResult) -> dict[str, str]:
    """Return a slide's warnings by their codes, but for that which every slide has."""
    return {
        each.code: each.message for each in result.warnings if each.code != "slide_uncalibrated"
    }


class Timer:
    """How long the steps of a run took.

    Attributes:
        seconds: By the name of the step.
    """

    def __init__(self) -> None:
        """Start with no step."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure what is done within the context."""
        started = perf_counter()
        yield
        self.seconds[name] = round(perf_counter() - started, 3)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the installed packages that matter."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
