"""The overlap of a slide's result and its annotations, as counts that add up over slides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from hf_space.imaging.slide_grid import SlideGrid

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from hf_space.schemas.slide import SlideResult
    from hf_space.slides.truth.annotations import Annotations

BINS: Final = 1000
"""Bins of the probabilities: those of one bin count as equal in the ROC AUC."""

# Of a tile's area: from there on it is tumour, or does not count.
_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class TruthCounts:
    """Counts of one slide, or of several together.

    Attributes:
        tumour: float64 (BINS,): tiles of tumour, by probability.
        other: float64 (BINS,): other tiles, by probability.
        confusion: float64 (4,): tiles of tumour at or above the threshold and below it, other tiles
            below it and at or above it.
        areas: float64 (3,): of foci, of annotated tumour, and of both together, in mm².
    """

    tumour: NDArray[np.float64]
    other: NDArray[np.float64]
    confusion: NDArray[np.float64]
    areas: NDArray[np.float64]

    def vector(self) -> NDArray[np.float64]:
        """Return all counts, float64 (2 * BINS + 7,)."""
        return np.concatenate([self.tumour, self.other, self.confusion, self.areas])


def count_slide(result: SlideResult, annotations: Annotations) -> TruthCounts:
    """Compare a slide's result with its annotations.

    A tile is tumour where half of its area within the scanned part is annotated so. Ignored areas
    count neither as focus nor as tumour.

    Args:
        result: Of the slide.
        annotations: Of the slide.
    """
    grid = result_grid(result)
    probabilities = np.array(result.region.tiles, dtype=np.float64)
    boxes = _boxes(grid)
    counts = ~np.isnan(probabilities) & (_shares(boxes, annotations.ignored) < _SHARE)
    is_tumour = _shares(boxes, annotations.tumour)[counts] >= _SHARE
    scored = probabilities[counts]
    called = scored >= result.threshold
    return TruthCounts(
        tumour=_histogram(scored[is_tumour]),
        other=_histogram(scored[~is_tumour]),
        confusion=np.array(
            [
                (called & is_tumour).sum(),
                (~called & is_tumour).sum(),
                (~called & ~is_tumour).sum(),
                (called & ~is_tumour).sum(),
            ],
            dtype=np.float64,
        ),
        areas=_areas(result, grid, annotations),
    )


def result_grid(result: SlideResult) -> SlideGrid:
    """Return the grid of a slide's result, in pixels of level 0."""
    region, (across, down) = result.region, result.image.scale
    side = region.tile_size_pixels * region.microns_per_pixel
    return SlideGrid(
        region.rows, region.columns, result.image.bounds, side / across, side / down, (across, down)
    )


def _boxes(grid: SlideGrid) -> NDArray[np.object_]:
    """Return the cells as polygons, (rows, columns)."""
    corners = [
        [grid.box(row, column) for column in range(grid.columns)] for row in range(grid.rows)
    ]
    return np.asarray(shapely.box(*np.moveaxis(np.array(corners), -1, 0)))


def _shares(boxes: NDArray[np.object_], area: BaseGeometry) -> NDArray[np.float64]:
    """Return how much of each cell an area covers, 0 to 1, float64 (rows, columns)."""
    shares = np.zeros(boxes.shape)
    shapely.prepare(area)
    touched = shapely.intersects(boxes, area)
    parts = shapely.intersection(boxes[touched], area)
    shares[touched] = shapely.area(parts) / np.maximum(shapely.area(boxes[touched]), 1e-9)
    return shares


def _histogram(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    places = np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)
    return np.bincount(places, minlength=BINS).astype(np.float64)


def _areas(result: SlideResult, grid: SlideGrid, annotations: Annotations) -> NDArray[np.float64]:
    left, top, width, height = grid.bounds
    scanned = shapely.box(left, top, left + width, top + height)
    polygons = [
        shapely.Polygon(focus.polygon[0], focus.polygon[1:]) for focus in result.region.foci
    ]
    foci, tumour = (
        shapely.difference(shapely.intersection(each, scanned), annotations.ignored)
        for each in (shapely.union_all(polygons), annotations.tumour)
    )
    both = shapely.intersection(foci, tumour)
    mm2 = grid.microns_per_pixel[0] * grid.microns_per_pixel[1] / 1e6
    return np.array([foci.area, tumour.area, both.area]) * mm2
