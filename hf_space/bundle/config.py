"""The content of `inference.json`, and the names of a bundle's files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Final, Literal

from pydantic import Field, FiniteFloat, model_validator

from hf_space.bundle.calibration import Calibration, FrozenModel, OperatingPoint

INFERENCE_FILE: Final = "inference.json"
OPENVINO_FILE: Final = "openvino_model.xml"
OPENVINO_WEIGHTS_FILE: Final = "openvino_model.bin"
METRICS_FILE: Final = "metrics.json"
EVALUATION_FOLDER: Final = "evaluation"
ColorMode = Literal["rgb", "grayscale"]
Interpolation = Literal["bilinear", "bicubic"]
# As long as the history's columns.
ShortName = Annotated[str, Field(min_length=1, max_length=128)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class StatisticRange(FrozenModel):
    """The range of an image statistic seen in training."""

    low: FiniteFloat
    high: FiniteFloat


class TrainingFacts(FrozenModel):
    """What the model was trained on."""

    dataset: str
    split_sha256: str
    cases: int
    patches: int
    backbone: str
    date: str


class InferenceConfig(FrozenModel):
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
