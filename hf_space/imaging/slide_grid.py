"""The grid of equal cells on which a slide is scored, in pixels of its level 0."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlideGrid:
    """Cells that cover the bounds of a slide from the upper left; the last ones may reach beyond.

    Attributes:
        rows: Cells down.
        columns: Cells across.
        bounds: Left, top, width and height of the part of level 0 that holds the scan.
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
