"""The lines of a streamed prediction."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from hf_space.bundle.calibration import Probability
from hf_space.schemas.base import Schema
from hf_space.schemas.errors import ErrorBody
from hf_space.schemas.prediction import (
    Kind,
    Microns,
    Pixels,
    PredictionResult,
    ResultWarning,
    ScaleSource,
)

Index = Annotated[int, Field(ge=0)]
TileScore = tuple[Index, Index, Probability]
"""Row and column of a tile, from 0, and its probability."""


class ImageEvent(Schema):
    """The first line: what the header of the file says, before its pixels are decoded."""

    event: Literal["image"] = "image"
    width: Pixels
    height: Pixels
    microns_per_pixel: Microns
    microns_per_pixel_xy: tuple[Microns, Microns] | None = Field(
        default=None, description="Scale in x and in y; null unless they differ."
    )
    scale_source: ScaleSource
    kind: Kind
    warnings: list[ResultWarning] = Field(
        description="Warnings known so far; the result has all of them."
    )


class TissueEvent(Schema):
    """The second line of a region that is not cached: its grid, and which tiles have tissue."""

    event: Literal["tissue"] = "tissue"
    rows: int
    columns: int
    tile_size_pixels: Pixels = Field(description="Side of a tile at `microns_per_pixel`.")
    microns_per_pixel: float = Field(
        gt=0.0, le=1000.0, allow_inf_nan=False, description="Scale of the tiles: the model's."
    )
    tissue: list[list[bool]] = Field(
        description="Whether each tile has tissue, row by row; tiles without it are not scored."
    )
    total: int = Field(description="Tiles to score.")
    warnings: list[ResultWarning] = Field(
        description="Warnings known so far; the result has all of them."
    )


class TilesEvent(Schema):
    """Tiles of a region that were scored since the previous line."""

    event: Literal["tiles"] = "tiles"
    tiles: list[TileScore] = Field(
        description="Row and column from 0, and the calibrated probability of the tile alone, as "
        "in `tiles_raw` of the result. `tiles`, averaged with neighbours, are in the result only."
    )
    done: int = Field(description="Tiles scored so far, including these.")
    total: int


class ResultEvent(Schema):
    """The last line: the result, as the response has it without streaming."""

    event: Literal["result"] = "result"
    result: PredictionResult


class ErrorEvent(Schema):
    """The last line if the prediction failed after the first line was sent."""

    event: Literal["error"] = "error"
    error: ErrorBody


StreamEvent = TypeAliasType(
    "StreamEvent",
    Annotated[
        ImageEvent | TissueEvent | TilesEvent | ResultEvent | ErrorEvent,
        Field(discriminator="event"),
    ],
)
"""A line of a streamed prediction."""
