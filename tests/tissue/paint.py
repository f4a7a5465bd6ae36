"""Painting a window of a tissue at a scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.tissue.canvas import Canvas
from tests.tissue.cells import paint_glands, paint_lymphocytes, paint_stroma_cells, paint_tumour
from tests.tissue.fat import paint_fat
from tests.tissue.layout import Layout, make_layout
from tests.tissue.noise import Field, Window, smoothstep, texture
from tests.tissue.stains import GLASS, light, to_bytes
from tests.tissue.stroma import make_stroma

SCALES: Final = (0.5, 1.0, 2.0, 4.0)
"""What can be painted, in µm per pixel."""

_CHUNK: Final = 256
"""Side of the squares that are painted, in pixels of the scale that they are painted at."""

_MARGIN: Final = 16.0
"""What is painted around each square, in µm: half a nucleus."""

_COARSEST: Final = 2.0
"""Coarser scales are painted at this one and averaged, as a scanner's pyramid is."""


@dataclass(frozen=True)
class Tissue:
    """A piece of breast tissue on glass, with an invasive tumour in its right half.

    Attributes:
        width: In µm.
        height: In µm.
        seed: Of all chance.
    """

    width: float
    height: float
    seed: int = 0

    def paint(
        self, x: int, y: int, width: int, height: int, microns_per_pixel: float
    ) -> NDArray[np.uint8]:
        """Paint a window.

        Args:
            x: Left edge in pixels of the scale; may be below 0.
            y: Upper edge.
            width: In pixels of the scale.
            height: In pixels of the scale.
            microns_per_pixel: One of `SCALES`.

        Returns:
            RGB, uint8 (height, width, 3).

        Raises:
            ValueError: The scale is none of `SCALES`.
        """
        if microns_per_pixel not in SCALES:
            raise ValueError(f"Scale {microns_per_pixel} is none of {SCALES}.")
        times = round(max(1.0, microns_per_pixel / _COARSEST))
        side = _CHUNK // times
        image = np.empty((height, width, 3), np.uint8)
        for row in range(y // side, -(-(y + height) // side)):
            for column in range(x // side, -(-(x + width) // side)):
                chunk = _chunk(self, row, column, microns_per_pixel)
                top, left = row * side - y, column * side - x
                into = image[max(0, top) : top + side, max(0, left) : left + side]
                rows, columns = max(0, -top), max(0, -left)
                into[:] = chunk[rows : rows + into.shape[0], columns : columns + into.shape[1]]
        return image


def draw_region(seed: int, height: int, width: int, scale: float = 4.0) -> NDArray[np.uint8]:
    """Paint a whole tissue, RGB, uint8 (height, width, 3), at a scale in µm per pixel."""
    return Tissue(width * scale, height * scale, seed).paint(0, 0, width, height, scale)


@lru_cache(maxsize=8)
def _layout(tissue: Tissue) -> Layout:
    return make_layout(tissue.seed, tissue.width, tissue.height)


@lru_cache(maxsize=256)
def _chunk(tissue: Tissue, row: int, column: int, scale: float) -> NDArray[np.uint8]:
    fine = min(scale, _COARSEST)
    margin = round(_MARGIN / fine)
    x, y = (index * _CHUNK * fine - _MARGIN for index in (column, row))
    side = _CHUNK + 2 * margin
    image = _painted(tissue, Window(x, y, side, side, fine))[margin:-margin, margin:-margin]
    if fine < scale:
        side = round(_CHUNK * fine / scale)
        image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    found = to_bytes(image)
    found.flags.writeable = False
    return found


def _painted(tissue: Tissue, window: Window) -> Field:
    """Paint a window whose edges lie on the layout's pixels, float32 (h, w, 3)."""
    layout, seed = _layout(tissue), tissue.seed * 64 + 20
    if (layout.within("tissue", window) < -20).all():
        return _camera(np.full((window.height, window.width, 3), GLASS, np.float32), tissue.seed)
    stroma = make_stroma(layout, window, seed)
    canvas = Canvas(window, stroma.haematoxylin, stroma.eosin)
    paint_stroma_cells(canvas, layout, stroma, seed + 10)
    paint_lymphocytes(canvas, layout, stroma, seed + 11)
    paint_fat(canvas, layout, seed + 13)
    paint_tumour(canvas, stroma, seed + 14)
    paint_glands(canvas, layout)
    return _finished(canvas, layout, window, tissue.seed)


def _finished(canvas: Canvas, layout: Layout, window: Window, seed: int) -> Field:
    """Turn densities into light, through a lens and a camera."""
    haematoxylin, eosin, grain = canvas.fields()
    x, y = window.grid()
    haematoxylin = haematoxylin * (1 + 0.16 * grain * texture(seed + 40, x / 0.5, y / 0.5))
    rng = np.random.default_rng([seed, 2])
    thickness = 1 + 0.05 * texture(seed + 41, x / 60, y / 60)
    thickness *= smoothstep(layout.within("tissue", window), -4, 6)
    haematoxylin *= thickness * np.float32(rng.uniform(0.92, 1.12))
    eosin = eosin * thickness * np.float32(rng.uniform(0.9, 1.15))
    return _camera(cv2.GaussianBlur(light(haematoxylin, eosin), (0, 0), 0.55), seed)


def _camera(shown: Field, seed: int) -> Field:
    """Add the noise of a camera, the same in every chunk."""
    return shown + _camera_noise(seed, *shown.shape[:2])


@lru_cache(maxsize=4)
def _camera_noise(seed: int, height: int, width: int) -> Field:
    rng = np.random.default_rng([seed, 3])
    return 2 * rng.standard_normal((height, width, 3), np.float32)
