"""`cases.csv`: the slides of each case, joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hf_space.exports.csv import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hf_space.slides.outcome import Outcome
    from hf_space.slides.record import Figures
    from hf_space.slides.results import Results

CASES_FILE: Final = "cases.csv"
_DONE: Final = frozenset({"done", "skipped"})
_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    outcomes: Sequence[Outcome]

    def sum_of(self, figure: str) -> float:
        values: list[float] = [getattr(each, figure) for each in self.figures]
        return round(sum(values), _DECIMALS)

    @property
    def figures(self) -> list[Figures]:
        return [each.record.figures for each in self.outcomes if each.record]

    @property
    def suspicious_fraction(self) -> float | None:
        tissue = self.sum_of("tissue_area_mm2")
        return round(self.sum_of("suspicious_area_mm2") / tissue, _DECIMALS) if tissue else None

    @property
    def largest_focus_mm(self) -> float | None:
        longest = (each.largest_focus_mm for each in self.figures)
        return max((each for each in longest if each is not None), default=None)


_CASES: Final = Table[_Case](
    {
        "case": lambda each: each.name,
        "slides": lambda each: len(each.outcomes),
        "slides_done": lambda each: sum(one.state in _DONE for one in each.outcomes),
        "slides_failed": lambda each: sum(one.state == "failed" for one in each.outcomes),
        "slides_with_foci": lambda each: sum(one.foci > 0 for one in each.figures),
        "tissue_area_mm2": lambda each: each.sum_of("tissue_area_mm2"),
        "suspicious_area_mm2": lambda each: each.sum_of("suspicious_area_mm2"),
        "suspicious_fraction": lambda each: each.suspicious_fraction,
        "foci": lambda each: sum(one.foci for one in each.figures),
        "largest_focus_mm": lambda each: each.largest_focus_mm,
        "names": lambda each: " ".join(one.name for one in each.outcomes),
    }
)


def write_cases(outcomes: Iterable[Outcome], results: Results) -> None:
    """Write a row for each case, in the order in which cases appear; nothing where there are none.

    Areas, foci and the largest dimension are those of the slides that are done.

    Args:
        outcomes: Of all slides; those without a case are left out.
        results: Takes the table.

    Raises:
        OSError: The table cannot be written.
    """
    cases: dict[str, list[Outcome]] = {}
    for each in outcomes:
        if each.slide.stated.case:
            cases.setdefault(each.slide.stated.case, []).append(each)
    if cases:
        rows = (_Case(name, members) for name, members in cases.items())
        results.write_table(CASES_FILE, b"".join(_CASES.file(rows)))
