"""What became of each slide, and the table of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from hf_space.exports.csv import Table
from hf_space.slides.files import replacing
from hf_space.slides.record import Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from hf_space.slides.record import RunRecord

SUMMARY_FILE: Final = "summary.csv"

State = Literal["done", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one slide.

    Attributes:
        name: Of its folder of results.
        path: The slide.
        state: ``skipped``: done before, with the same model and options.
        code: Why it failed; empty otherwise.
        message: The same for people.
        record: How it was scored, and its figures; None where it failed.
        seconds: How long this run took over it.
    """

    name: str
    path: Path
    state: State
    code: str = ""
    message: str = ""
    record: RunRecord | None = None
    seconds: float = 0.0


def _of_record(value: Callable[[RunRecord], object]) -> Callable[[Outcome], object]:
    return lambda outcome: outcome.record and value(outcome.record)


def _figure(name: str) -> Callable[[Outcome], object]:
    return _of_record(lambda record: getattr(record.figures, name))


_SUMMARY: Final = Table[Outcome](
    {
        "name": lambda each: each.name,
        "file": lambda each: each.path,
        "state": lambda each: each.state,
        "code": lambda each: each.code,
        "message": lambda each: each.message,
        "microns_per_pixel_x": _of_record(lambda record: record.scored.scale[0]),
        "microns_per_pixel_y": _of_record(lambda record: record.scored.scale[1]),
        **{name: _figure(name) for name in Figures.model_fields},
        "tiles": _of_record(lambda record: record.tiles),
        "seconds": lambda each: round(each.seconds, 3),
    }
)


def write_summary(folder: Path, outcomes: Iterable[Outcome]) -> None:
    """Write one row for each slide; raises OSError, and leaves what was there before."""
    with replacing(folder / SUMMARY_FILE) as part:
        part.write_bytes(b"".join(_SUMMARY.file(outcomes)))
