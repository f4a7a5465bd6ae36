"""A drawn slide of any size, of which each part is drawn when it is asked for.

Tissue is drawn once at 4 µm per pixel, the scale of the model, as a block that repeats on larger
slides, and enlarged by interpolation. A part at a reduced level is the exact average of the areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.synthetic_region import draw_region

DRAWN_MICRONS: Final = 4.0
"""Scale of the drawing, in µm per pixel."""

PEN: Final = (20, 70, 160)
BLOCK: Final = 1024
"""Longest side of what is drawn before it repeats, in pixels of the drawing."""

_GLASS: Final = 243
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
    """

    width: int = 2000
    height: int = 1500
    microns_per_pixel: tuple[float, float] = (0.5, 0.5)
    seed: int = 0
    glass: int = _GLASS
    has_tissue: bool = True
    has_pen: bool = False

    @property
    def block(self) -> NDArray[np.uint8]:
        """The drawing that repeats, uint8 (h, w, 3), at 4 µm per pixel."""
        return _drawn(self)

    def part(
        self, x: int, y: int, width: int, height: int, reduced: tuple[float, float] = (1.0, 1.0)
    ) -> NDArray[np.uint8]:
        """Draw a rectangle as it is when reduced, in reduced pixels, uint8 (height, width, 3)."""
        across, down = self._drawn_pixels(reduced)
        columns, left = _weights(x, width, across)
        rows, top = _weights(y, height, down)
        window = self.block.take(range(top, top + rows.shape[1]), axis=0, mode="wrap")
        window = window.take(range(left, left + columns.shape[1]), axis=1, mode="wrap")
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
        height, width = self.block.shape[:2]
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

    def _drawn_pixels(self, reduced: tuple[float, float]) -> tuple[float, float]:
        """Return how many pixels of the drawing make a reduced one, across and down."""
        across, down = (
            scale * factor / DRAWN_MICRONS
            for scale, factor in zip(self.microns_per_pixel, reduced, strict=True)
        )
        return across, down


@lru_cache(maxsize=16)
def _drawn(slide: DrawnSlide) -> NDArray[np.uint8]:
    across, down = slide.microns_per_pixel
    height = min(BLOCK, max(8, round(slide.height * down / DRAWN_MICRONS)))
    width = min(BLOCK, max(8, round(slide.width * across / DRAWN_MICRONS)))
    rng = np.random.default_rng(slide.seed)
    if slide.has_tissue:
        block = draw_region(rng, height, width)
    else:
        light = _GLASS + rng.normal(0, 2.5, (height, width, 3))
        block = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    if slide.has_pen:
        ends = (width // 20, height // 3), (width // 3, height // 20)
        cv2.line(block, *ends, color=PEN, thickness=max(2, height // 30))
    block = np.asarray((block * (slide.glass / _GLASS)).clip(0, 255), dtype=np.uint8)
    block.flags.writeable = False
    return block


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
