"""Foci: tiles at or above the threshold that are connected by their sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import shapely

from hf_space.schemas.prediction import Focus

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.imaging.slide_grid import SlideGrid

# Tiles that touch only at a corner are not connected: the tissue between them is below the
# threshold.
_BY_SIDES: Final = 4
# Thousandths of a pixel and of a micrometre, and the decimals of tile probabilities.
_PIXEL_DECIMALS: Final = 3
_MM_DECIMALS: Final = 6
_PROBABILITY_DECIMALS: Final = 6


def find_foci(
    probabilities: NDArray[np.float64],
    threshold: float,
    grid: SlideGrid,
    *,
    scale_known: bool = True,
) -> list[Focus]:
    """Join tiles at or above a threshold into foci, from the largest to the smallest.

    A focus is cut at the grid's bounds, and so are its area and its largest dimension: the longest
    distance between two points of its outline (maximum Feret diameter), which is one between two
    corners of its convex hull.

    Args:
        probabilities: (rows, columns), 0 to 1; NaN where there is no tissue.
        threshold: Least probability of a focus, 0 to 1.
        grid: Geometry of the tiles.
        scale_known: Whether lengths and areas can be given.

    Returns:
        Foci with outlines in pixels of the source image; of equal areas the upper left one first.
    """
    positive = np.nan_to_num(probabilities, nan=-1.0) >= threshold
    count, labels = cv2.connectedComponents(positive.astype(np.uint8), connectivity=_BY_SIDES)
    if count == 1:
        return []
    outlines = _on_image(_outlines(np.asarray(labels)), grid)
    peaks = np.zeros(count)
    np.maximum.at(peaks, labels[positive], probabilities[positive])
    order = np.argsort(-shapely.area(outlines), kind="stable")
    return [_focus(outlines[i], peaks[i + 1], grid, scale_known=scale_known) for i in order]


def _outlines(labels: NDArray[np.int32]) -> NDArray[np.object_]:
    """Return the outline of each label from 1 on, in cells of the grid."""
    left, right = np.zeros_like(labels), np.zeros_like(labels)
    left[:, 1:], right[:, :-1] = labels[:, :-1], labels[:, 1:]
    rows, starts = np.nonzero((labels > 0) & (labels != left))
    _, ends = np.nonzero((labels > 0) & (labels != right))
    # Runs of a row: joining few rectangles is faster than joining many cells.
    runs = shapely.box(starts, rows, ends + 1, rows + 1)
    of_run = labels[rows, starts]
    order = np.argsort(of_run, kind="stable")
    groups = np.split(runs[order], np.flatnonzero(np.diff(of_run[order])) + 1)
    joined = [shapely.union_all(group) for group in groups]
    # The union has extra points on straight lines.
    return np.asarray(shapely.orient_polygons(shapely.simplify(joined, 0.0)))


def _on_image(outlines: NDArray[np.object_], grid: SlideGrid) -> NDArray[np.object_]:
    """Return outlines in pixels of the source image, cut at the bounds."""
    left, top, width, height = grid.bounds
    cell, end = np.array([grid.cell_width, grid.cell_height]), np.array([width, height])

    def placed(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray([left, top] + np.minimum(corners * cell, end))

    return np.asarray(shapely.transform(outlines, placed))


def _focus(outline: shapely.Polygon, peak: float, grid: SlideGrid, *, scale_known: bool) -> Focus:
    rings = [outline.exterior, *outline.interiors]
    polygon = [np.round(shapely.get_coordinates(ring), _PIXEL_DECIMALS).tolist() for ring in rings]
    across, down = grid.microns_per_pixel
    return Focus(
        polygon=polygon,
        area_mm2=round(outline.area * across * down / 1e6, _MM_DECIMALS) if scale_known else None,
        largest_dimension_mm=_largest_dimension_mm(outline, grid) if scale_known else None,
        peak_probability=round(float(peak), _PROBABILITY_DECIMALS),
    )


def _largest_dimension_mm(outline: shapely.Polygon, grid: SlideGrid) -> float:
    corners = shapely.get_coordinates(outline.convex_hull) * grid.microns_per_pixel
    distances = np.hypot(*(corners[:, None] - corners[None]).transpose(2, 0, 1))
    return round(float(distances.max()) / 1000.0, _MM_DECIMALS)
