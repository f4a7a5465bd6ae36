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
        default=None, description="JPEG data URL, with a legend below; null unless requested."
    )


class Focus(Schema):
    """A group of tiles at or above the threshold that share sides."""

    polygon: ListOf[ListOf[tuple[FiniteFloat, FiniteFloat]]] = Field(
        description="Closed rings in pixels of the source image, as in GeoJSON: the outline, "
        "then any holes."
    )
    area_mm2: FiniteFloat | None = Field(
        description="Area of the focus; null where the scale is assumed."
    )
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
        description="Calibrated probability of each tile, averaged (as logits) over 3x3 tissue "
        "tiles, weighted by their area within the region; null where there is no tissue."
    )
    tiles_raw: ListOf[ListOf[Probability | None]] = Field(
        description="Calibrated probability of each tile alone; null where there is no tissue."
    )
    heatmap: str | None = Field(
        description="JPEG data URL of the tile map, with a legend below it; null unless requested."
    )
    tissue_fraction: Probability = Field(
        description="Share of the region's area covered by tissue tiles."
    )
    malignant_fraction: Probability = Field(
        description="Share of the tissue tiles' area at or above the threshold."
    )
    malignant_area_mm2: float | None = Field(
        description="Area of the tiles at or above the threshold; null where the scale is assumed."
    )
    foci: ListOf[Focus] = Field(
        default=[],
        description="Adjacent tiles at or above the threshold, joined; largest first. Results "
        "saved by versions without foci have none.",
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
    """Facts about the image, without its name or metadata."""

    sha256: str
    width: Pixels
    height: Pixels
    microns_per_pixel: Microns = Field(
        description="Scale; if x and y differ, their geometric mean, which gives correct areas."
    )
    microns_per_pixel_xy: tuple[Microns, Microns] | None = Field(
        default=None, description="Scale in x and in y; null unless they differ."
    )
    scale_source: ScaleSource

    @property
    def scale(self) -> tuple[float, float]:
        """Micrometres per pixel in x and in y."""
        return self.microns_per_pixel_xy or (self.microns_per_pixel, self.microns_per_pixel)


class LocalSlide(Schema):
    """The caller's slide, of which the service got only a picture at the model's scale."""

    fingerprint: Fingerprint = Field(
        description="SHA-256 of the slide's size in bytes, as text, followed by its first and last "
        "MiB. The caller can use it to identify the file."
    )


class ResultWarning(Schema):
    """A reason to trust the result less or, if it withholds, to give no verdict."""

    code: WarningCode
    message: str
    severity: Severity


class ModelName(Schema):
    """The model that computed the result."""

    name: str
    revision: str


class Timing(Schema):
    """Milliseconds of each step; ``queue`` is the wait for the engine."""

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
        description="Verdict at the threshold, or `not_assessable` where the image does not "
        "support one, for the `reasons` given."
    )
    reasons: ListOf[Reason] = Field(
        description="Codes of the warnings that withhold the verdict; empty if there is a verdict."
    )
    probability: Probability = Field(
        description="Probability of invasive ductal carcinoma. Calibrated for a patch; for a "
        "region it is the highest of its `tiles` and not calibrated. Do not use it where the "
        "verdict is withheld."
    )
    threshold: Probability
    operating_point: str | None = Field(description="null if the request set its own threshold.")
    uncertain_band: tuple[Probability, Probability] | None = Field(
        description="Lowest and highest uncertain probability; null if there is no band."
    )
    predictions: ListOf[LabelScore]
    gradcam: GradCam
    region: RegionResult | None
    image: ImageFacts
    slide: LocalSlide | None = Field(
        default=None,
        description="Only from `POST /predict/slide/`. If set, sizes and outlines are in pixels "
        "of the slide, and `image.sha256` is the hash of the picture that was sent.",
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
