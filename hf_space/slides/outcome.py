"""The outcome of each slide, and the table of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from hf_space.exports.csv import Table
from hf_space.slides.addresses import shown_address
from hf_space.slides.record import Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hf_space.slides.record import RunRecord
    from hf_space.slides.results import Results
    from hf_space.slides.scan import FoundSlide

SUMMARY_FILE: Final = "summary.csv"
# Beyond this many rows the table is not written after each slide: writing 100,000 rows each time
# would take longer than the network.
_ROWS_AT_EVERY_SLIDE: Final = 1000
# In front of a list's column whose name the table has itself.
_OF_LIST: Final = "list_"

State = Literal["pending", "interrupted", "done", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one slide.

    Attributes:
        slide: The slide.
        state: ``pending``: not done with; ``interrupted``: the run was ended while it worked on it;
            ``skipped``: done before, with the same model and options.
        code: Why it failed; empty otherwise.
        message: The same for people.
        record: How it was scored, and its figures; None where it is not done.
        seconds: How long this run took over it.
    """

    slide: FoundSlide
    state: State
    code: str = ""
    message: str = ""
    record: RunRecord | None = None
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """Of the slide's folder of results."""
        return self.slide.name


def _of_record(value: Callable[[RunRecord], object]) -> Callable[[Outcome], object]:
    return lambda outcome: outcome.record and value(outcome.record)


def _figure(name: str) -> Callable[[Outcome], object]:
    return _of_record(lambda record: getattr(record.figures, name))


_Columns = dict[str, "Callable[[Outcome], object]"]
_SLIDE: Final[_Columns] = {
    "name": lambda each: each.name,
    "file": lambda each: shown_address(each.slide.address) or each.slide.path,
}
_OUTCOME: Final[_Columns] = {
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


class Summary:
    """`summary.csv`: what became of each slide of a run."""

    def __init__(self, results: Results, slides: Iterable[FoundSlide]) -> None:
        """Start with every slide pending; nothing is written yet."""
        self._results = results
        self._outcomes = {each.name: Outcome(each, "pending") for each in slides}
        self._table = _table(self._outcomes)
        self._every = max(1, len(self._outcomes) // _ROWS_AT_EVERY_SLIDE)
        self._unwritten = 0

    @property
    def outcomes(self) -> Iterable[Outcome]:
        """The outcome of each slide so far, in the order of the slides."""
        return self._outcomes.values()

    @property
    def is_due(self) -> bool:
        """Whether the table should be written again, by the number of new outcomes."""
        return self._unwritten >= self._every

    @property
    def is_behind(self) -> bool:
        """Whether slides were put since the table was written."""
        return self._unwritten > 0

    def put(self, outcome: Outcome) -> None:
        """Add the outcome of a slide; nothing is written yet."""
        self._outcomes[outcome.name] = outcome
        self._unwritten += 1

    def write(self) -> None:
        """Write all rows; raises OSError, with the path, and leaves what was there before."""
        content = b"".join(self._table.file(self._outcomes.values()))
        self._results.write_table(SUMMARY_FILE, content)
        self._unwritten = 0

    def row(self, outcome: Outcome) -> str:
        """Return the row of a slide as in the table, without its line end."""
        return self._table.line(outcome).decode().rstrip()


def _table(outcomes: Mapping[str, Outcome]) -> Table[Outcome]:
    """Return the columns: those of a list of slides beside the slide's own."""
    stated = [each.slide.stated for each in outcomes.values()]
    listed: _Columns = (
        {"case": lambda each: each.slide.stated.case} if any(each.case for each in stated) else {}
    )
    own = _SLIDE.keys() | _OUTCOME.keys() | {"case"}
    for name in dict.fromkeys(name for each in stated for name, _ in each.columns):
        listed[_OF_LIST + name if name in own else name] = _carried(name)
    return Table(_SLIDE | listed | _OUTCOME)


def _carried(name: str) -> Callable[[Outcome], object]:
    return lambda outcome: dict(outcome.slide.stated.columns).get(name)
