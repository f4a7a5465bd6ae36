"""The scored tiles of a slide, from which every file is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hf_space.bundle.calibration import sigmoid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hf_space.bundle.calibration import OperatingPoint
    from hf_space.imaging.slide_grid import SlideGrid


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
