"""What became of each slide, and the table of all of them."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from hf_space.exports.csv import Table
from hf_space.slides.files import remove_parts, replacing
from hf_space.slides.lock import locked
from hf_space.slides.record import Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from hf_space.slides.record import RunRecord
    from hf_space.slides.scan import FoundSlide

SUMMARY_FILE: Final = "summary.csv"

# For another run's table, which takes a moment.
_WAIT_SECONDS: Final = 10.0

State = Literal["pending", "interrupted", "done", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one slide.

    Attributes:
        name: Of its folder of results.
        path: The slide.
        state: ``pending``: not done with; ``interrupted``: the run was ended while it worked on it;
            ``skipped``: done before, with the same model and options.
        code: Why it failed; empty otherwise.
        message: The same for people.
        record: How it was scored, and its figures; None where it is not done.
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
        "warnings": _of_record(lambda record: " ".join(record.warnings)),
        "threshold": _of_record(lambda record: record.written.threshold),
        "operating_point": _of_record(lambda record: record.written.operating_point),
        "microns_per_pixel_x": _of_record(lambda record: record.scored.scale[0]),
        "microns_per_pixel_y": _of_record(lambda record: record.scored.scale[1]),
        **{name: _figure(name) for name in Figures.model_fields},
        "tiles": _of_record(lambda record: record.tiles),
        "seconds": lambda each: round(each.seconds, 3),
    }
)


class Summary:
    """`summary.csv`: what became of each slide of a run.

    Attributes:
        path: Of the file.
    """

    def __init__(self, folder: Path, slides: Iterable[FoundSlide]) -> None:
        """Call every slide pending; nothing is written yet."""
        self.path = folder / SUMMARY_FILE
        self._outcomes = {each.name: Outcome(each.name, each.path, "pending") for each in slides}

    def put(self, outcome: Outcome) -> None:
        """Take what became of a slide; nothing is written yet."""
        self._outcomes[outcome.name] = outcome

    def write(self) -> None:
        """Write all rows; raises OSError, with the path, and leaves what was there before."""
        try:
            with locked(self.path.parent, self.path.name, seconds=_WAIT_SECONDS):
                remove_parts(self.path.parent)
                with replacing(self.path) as part:
                    part.write_bytes(b"".join(_SUMMARY.file(self._outcomes.values())))
        except OSError as error:
            reason = error.strerror or str(error)
            raise OSError(error.errno or errno.EIO, reason, str(self.path)) from error


def summary_row(outcome: Outcome) -> str:
    """Return the row of a slide as it stands in `summary.csv`, without the end of its line."""
    return _SUMMARY.line(outcome).decode().rstrip()
