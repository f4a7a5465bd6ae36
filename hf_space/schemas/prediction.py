"""A result, as the API, the demo and the command line return it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, FiniteFloat, ValidationInfo, field_validator, model_validator
from typing_extensions import TypeAliasType

from hf_space.bundle.calibration import OperatingPoint, Probability, Verdict
from hf_space.schemas.base import ListOf, Schema

SCHEMA_VERSION: Final = 2
"""Version of `PredictionResult`; results of 0.1, which state none, count as version 1."""

_ReasonCode = Literal[
    "scale_unknown",
    "field_too_small",
    "not_h_and_e",
    "too_blurred",
    "unlike_training",
    "slide_uncalibrated",
]
CautionCode = Literal[
    "blank",
    "blurred",
    "off_scale",
    "padded",
    "profile_ignored",
    "scale_assumed",
    "scale_conflict",
    "unfamiliar",
]
SaveWarningCode = Literal["save_delayed", "not_saved"]
ImageWarningCode = Literal[_ReasonCode, CautionCode]
# Aliases of this kind have a name in the OpenAPI document.
Reason = TypeAliasType("Reason", _ReasonCode)
WarningCode = TypeAliasType("WarningCode", Literal[ImageWarningCode, SaveWarningCode])
Severity = Literal["note", "caution", "withholds"]
Kind = Literal["patch", "region"]
# A result may be sent back; with larger numbers its tiles' positions cannot be computed.
Pixels = Annotated[int, Field(gt=0, lt=2**31)]
Microns = Annotated[float, Field(gt=0.0, le=1000.0, allow_inf_nan=False)]
ScaleSource = Literal["request", "metadata", "assumed"]
Fingerprint = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class LabelScore(Schema):
    """One class and its probability, in the Hub's image-classification shape."""

    label: str
    score: Probability


class GradCam(Schema):
    """Where the evidence lies.

    ``grid`` is in calibrated logits: the sigmoid of a patch's mean is its probability. For an image
    smaller than a patch it covers the padded patch, while ``overlay`` shows the image only. For a
    region it joins the grids of all tiles, with null where there is no tissue.
    """

    rows: int
    columns: int
    grid: ListOf[ListOf[float | None]]
    overlay: str | None = Field(
        default=None, description="JPEG data URL with a legend below, when asked for."
    )


class Focus(Schema):
    """Tiles at or above the threshold that touch one another by their sides."""

    polygon: ListOf[ListOf[tuple[FiniteFloat, FiniteFloat]]] = Field(
        description="Closed rings in pixels of the source image, as GeoJSON has them: the outline, "
        "then any holes."
    )
    area_mm2: FiniteFloat | None = Field(description="null where the scale is assumed.")
    largest_dimension_mm: FiniteFloat | None = Field(
        description="Longest distance between two points of the outline; null where the scale is "
        "assumed."
    )
    peak_probability: Probability


class RegionResult(Schema):
    """The tile-wise result of an image larger than a patch."""

    rows: int
    columns: int
    tile_size_pixels: Pixels = Field(description="Side of a tile at `microns_per_pixel`.")
    microns_per_pixel: float = Field(
        ge=0.001, le=1000.0, allow_inf_nan=False, description="Scale of the tiles: the model's."
    )
    tiles: ListOf[ListOf[Probability | None]] = Field(
        description="Calibrated probability of each tile, averaged in logits with the tissue tiles "
        "that touch it, 3x3, each by its area within the region; null where there is no tissue."
    )
    tiles_raw: ListOf[ListOf[Probability | None]] = Field(
        description="Calibrated probability of each tile alone; null where there is no tissue."
    )
    heatmap: str | None = Field(
        description="JPEG data URL of the tile map with a legend below, when asked for."
    )
    tissue_fraction: Probability = Field(description="Share of the region's area in tissue tiles.")
    malignant_fraction: Probability = Field(
        description="Share of the tissue tiles' area in tiles at or above the threshold."
    )
    malignant_area_mm2: float | None = Field(
        description="Area of the tiles at or above the threshold; null where the scale is assumed."
    )
    foci: ListOf[Focus] = Field(
        default=[],
        description="Those tiles joined, from the largest to the smallest. Results saved before "
        "foci were found have none.",
    )

    @model_validator(mode="before")
    @classmethod
    def _add_raw_tiles(cls, facts: Any) -> Any:
        """Use the tiles of earlier results, which were not averaged, as raw tiles."""
        if isinstance(facts, dict) and "tiles_raw" not in facts and "tiles" in facts:
            return facts | {"tiles_raw": facts["tiles"]}
        return facts

    @model_validator(mode="after")
    def _same_tiles(self) -> RegionResult:
        empty, empty_raw = (
            [[probability is None for probability in row] for row in tiles]
            for tiles in (self.tiles, self.tiles_raw)
        )
        if empty != empty_raw:
            raise ValueError("expected null in tiles_raw where tiles have it, and only there")
        return self


