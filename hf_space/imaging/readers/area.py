"""Averages areas along rows and columns, so that strips of a picture join without a seam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Weights are whole numbers that add up to this. Sums of uint8 by them are below 2^24, and so are
# exact in float32: a row is the same to the bit in whatever strip, and order, it is computed.
_UNIT: Final = 1 << 16
# Steps closer than this to a whole number add up to less than a tenth of a pixel over 100,000.
_SAME: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Axis:
    """Pixels along one axis of a picture, as averages of a level's pixels.

    Pixel i covers ``[start + i * step, start + (i + 1) * step)`` in pixels of the level. What lies
    beyond the level repeats its last pixel.

    Attributes:
        start: Where pixel 0 begins, in pixels of the level, at least 0.
        step: How many pixels of the level make one.
        size: Pixels of the level along the axis.
    """

    start: float
    step: float
    size: int

    @property
    def whole_step(self) -> int | None:
        """The step where pixels are blocks of whole pixels of the level; None elsewhere."""
        start, step = round(self.start), round(self.step)
        is_whole = abs(start - self.start) < _SAME and abs(step - self.step) < _SAME * step
        return step if is_whole else None

    def span(self, first: int, count: int) -> tuple[int, int]:
        """Return the first pixel of the level that some pixels need, and the one after the last."""
        if step := self.whole_step:
            below = round(self.start) + first * step
            above = below + count * step
        else:
            places, _ = self._taps(first, count)
            below, above = int(places[0, 0]), int(places[-1, -1]) + 1
        below = min(below, self.size - 1)
        return below, max(below + 1, min(above, self.size))

    def taps(self, first: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Return which pixels of the level make some pixels, and by what weights.

        Returns:
            Places within `span`, intp (count, k), and weights, whole numbers as float32 (count, k).
        """
        places, weights = self._taps(first, count)
        below, above = self.span(first, count)
        return places.clip(below, above - 1) - below, weights

    def _taps(self, first: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        numbers = np.arange(first, first + count)[:, None]
        if self.step < 1.0 - _SAME:
            return self._interpolated(numbers)
        begin = self.start + numbers * self.step
        offsets = np.arange(int(np.ceil(self.step)) + 1)
        places = np.floor(begin).astype(np.intp) + offsets
        covered = np.minimum(places + 1, begin + self.step) - np.maximum(places, begin)
        return places, _whole(covered.clip(0) / self.step)

    def _interpolated(
        self, numbers: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Enlarge by bilinear interpolation, as `resample` does."""
        centres = np.maximum(self.start + (numbers + 0.5) * self.step - 0.5, 0.0)
        below = np.floor(centres).astype(np.intp)
        share = centres - below
        return np.hstack([below, below + 1]), _whole(np.hstack([1 - share, share]))


def _whole(shares: NDArray[np.float64]) -> NDArray[np.float32]:
    """Round shares, which add up to 1 in each row, to whole parts of `_UNIT`."""
    sums = np.rint(np.cumsum(shares, axis=1) * _UNIT)
    return np.diff(sums, axis=1, prepend=0.0).astype(np.float32)


def average(
    level: NDArray[np.uint8], down: Axis, across: Axis, rows: range, columns: int
) -> NDArray[np.uint8]:
    """Return some rows of a picture.

    Args:
        level: The part of the level that ``down.span`` and ``across.span`` name, uint8 (h, w, 3).
        down: The vertical axis.
        across: The horizontal axis.
        rows: Which rows.
        columns: How many pixels each has, from 0.

    Returns:
        uint8 (rows, columns, 3), rounded.
    """
    vertical, horizontal = down.whole_step, across.whole_step
    if vertical and horizontal:
        return _blocks(level, (columns, len(rows)), horizontal, vertical)
    return _averaged(level, down.taps(rows.start, len(rows)), across.taps(0, columns))


def _blocks(
    level: NDArray[np.uint8], size: tuple[int, int], across: int, down: int
) -> NDArray[np.uint8]:
    columns, rows = size
    beyond = rows * down - level.shape[0], columns * across - level.shape[1]
    if any(beyond):
        level = np.pad(level, ((0, beyond[0]), (0, beyond[1]), (0, 0)), mode="edge")
    if across == down == 1:
        return level
    return np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _averaged(
    level: NDArray[np.uint8],
    down: tuple[NDArray[np.intp], NDArray[np.float32]],
    across: tuple[NDArray[np.intp], NDArray[np.float32]],
) -> NDArray[np.uint8]:
    height, width, _ = level.shape
    rows, columns = len(down[0]), len(across[0])
    flat = _weighted(level.reshape(height, -1), *down, np.float32)
    # Averaging is along the first axis, where NumPy is fast. The products have 40 bits.
    turned = cv2.transpose(flat.reshape(rows, width, 3)).reshape(width, -1)
    total = _weighted(turned, *across, np.float64)
    # Cut off after adding a half, which rounds it up.
    pixels = (total * (1.0 / (_UNIT * _UNIT)) + 0.5).astype(np.uint8)
    return np.asarray(cv2.transpose(pixels.reshape(columns, rows, 3)), dtype=np.uint8)


def _weighted(
    lines: NDArray[Any],
    places: NDArray[np.intp],
    weights: NDArray[np.float32],
    kind: type[np.floating],
) -> NDArray[Any]:
    """Return weighted sums of lines (n, m), as float (count, m)."""
    sums = np.empty((len(places), lines.shape[1]), kind)
    for line, place, weight in zip(sums, places, weights.astype(kind), strict=True):
        np.dot(weight, lines[place].astype(kind), out=line)
    return sums
