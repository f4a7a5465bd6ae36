"""The content of `inference.json`, and the names of a bundle's files."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Annotated, Final, Literal

from pydantic import Field, FiniteFloat, model_validator

from hf_space.bundle.calibration import Calibration, FrozenModel, OperatingPoint, Prevalence

INFERENCE_FILE: Final = "inference.json"
OPENVINO_FILE: Final = "openvino_model.xml"
OPENVINO_WEIGHTS_FILE: Final = "openvino_model.bin"
FAMILIARITY_FILE: Final = "familiarity.npz"
METRICS_FILE: Final = "metrics.json"
EVALUATION_FOLDER: Final = "evaluation"
LIMITS_FILE: Final = "limits.json"
REPORTS: Final = {name: f"{name}.json" for name in ("outside", "robust", "explain")}
"""Reports beside the test metrics, by name, and their files; each is optional."""
KERAS_FILES: Final = ("config.json", "metadata.json", "model.weights.h5")
"""A Keras model in pieces, as `keras.saving.load_model("hf://...")` reads it."""
KNOWN_FILES: Final = (
    *(INFERENCE_FILE, OPENVINO_FILE, OPENVINO_WEIGHTS_FILE, FAMILIARITY_FILE, METRICS_FILE),
    *(LIMITS_FILE, *REPORTS.values()),
    *KERAS_FILES,
    f"{EVALUATION_FOLDER}/*.png",
)
"""What the service reads of a bundle; patterns of paths."""
ColorMode = Literal["rgb", "grayscale"]
Interpolation = Literal["bilinear", "bicubic"]
# WSInfer's key for `microns_per_pixel`, which other tools look for in the file.
_SCALE_IN_FILE: Final = "spacing_um_px"
# The length of the history's columns.
ShortName = Annotated[str, Field(min_length=1, max_length=128)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class StatisticRange(FrozenModel):
    """A range of an image statistic; None where it is open."""

    low: FiniteFloat | None = None
    high: FiniteFloat | None = None


class StainReference(FrozenModel):
    """Where the stain of the training patches lies, for a Mahalanobis distance.

    Attributes:
        mean: Mean `stain_vector` of `hf_space.imaging.quality` over training patches.
        precision: Inverse of their covariance.
    """

    mean: tuple[FiniteFloat, ...]
    precision: tuple[tuple[FiniteFloat, ...], ...]

    @model_validator(mode="after")
    def _square(self) -> StainReference:
        if any(len(row) != len(self.mean) for row in (self.precision, *self.precision)):
            raise ValueError("expected a precision matrix with a row and a column for each mean")
        return self


class FamiliarityLimits(FrozenModel):
    """How far from the training patches an image may lie, by `hf_space.bundle.familiarity`.

    Attributes:
        unfamiliar: Distance above which a result has a caution.
        unlike_training: Distance above which there is no verdict.
    """

    unfamiliar: Annotated[FiniteFloat, Field(gt=0.0)]
    unlike_training: Annotated[FiniteFloat, Field(gt=0.0)]

    @model_validator(mode="after")
    def _ordered(self) -> FamiliarityLimits:
        if self.unfamiliar > self.unlike_training:
            raise ValueError("expected unfamiliar <= unlike_training")
        return self


class TrainingFacts(FrozenModel):
    """What the model was trained on."""

    dataset: str
    split_sha256: str
    cases: int
    patches: int
    backbone: str
    date: str


class InferenceConfig(FrozenModel):
    """The content of ``inference.json``: all the service must know about the model.

    Attributes:
        assumed_prevalence: Share of class 1 among the patches of the calibration, which every
            probability assumes; None where it is not known.
        margin_pixels: What the served network sees around its input on each side, in pixels of the
            input; its map does not cover it.
        out_of_distribution: Usual range of each image statistic; outside it a result has a caution.
        assessable: Range of an image statistic outside which there is no verdict.
        stain_reference: What the statistic ``stain_distance`` is measured from.
        familiarity: Limits of the distance that ``familiarity.npz`` describes; None without it.
    """

    name: ShortName
    revision: ShortName
    class_names: tuple[str, str] = ("no_idc", "idc")
    patch_size_pixels: Annotated[int, Field(gt=0)] = 50
    microns_per_pixel: Annotated[float, Field(gt=0.0)] = 4.0
    input_size: Annotated[int, Field(gt=0)] = 128
    margin_pixels: Annotated[int, Field(ge=0)] = 0
    color_mode: ColorMode = "rgb"
    interpolation: Interpolation = "bilinear"
    calibration: Calibration
    assumed_prevalence: Prevalence | None = None
    thresholds: dict[str, OperatingPoint]
    default_operating_point: str = "balanced"
    out_of_distribution: dict[str, StatisticRange] = Field(default_factory=dict)
    assessable: dict[str, StatisticRange] = Field(default_factory=dict)
    stain_reference: StainReference | None = None
    familiarity: FamiliarityLimits | None = None
    training: TrainingFacts
    sha256: dict[str, Sha256]

    @classmethod
    def from_json(cls, content: bytes) -> InferenceConfig:
        """Read the content of ``inference.json``; raises ValueError."""
        facts = json.loads(content)
        if isinstance(facts, dict) and _SCALE_IN_FILE in facts:
            facts["microns_per_pixel"] = facts.pop(_SCALE_IN_FILE)
        return cls.model_validate(facts)

    def to_json(self) -> str:
        """Return the content of ``inference.json``, where the scale has WSInfer's name."""
        facts = self.model_dump(mode="json")
        named = {_SCALE_IN_FILE if k == "microns_per_pixel" else k: v for k, v in facts.items()}
        return json.dumps(named, indent=2) + "\n"

    @property
    def patch_microns(self) -> float:
        """Side of a patch, in micrometres of tissue."""
        return self.patch_size_pixels * self.microns_per_pixel

    @model_validator(mode="after")
    def _consistent(self) -> InferenceConfig:
        if self.default_operating_point not in self.thresholds:
            raise ValueError(f"no threshold for {self.default_operating_point!r}")
        if self.margin_pixels >= self.input_size:
            raise ValueError("a margin as wide as the input cannot be reflected")
        needed = {OPENVINO_FILE, OPENVINO_WEIGHTS_FILE}
        if self.familiarity:
            needed.add(FAMILIARITY_FILE)
        missing = needed - self.sha256.keys()
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
