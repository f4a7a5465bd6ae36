"""The result contract: the same objects from every door."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hf_space.inference.bundle import InferenceConfig, Probability, Verdict

WarningCode = Literal["blank", "blurred", "not_h_and_e", "off_scale", "padded", "scale_assumed"]


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PredictOptions(_Schema):
    """What a caller may ask beside the image."""

    operating_point: str | None = Field(
        default=None, description="A named operating point of the model; see `/model/`."
    )
    threshold: Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)] | None = Field(
        default=None,
        description="Own threshold on the calibrated probability; it has no uncertain band.",
    )
    explain: bool = Field(default=False, description="Draw the activation map over the image.")
    microns_per_pixel: Annotated[float, Field(gt=0.0, le=1000.0, allow_inf_nan=False)] | None = (
        Field(
            default=None, description="Scale of the image; the model's scale is assumed if unset."
        )
    )

    @model_validator(mode="after")
    def _one_rule(self) -> PredictOptions:
        if self.threshold is not None and self.operating_point is not None:
            raise ValueError("give threshold or operating_point, not both")
        return self


class PredictRequest(PredictOptions):
    """The JSON body of `POST /predict/`."""

    image: str = Field(min_length=1, description="The image file in base64, or as a data URL.")


class LabelScore(_Schema):
    """One class and its probability, in the Hub's image-classification shape."""

    label: str
    score: Probability


class GradCam(_Schema):
    """Where the evidence lies.

    ``grid`` is in calibrated logits: the sigmoid of its mean is the probability. For an image
    smaller than a patch it covers the padded patch, while ``overlay`` shows the image only.
    """

    rows: int
    columns: int
    grid: list[list[float]]
    overlay: str | None = Field(default=None, description="PNG data URL, when asked for.")


class RegionResult(_Schema):
    """The tile-wise result of an image larger than a patch."""

    rows: int
    columns: int
    tile_size_pixels: int
    tiles: list[list[Probability | None]]
    heatmap: str | None
    tissue_fraction: float
    malignant_fraction: float
    malignant_area_mm2: float


class ImageFacts(_Schema):
    """What is kept of the input: no name, no metadata."""

    sha256: str
    width: int
    height: int
    microns_per_pixel: float
    scale_source: Literal["request", "assumed"]


class ResultWarning(_Schema):
    """A reason to trust this result less."""

    code: WarningCode
    message: str


class ModelName(_Schema):
    """Which model answered."""

    name: str
    revision: str


class Timing(_Schema):
    """Where the milliseconds went; ``queue`` is the wait for a free worker."""

    decode: float
    queue: float
    inference: float
    render: float
    total: float


class PredictionResult(_Schema):
    """The answer about one image."""

    id: UUID
    created_at: datetime
    kind: Literal["patch", "region"]
    verdict: Verdict
    probability: Probability = Field(description="Calibrated probability of invasive carcinoma.")
    threshold: Probability
    operating_point: str | None = Field(description="null when the request set its own threshold.")
    predictions: list[LabelScore]
    gradcam: GradCam
    region: RegionResult | None
    image: ImageFacts
    warnings: list[ResultWarning]
    model: ModelName
    cached: bool
    saved: bool
    timing_ms: Timing


class ModelState(_Schema):
    """Whether the model can predict."""

    state: Literal["ready", "unavailable"]
    name: str | None = None
    revision: str | None = None


class HealthReport(_Schema):
    """The readiness of the service and of each part."""

    status: Literal["ok", "unavailable"]
    model: ModelState


class Liveness(_Schema):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ModelReport(_Schema):
    """The model's facts and its measured quality."""

    inference: InferenceConfig
    metrics: dict[str, Any] | None


class ServiceIndex(_Schema):
    """The doors of the service."""

    name: str
    notice: str
    doors: dict[str, str]


class ErrorBody(_Schema):
    """What went wrong, for programs (`code`, `details`) and people (`message`)."""

    code: str
    message: str
    details: dict[str, Any]


class ErrorReport(_Schema):
    """The body of every error."""

    error: ErrorBody
