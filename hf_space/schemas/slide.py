"""The result for a whole slide."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from hf_space.bundle.calibration import Probability
from hf_space.schemas.base import ListOf, Schema
from hf_space.schemas.prediction import (
    SCHEMA_VERSION,
    ImageFacts,
    LabelScore,
    ModelName,
    Pixels,
    RegionResult,
    ResultWarning,
)


class SlideFacts(ImageFacts):
    """What a result says of its slide: no label, no metadata beyond these.

    Sides and scale are of level 0.
    """

    sha256: str = Field(
        description="Of the file; of a folder, of its files' names and contents. A slide that is "
        "read in parts from a store is not read as a whole: then of its name, size and version."
    )
    bounds: tuple[int, int, int, int] = Field(
        description="Left, top, width and height of the scanned part, in pixels of level 0."
    )
    scale_source: Literal["request", "metadata"]


class SlideRegion(RegionResult):
    """The tile-wise result of a slide; its areas are of tissue, those of a region of whole tiles.

    Rows and columns begin at the upper left corner of the bounds. Where tiles overlap, a cell has
    the mean, in logits, of the tiles that cover it.
    """

    tile_size_pixels: Pixels = Field(
        description="Side of a cell of the grid at `microns_per_pixel`: a tile, or half of one "
        "where tiles overlap."
    )
    heatmap: None = Field(default=None, description="null: `heatmap.ome.tif` is a file of its own.")
    tissue_fraction: Probability = Field(
        description="Share of the bounds' area that is tissue within the tissue tiles."
    )
    malignant_fraction: Probability = Field(
        description="Share of that tissue that is within tiles at or above the threshold."
    )
    malignant_area_mm2: float = Field(
        description="Of the tissue within the tiles at or above the threshold."
    )


class SuspiciousTile(Schema):
    """One of the most suspicious tiles."""

    x: float = Field(description="Left edge in pixels of level 0.")
    y: float = Field(description="Upper edge in pixels of level 0.")
    width: float
    height: float
    probability: Probability
    thumbnail: str | None = Field(
        description="JPEG data URL of the tile and what surrounds it; null where that part of the "
        "slide is damaged."
    )


class SlideQuality(Schema):
    """How much of the tissue the model may not read well, by a sample of its tiles."""

    tiles_checked: int = Field(description="Tiles of the sample, about one in eight.")
    tiles_out_of_focus: int
    tiles_unlike_training: int = Field(
        description="Otherwise stained, or far from the training tissue."
    )
    out_of_focus_fraction: Probability = Field(description="Of the tiles checked.")
    unlike_training_fraction: Probability = Field(description="Of the tiles checked.")


class SlideWarning(Schema):
    """Explains why slides have no verdict."""

    code: Literal["slide_uncalibrated"] = "slide_uncalibrated"
    message: str
    severity: Literal["withholds"] = "withholds"


class UnreadableThumbnail(Schema):
    """Explains a missing thumbnail: a part of the file that scoring does not need is damaged."""

    code: Literal["thumbnail_unreadable"] = "thumbnail_unreadable"
    message: str
    severity: Literal["caution"] = "caution"


class SlideResult(Schema):
    """The result for a whole slide; it has no verdict, since the model has none for slides."""

    id: UUID
    created_at: datetime
    schema_version: Literal[2] = SCHEMA_VERSION
    kind: Literal["slide"] = "slide"
    verdict: Literal["not_assessable"] = "not_assessable"
    reasons: list[str] = Field(description="`slide_uncalibrated`, and any others.")
    probability: Probability = Field(
        description="The highest of the region's `tiles`, 0 where there is none. It means nothing: "
        "it was not calibrated for slides."
    )
    threshold: Probability
    operating_point: str | None = Field(description="null when the caller set its own threshold.")
    uncertain_band: tuple[Probability, Probability] | None
    predictions: ListOf[LabelScore]
    gradcam: None = None
    region: SlideRegion
    image: SlideFacts
    tissue_tiles: int = Field(description="Cells of the grid that have a probability.")
    tissue_area_mm2: float = Field(description="Of the tissue within the tissue tiles.")
    most_suspicious: list[SuspiciousTile] = Field(description="At most ten, the highest first.")
    quality: SlideQuality
    warnings: list[SlideWarning | UnreadableThumbnail | ResultWarning]
    model: ModelName
    cached: bool = False
    saved: bool = False
