"""Probabilities of a slide's tiles as a pyramid with physical size, OME-TIFF.

The map begins at the slide's bounds, so that a viewer that knows both scales can place it over the
slide. It covers whole tiles, and the last ones may extend beyond the bounds. So each level is
exactly half the one before, also for a viewer that derives scales from sizes. Samples have 8 bits,
0 without tissue and 1 + 254 p with it: OpenSlide 4.0 does not read floating point, and corrupts
16-bit grey in the last column of a TIFF's tiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tifffile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from hf_space.exports.slides.content import SlideContent
    from hf_space.imaging.slide_grid import SlideGrid

MOST: Final = 254
"""Samples of tissue are 1 + MOST times the probability; 0 is no tissue."""
REDUCTIONS: Final = (1, 2, 4, 8)
"""Reduction of each level from the first; the last has one pixel for each tile."""

_TILE: Final = 256
_CM_IN_MICRONS: Final = 10_000
_CODING: Final = (
    "Probability of invasive ductal carcinoma, calibrated on patches, smoothed over 3x3 tiles. "
    f"0: no tissue. Other samples v: (v - 1) / {MOST}. Research use only; not a diagnosis."
)


def write_heatmap(content: SlideContent, path: Path) -> None:
    """Write the smoothed probabilities, tile by tile of the pyramid; raises OSError."""
    coded, grid = _coded(content.tiles.probabilities), content.tiles.grid
    with tifffile.TiffWriter(path, ome=True) as file:
        for reduction in REDUCTIONS:
            is_first = reduction == REDUCTIONS[0]
            shape = level_shape(grid, reduction)
            file.write(
                _blocks(coded, shape, REDUCTIONS[-1] // reduction),
                shape=shape,
                dtype=np.uint8,
                tile=(_TILE, _TILE),
                photometric="minisblack",
                compression="zlib",
                subifds=len(REDUCTIONS) - 1 if is_first else None,
                subfiletype=0 if is_first else 1,
                metadata=_metadata(content) if is_first else None,
                resolution=_per_centimetre(grid, reduction),
                resolutionunit="CENTIMETER",
            )


def level_shape(grid: SlideGrid, reduction: int) -> tuple[int, int]:
    """Return height and width of a level; see the grid."""
    per_cell = REDUCTIONS[-1] // reduction
    return grid.rows * per_cell, grid.columns * per_cell


def _pixel_microns(grid: SlideGrid, reduction: int) -> tuple[float, float]:
    """Return width and height of a pixel of a level, in µm."""
    across, down = grid.microns_per_pixel
    share = reduction / REDUCTIONS[-1]
    return grid.cell_width * across * share, grid.cell_height * down * share


def _per_centimetre(grid: SlideGrid, reduction: int) -> tuple[float, float]:
    across, down = _pixel_microns(grid, reduction)
    return _CM_IN_MICRONS / across, _CM_IN_MICRONS / down


def _metadata(content: SlideContent) -> dict[str, Any]:
    across, down = _pixel_microns(content.tiles.grid, REDUCTIONS[0])
    return {
        "axes": "YX",
        "UUID": str(content.result.id),
        "Name": "Probability of IDC",
        "Description": _CODING,
        "PhysicalSizeX": across,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": down,
        "PhysicalSizeYUnit": "µm",
        "Channel": {"Name": "probability"},
    }


def _coded(probabilities: NDArray[np.float64]) -> NDArray[np.uint8]:
    coded = np.rint(1.0 + MOST * np.nan_to_num(probabilities)).astype(np.uint8)
    return np.where(np.isnan(probabilities), np.uint8(0), coded)


def _blocks(
    coded: NDArray[np.uint8], shape: tuple[int, int], per_cell: int
) -> Iterator[NDArray[np.uint8]]:
    """Yield a level in blocks, row by row; each cell is a square of equal pixels."""
    for top in range(0, shape[0], _TILE):
        rows = np.arange(top, min(top + _TILE, shape[0])) // per_cell
        for left in range(0, shape[1], _TILE):
            columns = np.arange(left, min(left + _TILE, shape[1])) // per_cell
            block = coded[np.ix_(rows, columns)]
            yield np.pad(block, ((0, _TILE - len(rows)), (0, _TILE - len(columns))))
