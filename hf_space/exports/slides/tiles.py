"""The scored tiles of a slide, the source of all its files."""

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
    """The model's output for each cell of a slide's grid.

    Attributes:
        grid: Geometry of the cells.
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
        smoothed, raw = self.probabilities, self.raw_probabilities
        for row in range(self.grid.rows):
            for column in np.flatnonzero(~np.isnan(smoothed[row])).tolist():
                probability = float(smoothed[row, column])
                yield SlideTile(
                    row=row + 1,
                    column=column + 1,
                    box=self.grid.box(row, column),
                    probability=round(probability, _DECIMALS),
                    raw_probability=round(float(raw[row, column]), _DECIMALS),
                    verdict=self.point.verdict(probability),
                )
