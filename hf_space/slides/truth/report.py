"""`truth.csv` and `truth.json`: how well slides were scored, one by one and all together."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hf_space.exports.csv import Table
from hf_space.schemas.slide import SlideResult
from hf_space.slides.outputs import RESULT_FILE
from hf_space.slides.results import read_place
from hf_space.slides.truth.annotations import parse_annotations
from hf_space.slides.truth.counts import TruthCounts, count_slide
from hf_space.slides.truth.measures import MEASURES, estimate_by_case, measures

if TYPE_CHECKING:
    from collections.abc import Callable

    from hf_space.slides.results import Results
    from hf_space.slides.scan import FoundSlide

TRUTH_TABLE: Final = "truth.csv"
TRUTH_FILE: Final = "truth.json"

_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class _Judged:
    """A slide that was compared with its annotations."""

    slide: FoundSlide
    threshold: float
    counts: TruthCounts

    @property
    def case(self) -> str:
        """Its case; a slide without one is a case of its own."""
        return self.slide.stated.case or f"slide {self.slide.name}"

    def measure(self, name: str) -> float | None:
        value = float(measures(self.counts.vector()[None])[name][0])
        return None if math.isnan(value) else round(value, _DECIMALS)


def _measure(name: str) -> Callable[[_Judged], object]:
    return lambda each: each.measure(name)


_TABLE: Final = Table[_Judged](
    {
        "name": lambda each: each.slide.name,
        "case": lambda each: each.slide.stated.case,
        "threshold": lambda each: each.threshold,
        "tiles": lambda each: int(each.counts.confusion.sum()),
        "tumour_tiles": lambda each: int(each.counts.tumour.sum()),
        **{name: _measure(name) for name in MEASURES},
        "foci_area_mm2": lambda each: round(float(each.counts.areas[0]), _DECIMALS),
        "tumour_area_mm2": lambda each: round(float(each.counts.areas[1]), _DECIMALS),
        "shared_area_mm2": lambda each: round(float(each.counts.areas[2]), _DECIMALS),
    }
)


class TruthReport:
    """Compares results with annotations as slides are done."""

    def __init__(self, results: Results) -> None:
        """Begin with no slide.

        Args:
            results: Have the results, which must include `result.json`, and take the report.
        """
        self._results = results
        self._judged: dict[str, _Judged] = {}

    def add(self, slide: FoundSlide) -> None:
        """Take a slide that is done, and has annotations.

        Raises:
            TruthError: Its annotations cannot be used.
            OSError: They, or its result, cannot be read.
        """
        content = self._results.read(slide.name, RESULT_FILE)
        result = SlideResult.model_validate_json(content)
        annotations = parse_annotations(read_place(slide.stated.truth), result.image.bounds[:2])
        self._judged[slide.name] = _Judged(
            slide, result.threshold, count_slide(result, annotations)
        )

    def write(self, order: list[str]) -> None:
        """Write both files, if there is a slide in them.

        Args:
            order: Names of all slides as they are to be listed.

        Raises:
            OSError: They cannot be written.
        """
        judged = [self._judged[name] for name in order if name in self._judged]
        if judged:
            self._results.write_table(TRUTH_TABLE, b"".join(_TABLE.file(judged)))
            summed = json.dumps(_summed(judged), indent=2).encode() + b"\n"
            self._results.write_table(TRUTH_FILE, summed)


def _summed(judged: list[_Judged]) -> dict[str, Any]:
    counts = np.stack([each.counts.vector() for each in judged])
    cases = [each.case for each in judged]
    estimates = estimate_by_case(counts, cases)
    return {
        "slides": len(judged),
        "cases": len(set(cases)),
        "tiles": int(sum(each.counts.confusion.sum() for each in judged)),
        "tumour_tiles": int(sum(each.counts.tumour.sum() for each in judged)),
        **{
            name: {"value": each.value, "interval": each.interval}
            for name, each in estimates.items()
        },
    }
