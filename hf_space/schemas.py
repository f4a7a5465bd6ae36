"""The result contract: the same objects from every door."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypeAliasType

from hf_space.errors import error_codes
from hf_space.inference.bundle import InferenceConfig, Probability, Verdict

ImageWarningCode = Literal[
    "blank", "blurred", "not_h_and_e", "off_scale", "padded", "scale_assumed"
]
SaveWarningCode = Literal["save_delayed", "not_saved"]
# Aliases of this kind have a name in the OpenAPI document.
WarningCode = TypeAliasType("WarningCode", Literal[ImageWarningCode, SaveWarningCode])
ErrorCode = TypeAliasType(
    "ErrorCode", Annotated[str, Field(json_schema_extra={"enum": sorted(error_codes())})]
)
Kind = Literal["patch", "region"]
ScaleSource = Literal["request", "metadata", "assumed"]


class Schema(BaseModel):
    """Base of what comes in and goes out: unknown fields are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


class PredictOptions(Schema):
    """What a caller may ask beside the image."""

    operating_point: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="A named operating point of the model; see `/model/`."
    )
    threshold: Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)] | None = Field(
        default=None,
        description="Own threshold on the calibrated probability; it has no uncertain band.",
    )
    explain: bool = Field(
        default=True, description="Draw the activation map over the image; the grid always comes."
    )
    microns_per_pixel: Annotated[float, Field(gt=0.0, le=1000.0, allow_inf_nan=False)] | None = (
        Field(
            default=None,
            description="Scale of the image, above 0 and at most eight times the model's; read "
            "from the file's metadata if unset, else the model's own is assumed.",
        )
    )
    mode: Literal["auto", "patch", "region"] = Field(
        default="auto",
        description="`auto` takes what fits one patch at the model's scale as a patch, and "
        "anything larger as a region.",
    )
    save: bool = Field(
        default=True,
        description="Keep the answer, with a thumbnail, in the visitor's history; else nothing.",
    )

    @model_validator(mode="after")
    def _one_rule(self) -> PredictOptions:
        if self.threshold is not None and self.operating_point is not None:
            raise ValueError("give threshold or operating_point, not both")
        return self


class PredictRequest(PredictOptions):
    """The JSON body of `POST /predict/`."""

    image: str = Field(description="The image file in base64, or as a data URL.")


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
    grid: list[list[float | None]]
    overlay: str | None = Field(
        default=None, description="JPEG data URL with a legend below, when asked for."
    )


class RegionResult(Schema):
    """The tile-wise result of an image larger than a patch."""

    rows: int
    columns: int
    tile_size_pixels: int = Field(description="Side of a tile at `microns_per_pixel`.")
    microns_per_pixel: float = Field(description="Scale of the tiles: the model's.")
    tiles: list[list[Probability | None]] = Field(
        description="Calibrated probability of each tile; null where there is no tissue."
    )
    heatmap: str | None = Field(
        description="JPEG data URL of the tile map with a legend below, when asked for."
    )
    tissue_fraction: Probability = Field(description="Share of the region's area in tissue tiles.")
    malignant_fraction: Probability = Field(
        description="Share of the tissue tiles' area in tiles at or above the threshold."
    )
    malignant_area_mm2: float = Field(description="Area of the tiles at or above the threshold.")


class ImageFacts(Schema):
    """What is kept of the input: no name, no metadata."""

    sha256: str
    width: int
    height: int
    microns_per_pixel: float
    scale_source: ScaleSource


class ResultWarning(Schema):
    """A reason to trust this result less."""

    code: WarningCode
    message: str


class ModelName(Schema):
    """Which model answered."""

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
    """The answer about one image."""

    id: UUID
    created_at: datetime
    kind: Kind
    verdict: Verdict
    probability: Probability = Field(
        description="Calibrated probability of invasive carcinoma; of a region, that of its most "
        "suspicious neighbourhood of 3x3 tiles."
    )
    threshold: Probability
    operating_point: str | None = Field(description="null when the request set its own threshold.")
    predictions: list[LabelScore]
    gradcam: GradCam
    region: RegionResult | None
    image: ImageFacts
    warnings: list[ResultWarning]
    model: ModelName
    cached: bool
    saved: bool = Field(description="Whether the answer is in the visitor's history.")
    timing_ms: Timing


class ModelState(Schema):
    """Whether the model can predict, where it comes from, and what runs it."""

    state: Literal["ready", "unavailable"]
    name: str | None = None
    revision: str | None = None
    source: Literal["bundled", "hub", "cache"] | None = None
    repo: str | None = None
    commit: str | None = None
    engine: str | None = None
    precision: str | None = None


PartState = Literal["ready", "unavailable"]


class DatabaseState(Schema):
    """Whether the history can be written and read; predictions do without."""

    state: PartState
    kind: Literal["postgresql", "sqlite"]


class CacheState(Schema):
    """What holds results already given; without Redis it is the process's memory."""

    state: PartState
    kind: Literal["redis", "memory"]


class HealthReport(Schema):
    """The readiness of the service and of each part.

    ``degraded``: it predicts, but a part that it can do without is away.
    """

    status: Literal["ok", "degraded", "unavailable"]
    model: ModelState
    database: DatabaseState
    cache: CacheState


class Liveness(Schema):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ticket(Schema):
    """A bearer token for `POST /predict/` and `POST /predict/batch/`, in place of the visitor's."""

    ticket: str
    expires_at: datetime


class ThresholdFigures(Schema):
    """What one threshold gives on the held-out cases; null where it is undefined or unmeasured."""

    threshold: Probability
    sensitivity: Probability | None = None
    specificity: Probability | None = None
    precision: Probability | None = None


class OperatingPointReport(ThresholdFigures):
    """A named threshold, its uncertain band, and what it gives."""

    uncertain_low: Probability
    uncertain_high: Probability


class Limits(Schema):
    """What one request may hold."""

    formats: list[str]
    max_upload_bytes: int
    max_pixels: int
    max_batch_files: int
    max_batch_bytes: int


class ModelReport(Schema):
    """The model's facts, its measured quality, and the limits of a request."""

    inference: InferenceConfig
    operating_points: dict[str, OperatingPointReport]
    threshold_curve: list[ThresholdFigures]
    metrics: dict[str, Any] | None = Field(
        description="All other measured figures of the model; null if there are none."
    )
    evaluation: list[str] = Field(description="Names of plots; see `/model/evaluation/{name}`.")
    limits: Limits


class ErrorBody(Schema):
    """What went wrong, for programs (`code`, `details`) and people (`message`)."""

    code: ErrorCode
    message: str
    details: dict[str, Any]


class ErrorReport(Schema):
    """The body of every error."""

    error: ErrorBody


class BatchItem(Schema):
    """One line of a batch's answer: a result or an error."""

    index: int = Field(description="Place of the image in the request, from 0.")
    name: str | None = Field(description="The file's name as it was sent; it is not kept.")
    result: PredictionResult | None = None
    error: ErrorBody | None = None
