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
        description="Why it cannot: it is still `loading`, it was `not_fetched` from the Hub, "
        "which is tried again, or what is there is `unusable`, and the log says why; null where it "
        "can.",
    )
    name: str | None = None
    revision: str | None = None
    source: Literal["bundled", "hub", "cache"] | None = None
    repo: str | None = None
    commit: str | None = None
    pinned: bool | None = Field(
        default=None,
        description="Whether the settings name that commit; false: a branch or a tag, which may "
        "mean another one at the next start.",
    )
    engine: str | None = None
    precision: str | None = None


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
    max_slide_bytes: int
    max_slide_pixels: int
    max_batch_files: int
    max_batch_bytes: int


class ModelReport(Schema):
    """The model's facts, its measured quality, and the limits of a request."""

    inference: InferenceConfig
    prevalence: Prevalence | None = Field(
        description="Share of patches with carcinoma that every `precision` is for: the one asked "
        "for, else that of the held-out cases; null if unmeasured."
    )
    logit_shift: float | None = Field(
        description="What to add to a result's calibrated logit, log(p / (1 - p)), at the "
        "prevalence asked for; null unless one was, or the model's own is not known."
    )
    operating_points: dict[str, OperatingPointReport]
    threshold_curve: list[ThresholdFigures]
    metrics: dict[str, Any] | None = Field(
        description="All other measured figures of the model; null if there are none."
    )
    reports: dict[str, dict[str, Any]] = Field(
        description="Figures measured beyond the held-out cases, by what they are about: `outside` "
        "(pictures from elsewhere), `robust` (degraded patches), `explain` (activation maps) and "
        "`limits` (from what on there is no verdict); those that there are."
    )
    evaluation: list[str] = Field(description="Names of plots; see `/model/evaluation/{name}`.")
    limits: Limits
