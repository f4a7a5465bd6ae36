"""Descriptions of the model."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from hf_space.bundle.calibration import Prevalence, Probability
from hf_space.bundle.config import InferenceConfig
from hf_space.schemas.base import Schema

ModelFault = Literal["loading", "not_fetched", "unusable"]


class ModelState(Schema):
    """Whether the model can predict, where it comes from, and what runs it."""

    state: Literal["ready", "unavailable"]
    reason: ModelFault | None = Field(
        default=None,
        description="Why it cannot predict; null if it can. `loading`: not ready yet. "
        "`not_fetched`: the Hub could not be reached, which is tried again. `unusable`: see the "
        "log.",
    )
    name: str | None = None
    revision: str | None = None
    source: Literal["bundled", "hub", "cache"] | None = None
    repo: str | None = None
    commit: str | None = None
    pinned: bool | None = Field(
        default=None,
        description="true if the settings name this commit; false if they name a branch or a tag, "
        "which may move before the next start.",
    )
    engine: str | None = None
    precision: str | None = None


class ThresholdFigures(Schema):
    """Figures of one threshold on the held-out cases; null if undefined or unmeasured."""

    threshold: Probability
    sensitivity: Probability | None = None
    specificity: Probability | None = None
    precision: Probability | None = None


class OperatingPointReport(ThresholdFigures):
    """A named threshold, its uncertain band, and its figures."""

    uncertain_low: Probability
    uncertain_high: Probability


class Limits(Schema):
    """Limits of one request."""

    formats: list[str]
    max_upload_bytes: int
    max_pixels: int
    max_slide_bytes: int
    max_slide_pixels: int
    max_batch_files: int
    max_batch_bytes: int


class ModelReport(Schema):
    """Facts about the model, its measured figures, and the limits of a request."""

    inference: InferenceConfig
    prevalence: Prevalence | None = Field(
        description="Share of patches with carcinoma that every `precision` assumes: as requested, "
        "else as in the held-out cases; null if unmeasured."
    )
    logit_shift: float | None = Field(
        description="What to add to a result's calibrated logit, log(p / (1 - p)), for the "
        "requested prevalence; null without one, or if the model's own is unknown."
    )
    operating_points: dict[str, OperatingPointReport]
    threshold_curve: list[ThresholdFigures]
    metrics: dict[str, Any] | None = Field(
        description="All other measured figures of the model; null if there are none."
    )
    reports: dict[str, dict[str, Any]] = Field(
        description="Figures measured beyond the held-out cases, where available: `outside` "
        "(pictures from elsewhere), `robust` (degraded patches), `explain` (activation maps) and "
        "`limits` (where verdicts are withheld)."
    )
    evaluation: list[str] = Field(description="Names of plots; see `/model/evaluation/{name}`.")
    limits: Limits
