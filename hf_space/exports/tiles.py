"""Where the tiles of a region lie in the image that was sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.schemas.prediction import (
        ImageFacts,
        PredictionResult,
        Reason,
        RegionResult,
    )


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
        microns_per_pixel: Scale of the source image; None where it is assumed.
        probability: Calibrated probability of carcinoma.
        is_positive: Whether the probability is at or above the result's threshold.
        reasons: Why the result has no verdict, so that the probability means nothing; else empty.
    """

    row: int
    column: int
    x: float
    y: float
    width: float
    height: float
    microns_per_pixel: float | None
    probability: float
    is_positive: bool
    reasons: tuple[Reason, ...]


def tissue_tiles(result: PredictionResult) -> Iterator[Tile]:
    """Yield the tissue tiles of a region, row by row; none for a patch."""
    region, image = result.region, result.image
    if region is None:
        return
    width, height = _tile_size(image, region)
    scale = None if image.scale_source == "assumed" else image.microns_per_pixel
    for row, line in enumerate(region.tiles):
        for column, probability in enumerate(line):
            if probability is not None:
                x, y = column * width, row * height
                yield Tile(
                    row=row + 1,
                    column=column + 1,
                    x=x,
                    y=y,
                    width=min(width, image.width - x),
                    height=min(height, image.height - y),
                    microns_per_pixel=scale,
                    probability=probability,
                    is_positive=probability >= result.threshold,
                    reasons=tuple(result.reasons),
                )


def _tile_size(image: ImageFacts, region: RegionResult) -> tuple[float, float]:
    """Return width and height of a tile in pixels of the source image.

    They are not quite equal where the rescaled image was rounded to whole pixels.
    """
    factor = image.microns_per_pixel / region.microns_per_pixel
    width, height = (
        region.tile_size_pixels * side / max(1, round(side * factor))
        for side in (image.width, image.height)
    )
    return width, height
