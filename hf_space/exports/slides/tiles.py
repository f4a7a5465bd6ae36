"""The scored tiles of a slide, from which every file is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.bundle.calibration import sigmoid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hf_space.bundle.calibration import ModelVerdict, OperatingPoint
    from hf_space.imaging.slide_grid import SlideGrid

_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class SlideTile:
    """One tissue tile.

    Attributes:
        row: Counts from 1.
        column: Counts from 1.
        box: Left, top, right and bottom in pixels of level 0, cut at the bounds.
        probability: Calibrated and smoothed, to six decimals.
        raw_probability: Calibrated, of the tile alone, to six decimals.
        verdict: By the smoothed probability.
    """

    row: int
    column: int
    box: tuple[float, float, float, float]
    probability: float
    raw_probability: float
    verdict: ModelVerdict


@dataclass(frozen=True, slots=True)
class SlideTiles:
    """What the model says about each cell of a slide's grid.

    Attributes:
        grid: Where the cells lie.
        logits: Calibrated and smoothed over 3x3 cells, float64 (rows, columns); NaN without tissue.
        raw_logits: Calibrated, of each cell alone, float64 (rows, columns); NaN without tissue.
        point: The rule that gives a tile its verdict.
    """

    grid: SlideGrid
    logits: NDArray[np.float64]
    raw_logits: NDArray[np.float64]
    point: OperatingPoint

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Smoothed calibrated probability of each cell; NaN without tissue."""
        return sigmoid(self.logits)

    @property
    def raw_probabilities(self) -> NDArray[np.float64]:
        """Calibrated probability of each cell alone; NaN without tissue."""
        return sigmoid(self.raw_logits)

    def tissue(self) -> Iterator[SlideTile]:
        """Yield the tissue tiles, row by row."""
        smoothed = self.probabilities
        places = np.argwhere(~np.isnan(smoothed))
        by_place = tuple(places.T)
        rounded = zip(
            places.tolist(),
            smoothed[by_place].tolist(),
            np.round(smoothed[by_place], _DECIMALS).tolist(),
            np.round(self.raw_probabilities[by_place], _DECIMALS).tolist(),
            strict=True,
        )
        for (row, column), exact, probability, raw in rounded:
            box, verdict = self.grid.box(row, column), self.point.verdict(exact)
            yield SlideTile(row + 1, column + 1, box, probability, raw, verdict)
