"""Positions of a slide's tiles, and the finer grid that shifted grids are combined to.

A place is the upper left corner of a tile, in steps; a step is a tile's side, or half of it where
tiles overlap. So one array holds the tiles of all grids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hf_space.imaging.slide_grid import SlideGrid

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Places:
    """The places of tiles on a slide.

    Attributes:
        height: Of the bounds, in pixels at the model's scale.
        width: Of the bounds, in pixels at the model's scale.
        tile: Side of a tile in pixels at the model's scale.
        overlap: Share of a tile that the next one covers too: 0 or 0.5.
    """

    height: int
    width: int
    tile: int
    overlap: float

    @property
    def per_tile(self) -> int:
        """Steps across a tile: 1, or 2 where tiles overlap."""
        return 2 if self.overlap else 1

    @property
    def step(self) -> int:
        """Pixels from a place to the next."""
        return self.tile // self.per_tile

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of places."""
        return -(-self.height // self.step), -(-self.width // self.step)

    @property
    def cells(self) -> Places:
        """The same slide in cells that are one step wide."""
        return Places(self.height, self.width, self.step, 0.0)

    def areas(self) -> NDArray[np.float64]:
        """Return the pixels of the tile at each place that lie within the bounds."""
        down, across = (
            np.minimum(self.tile, side - self.step * np.arange(count, dtype=np.float64))
            for side, count in zip((self.height, self.width), self.shape, strict=True)
        )
        return np.multiply.outer(down, across)

    def grid(
        self,
        bounds: tuple[int, int, int, int],
        microns_per_pixel: tuple[float, float],
        tile_microns: float,
    ) -> SlideGrid:
        """Return the grid of cells that are one step wide.

        Args:
            bounds: Left, top, width and height of the scanned part, in pixels of level 0.
            microns_per_pixel: Scale of level 0 in x and in y.
            tile_microns: Side of a tile in µm.
        """
        (rows, columns), side = self.shape, tile_microns / self.per_tile
        across, down = microns_per_pixel
        return SlideGrid(rows, columns, bounds, side / across, side / down, microns_per_pixel)

    def cell_means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of the tiles that cover each cell.

        Args:
            values: float64 (rows, columns), of the tile at each place; NaN where there is none.

        Returns:
            float64 (rows, columns); NaN where no tile covers the cell.
        """
        if self.per_tile == 1:
            return values
        padded = np.pad(values, ((1, 0), (1, 0)), constant_values=np.nan)
        covering = np.stack([padded[1:, 1:], padded[:-1, 1:], padded[1:, :-1], padded[:-1, :-1]])
        present = ~np.isnan(covering)
        count = present.sum(axis=0)
        total = np.where(present, covering, 0.0).sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)
