"""The model bundle: a folder with the network, its facts, and a hash of each weight file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from hf_space.errors import BundleError
from hf_space.imaging.preprocess import ColorMode, Interpolation

INFERENCE_FILE: Final = "inference.json"
OPENVINO_FILE: Final = "openvino_model.xml"
OPENVINO_WEIGHTS_FILE: Final = "openvino_model.bin"
METRICS_FILE: Final = "metrics.json"
EVALUATION_FOLDER: Final = "evaluation"

Verdict = Literal["malignant", "benign", "uncertain"]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
# As long as the history's columns.
ShortName = Annotated[str, Field(min_length=1, max_length=128)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability, float64 in 0..1, of each calibrated logit; never overflows."""
    # exp of a non-positive number only: it cannot overflow on either side.
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0.0, 1.0 / (1.0 + small), small / (1.0 + small))


class Calibration(_Frozen):
    """Maps the network's logit to a calibrated one: ``slope * logit + intercept``.

    ``temperature`` has no intercept (Guo 2017); ``platt`` has both (Platt 1999).
    """

    method: Literal["identity", "temperature", "platt"] = "identity"
    slope: Annotated[FiniteFloat, Field(gt=0.0)] = 1.0
    intercept: FiniteFloat = 0.0

    def logit(self, logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the calibrated logits, float64, in the shape of the input."""
        return self.slope * np.asarray(logits, dtype=np.float64) + self.intercept

    def probability(self, logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return p(class 1), float64 in 0..1, in the shape of the input; never overflows."""
        return sigmoid(self.logit(logits))


class OperatingPoint(_Frozen):
    """A threshold on the calibrated probability, with the band around it called uncertain."""

    threshold: Probability
    uncertain_low: Probability
    uncertain_high: Probability

    @model_validator(mode="after")
    def _ordered(self) -> OperatingPoint:
        if not self.uncertain_low <= self.threshold <= self.uncertain_high:
            raise ValueError("expected uncertain_low <= threshold <= uncertain_high")
        return self

    @classmethod
    def without_band(cls, threshold: float) -> OperatingPoint:
        """Return an operating point that never says uncertain."""
        return cls(threshold=threshold, uncertain_low=threshold, uncertain_high=threshold)

    def verdict(self, probability: float) -> Verdict:
        """Judge one calibrated probability; both ends of the band belong to it."""
        in_band = self.uncertain_low <= probability <= self.uncertain_high
        if in_band and self.uncertain_low < self.uncertain_high:
            return "uncertain"
        return "malignant" if probability >= self.threshold else "benign"


class StatisticRange(_Frozen):
    """The range of an image statistic seen in training."""

    low: FiniteFloat
    high: FiniteFloat


class TrainingFacts(_Frozen):
    """What the model was trained on."""

    dataset: str
    split_sha256: str
    cases: int
    patches: int
    backbone: str
    date: str


class InferenceConfig(_Frozen):
    """The content of ``inference.json``: all the service must know about the model."""

    name: ShortName
    revision: ShortName
    class_names: tuple[str, str] = ("no_idc", "idc")
    patch_size_pixels: Annotated[int, Field(gt=0)] = 50
    spacing_um_px: Annotated[float, Field(gt=0.0)] = 4.0
    input_size: Annotated[int, Field(gt=0)] = 128
    color_mode: ColorMode = "rgb"
    interpolation: Interpolation = "bilinear"
    calibration: Calibration
    thresholds: dict[str, OperatingPoint]
    default_operating_point: str = "balanced"
    out_of_distribution: dict[str, StatisticRange] = Field(default_factory=dict)
    training: TrainingFacts
    sha256: dict[str, Sha256]

    @model_validator(mode="after")
    def _consistent(self) -> InferenceConfig:
        if self.default_operating_point not in self.thresholds:
            raise ValueError(f"no threshold for {self.default_operating_point!r}")
        missing = {OPENVINO_FILE, OPENVINO_WEIGHTS_FILE} - self.sha256.keys()
        if missing:
            raise ValueError(f"no sha256 for {', '.join(sorted(missing))}")
        for name in self.sha256:
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise ValueError(f"{name!r} lies outside the bundle")
        return self

    @property
    def verdict_labels(self) -> dict[str, str]:
        """The class that each verdict means; ``uncertain`` means none."""
        negative, positive = self.class_names
        return {"benign": negative, "malignant": positive}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a bundle comes from.

    Attributes:
        source: ``bundled``: a folder. ``hub``: the Hub, asked just now. ``cache``: what was
            downloaded earlier, since the Hub did not answer.
        repo: Repository on the Hub, `owner/name`.
        commit: The repository's commit, 40 hexadecimal digits.
    """

    source: Literal["bundled", "hub", "cache"] = "bundled"
    repo: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle on disk.

    Attributes:
        path: Its folder.
        config: What the service must know about the model.
        metrics: Measured figures.
        plots: Drawings of the figures, PNG, by name.
        origin: Where it comes from.
    """

    path: Path
    config: InferenceConfig
    metrics: dict[str, Any] | None = None
    plots: dict[str, Path] = field(default_factory=dict)
    origin: Origin = Origin()


def file_sha256(path: Path) -> str:
    """Return the lower-case hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_bundle(path: Path) -> Bundle:
    """Read a bundle and verify every hashed file.

    Raises:
        BundleError: The folder or a file is missing, unreadable, invalid, or its hash differs.
    """
    try:
        config = InferenceConfig.model_validate_json((path / INFERENCE_FILE).read_bytes())
        for name, expected in config.sha256.items():
            actual = file_sha256(path / name)
            if actual != expected:
                raise BundleError(f"{name} was altered: sha256 {actual}, expected {expected}")
        metrics = _read_metrics(path / METRICS_FILE)
    except OSError as error:
        raise BundleError(f"cannot read the bundle {path}: {error}") from error
    except ValidationError as error:
        raise BundleError(f"{path / INFERENCE_FILE} is invalid: {error}") from error
    plots = {plot.stem: plot for plot in sorted((path / EVALUATION_FOLDER).glob("*.png"))}
    return Bundle(path=path, config=config, metrics=metrics, plots=plots)


def _read_metrics(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        metrics = json.loads(path.read_bytes())
    except ValueError as error:
        raise BundleError(f"{path} is not JSON: {error}") from error
    if not isinstance(metrics, dict):
        raise BundleError(f"{path} must hold one JSON object")
    return metrics
