"""The position of a region's tiles in the source image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hf_space.imaging.slide_grid import SlideGrid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.bundle.calibration import Verdict
    from hf_space.schemas.prediction import ImageFacts, PredictionResult, RegionResult


@dataclass(frozen=True, slots=True)
class Tile:
    """One tissue tile, in pixels of the source image, cut at the image's edge.

    Attributes:
        row: Counts from 1.
        column: Counts from 1.
        x: Left edge.
        y: Upper edge.
        width: Within the image.
        height: Within the image.
        microns_per_pixel: Scale of the source image in x and in y; None where it is assumed.
        probability: Calibrated probability of carcinoma, smoothed over its neighbours.
        probability_raw: The same of the tile alone.
        is_positive: Whether the probability is at or above the result's threshold.
        verdict: Of this tile, by the result's rule; `not_assessable` if the result has no verdict.
    """

    row: int
    column: int
    x: float
    y: float
    width: float
    height: float
    microns_per_pixel: tuple[float, float] | None
    probability: float
    probability_raw: float
    is_positive: bool
    verdict: Verdict


def tissue_tiles(result: PredictionResult) -> Iterator[Tile]:
    """Yield the tissue tiles of a region, row by row; none for a patch."""
    region, image = result.region, result.image
    if region is None:
        return
    grid = _grid(image, region)
    rule = result.rule
    scale = None if image.scale_source == "assumed" else image.scale
    for row, lines in enumerate(zip(region.tiles, region.tiles_raw, strict=True)):
        for column, (probability, raw) in enumerate(zip(*lines, strict=True)):
            if probability is not None and raw is not None:
                left, top, right, bottom = grid.box(row, column)
                yield Tile(
                    row=row + 1,
                    column=column + 1,
                    x=left,
                    y=top,
                    width=right - left,
                    height=bottom - top,
                    microns_per_pixel=scale,
                    probability=probability,
                    probability_raw=raw,
                    is_positive=probability >= result.threshold,
                    verdict="not_assessable" if result.reasons else rule.verdict(probability),
                )


def _grid(image: ImageFacts, region: RegionResult) -> SlideGrid:
    return SlideGrid.of_region(
        image.width,
        image.height,
        microns_per_pixel=image.scale,
        tile_size=region.tile_size_pixels,
        tile_scale=region.microns_per_pixel,
    )