class ImageFacts(Schema):
    """What a result says of its image: no name, no metadata."""

    sha256: str
    width: Pixels
    height: Pixels
    microns_per_pixel: Microns = Field(
        description="Scale; where x and y have two, their geometric mean, so that areas are right."
    )
    microns_per_pixel_xy: tuple[Microns, Microns] | None = Field(
        default=None, description="Scale in x and in y, where they differ."
    )
    scale_source: ScaleSource

    @property
    def scale(self) -> tuple[float, float]:
        """Micrometres per pixel in x and in y."""
        return self.microns_per_pixel_xy or (self.microns_per_pixel, self.microns_per_pixel)


class LocalSlide(Schema):
    """The slide that stayed with the caller, of whom the service got the model's scale only."""

    fingerprint: Fingerprint = Field(
        description="SHA-256 of the slide's size in bytes, its first and its last MiB: by it the "
        "caller finds the file again."
    )


class ResultWarning(Schema):
    """A reason to trust this result less, or, where it withholds, not to give a verdict."""

    code: WarningCode
    message: str
    severity: Severity


class ModelName(Schema):
    """The model that computed the result."""

    name: str
    revision: str


class Timing(Schema):
    """Where the milliseconds went; ``queue`` is the wait for the engine."""

    decode: float
    queue: float
    inference: float
    render: float
    total: float


class PredictionResult(Schema):
    """The result for one image."""

    id: UUID
    created_at: datetime
    schema_version: Literal[2] = SCHEMA_VERSION
    kind: Kind
    verdict: Verdict = Field(
        description="What the probability means, or `not_assessable`: the image does not support "
        "a verdict, for the `reasons` given."
    )
    reasons: ListOf[Reason] = Field(
        description="Codes of the warnings that withhold the verdict; empty where there is one."
    )
    probability: Probability = Field(
        description="Probability of invasive ductal carcinoma: of a patch, calibrated; of a "
        "region, the highest of its `tiles`, for which it was not calibrated. "
        "It means nothing where the verdict is withheld."
    )
    threshold: Probability
    operating_point: str | None = Field(description="null when the request set its own threshold.")
    uncertain_band: tuple[Probability, Probability] | None = Field(
        description="Lowest and highest probability called uncertain; null without a band."
    )
    predictions: ListOf[LabelScore]
    gradcam: GradCam
    region: RegionResult | None
    image: ImageFacts
    slide: LocalSlide | None = Field(
        default=None,
        description="Set by `POST /predict/slide/`; sizes and outlines are in pixels of the "
        "slide then, and `image.sha256` is that of the picture that was sent.",
    )
    warnings: ListOf[ResultWarning]
    model: ModelName
    cached: bool
    saved: bool = Field(description="Whether the result is in the visitor's history.")
    timing_ms: Timing

    @property
    def rule(self) -> OperatingPoint:
        """The threshold and the uncertain band that judged the image."""
        return OperatingPoint.of(self.threshold, self.uncertain_band)


class SentResult(PredictionResult):
    """A result that a caller sends back, which the service need not have made."""

    @field_validator("uncertain_band")
    @classmethod
    def _around_threshold(
        cls, band: tuple[float, float] | None, info: ValidationInfo
    ) -> tuple[float, float] | None:
        """Refuse values that no rule could have produced."""
        if "threshold" in info.data:
            OperatingPoint.of(info.data["threshold"], band)
        return band
