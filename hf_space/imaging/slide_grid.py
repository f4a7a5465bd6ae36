"""The grid of equal cells on which a slide or a region is scored, in pixels of the source image."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlideGrid:
    """Cells that cover a slide's bounds from the upper left; the last ones may extend beyond.

    A region has the same grid: level 0 is the image that was sent, and the bounds are all of it.

    Attributes:
        rows: Cells down.
        columns: Cells across.
        bounds: Left, top, width and height of the part of level 0 that was read.
        cell_width: Pixels of level 0 across a cell; not always a whole number.
        cell_height: Pixels of level 0 down a cell.
        microns_per_pixel: Scale of level 0 in x and in y.
    """

    rows: int
    columns: int
    bounds: tuple[int, int, int, int]
    cell_width: float
    cell_height: float
    microns_per_pixel: tuple[float, float]

    @classmethod
    def of_region(
        cls,
        width: int,
        height: int,
        *,
        microns_per_pixel: tuple[float, float],
        tile_size: int,
        tile_scale: float,
    ) -> SlideGrid:
        """Return the grid of an image that is rescaled to whole pixels and cut into tiles.

        Rounding to whole pixels makes the scale in x and in y differ a little, so that every tile
        covers the same square of tissue.

        Args:
            width: Of the source image, in pixels.
            height: Of the source image, in pixels.
            microns_per_pixel: Scale of the source image in x and in y.
            tile_size: Side of a tile in pixels of the rescaled image.
            tile_scale: Scale of the rescaled image, in microns per pixel.
        """
        sides = (width, height)
        rescaled = [
            max(1, round(side * (scale / tile_scale)))
            for side, scale in zip(sides, microns_per_pixel, strict=True)
        ]
        across, down = (tile_size * side / new for side, new in zip(sides, rescaled, strict=True))
        return cls(
            rows=math.ceil(rescaled[1] / tile_size),
            columns=math.ceil(rescaled[0] / tile_size),
            bounds=(0, 0, width, height),
            cell_width=across,
            cell_height=down,
            microns_per_pixel=(tile_size * tile_scale / across, tile_size * tile_scale / down),
        )

    @property
    def cell_mm2(self) -> float:
        """Area of a whole cell in mm²."""
        across, down = self.microns_per_pixel
        return self.cell_width * across * self.cell_height * down / 1e6

    def box(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of a cell in level 0, cut at the bounds."""
        left, top, width, height = self.bounds
        return (
            left + min(column * self.cell_width, width),
            top + min(row * self.cell_height, height),
            left + min((column + 1) * self.cell_width, width),
            top + min((row + 1) * self.cell_height, height),
        )
