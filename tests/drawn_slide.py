"""A drawn slide of any size; each part is drawn on demand.

Tissue is drawn at 4 µm per pixel, the scale of the model, unless stated, as a block that repeats on
larger slides, and enlarged by interpolation. A part at a reduced level is the exact average of the
areas.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.tissue import Tissue
from tests.tissue.stains import GLASS, to_bytes

PEN: Final = (20, 70, 160)
BLOCK_MICRONS: Final = 4096
"""Longest side of what is drawn before it repeats, in µm."""

_STEPS: Final = 16
"""Most points at which an axis of one reduced pixel is sampled."""


@dataclass(frozen=True)
class DrawnSlide:
    """A piece of tissue on glass, with a tumour in its right half.

    Attributes:
        width: Pixels of level 0 across.
        height: Pixels of level 0 down.
        microns_per_pixel: Scale of level 0 in x and in y.
        seed: Of all randomness.
        glass: Grey level of the empty glass; 243 looks white.
        has_tissue: Whether there is any.
        has_pen: Whether a stroke of a blue pen crosses the upper left of each block.
        drawn_microns: Scale of the drawing in µm per pixel, one of `tests.tissue.SCALES`.
    """

    width: int = 2000
    height: int = 1500
    microns_per_pixel: tuple[float, float] = (0.5, 0.5)
    seed: int = 0
    glass: int = round(GLASS)
    has_tissue: bool = True
    has_pen: bool = False
    drawn_microns: float = 4.0

    @property
    def block(self) -> tuple[int, int]:
        """Width and height of the drawing that repeats, in its own pixels."""
        most = BLOCK_MICRONS / self.drawn_microns
        sides = zip((self.width, self.height), self.microns_per_pixel, strict=True)
        width, height = (
            round(min(most, max(8, side * scale / self.drawn_microns))) for side, scale in sides
        )
        return width, height

    def part(
        self, x: int, y: int, width: int, height: int, reduced: tuple[float, float] = (1.0, 1.0)
    ) -> NDArray[np.uint8]:
        """Draw a rectangle as it is when reduced, in reduced pixels, uint8 (height, width, 3)."""
        across, down = self._drawn_pixels(reduced)
        columns, left = _weights(x, width, across)
        rows, top = _weights(y, height, down)
        window = self._drawn(left, top, columns.shape[1], rows.shape[1])
        # Not NumPy's product, whose threads wait for one another on matrices this small.
        lines = window.astype(np.float32).reshape(len(window), -1)
        narrow = cv2.gemm(rows, lines, 1.0, None, 0.0).reshape(height, -1, 3).swapaxes(0, 1)
        drawn = cv2.gemm(columns, narrow.reshape(columns.shape[1], -1), 1.0, None, 0.0)
        drawn = drawn.reshape(width, height, 3).swapaxes(0, 1)
        return np.ascontiguousarray(np.rint(drawn).clip(0, 255), dtype=np.uint8)

    def level_size(self, downsample: float) -> tuple[int, int]:
        """Return width and height of a level, rounded down as scanners do."""
        return max(1, int(self.width / downsample)), max(1, int(self.height / downsample))

    def level(self, downsample: float = 1.0) -> NDArray[np.uint8]:
        """Draw a whole level, uint8 (h, w, 3)."""
        return self.part(0, 0, *self.level_size(downsample), self.reduction(downsample))

    def repeats_after(self, downsample: float) -> tuple[float, float]:
        """Return after how many pixels of a level the drawing repeats, across and down."""
        width, height = self.block
        across, down = self._drawn_pixels(self.reduction(downsample))
        return width / across, height / down

    def reduction(self, downsample: float) -> tuple[float, float]:
        """Return how many pixels of level 0 make one of a level, across and down.

        A level whose downsample is no whole number shows all of the slide.
        """
        if downsample == int(downsample):
            return downsample, downsample
        width, height = self.level_size(downsample)
        return self.width / width, self.height / height

    def _drawn(self, left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
        """Return a window of the repeating drawing, in its own pixels."""
        across, down = self.block
        return np.vstack(
            [
                np.hstack([self._painted(x, y, w, h) for x, w in _runs(left, width, across)])
                for y, h in _runs(top, height, down)
            ]
        )

    def _painted(self, left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
        """Paint a part of one block."""
        if self.has_tissue:
            across, down = (side * self.drawn_microns for side in self.block)
            tissue = Tissue(across, down, self.seed)
            part = tissue.paint(left, top, width, height, self.drawn_microns)
        else:
            rows, columns = (range(first, first + n) for first, n in ((top, height), (left, width)))
            part = _empty_glass(self.seed).take(rows, 0, mode="wrap").take(columns, 1, mode="wrap")
        if self.has_pen:
            self._cross_out(part, left, top)
        return np.asarray((part * (self.glass / GLASS)).clip(0, 255), dtype=np.uint8)

    def _cross_out(self, part: NDArray[np.uint8], left: int, top: int) -> None:
        """Draw what the pen's stroke covers of a part of one block."""
        width, height = self.block
        ends = ((width // 20, height // 3), (width // 3, height // 20))
        start, end = ((x - left, y - top) for x, y in ends)
        cv2.line(part, start, end, color=PEN, thickness=max(2, height // 30))

    def _drawn_pixels(self, reduced: tuple[float, float]) -> tuple[float, float]:
        """Return how many pixels of the drawing make a reduced one, across and down."""
        across, down = (
            scale * factor / self.drawn_microns
            for scale, factor in zip(self.microns_per_pixel, reduced, strict=True)
        )
        return across, down


def _runs(first: int, count: int, period: int) -> Iterator[tuple[int, int]]:
    """Split a range where what it counts begins again: yield starts below the period and counts."""
    while count:
        start = first % period
        length = min(count, period - start)
        yield start, length
        first, count = first + length, count - length


@lru_cache(maxsize=4)
def _empty_glass(seed: int) -> NDArray[np.uint8]:
    """Make glass with the noise of a camera, uint8 (256, 256, 3)."""
    return to_bytes(GLASS + 2.5 * np.random.default_rng(seed).standard_normal((256, 256, 3), "f4"))


def _weights(first: int, count: int, step: float) -> tuple[NDArray[np.float32], int]:
    """Return how much each pixel of the drawing adds to some pixels, and the first of them."""
    points = min(_STEPS, max(1, int(np.ceil(4 * step))))
    inside = (np.arange(points) + 0.5) / points
    places = ((first + np.arange(count))[:, None] + inside) * step - 0.5
    below = np.floor(places).astype(int)
    start = int(below.min())
    weights = np.zeros((count, int(below.max()) - start + 2), np.float32)
    above = places - below
    rows = np.broadcast_to(np.arange(count)[:, None], below.shape)
    np.add.at(weights, (rows, below - start), (1 - above) / points)
    np.add.at(weights, (rows, below - start + 1), above / points)
    return weights, start
