"""One training run's settings, saved beside its weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from hf_space.bundle.config import ColorMode, Interpolation
from training.errors import RunError

Backbone = Literal["efficientnetb0", "efficientnetv2b0", "vgg16"]
OptimizerName = Literal["adam", "adamw"]

BACKBONES: tuple[Backbone, ...] = get_args(Backbone)
CONFIG_FILE = "config.json"


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """Strength of each augmentation; zero switches it off and returns the input exactly.

    Attributes:
        right_angles: 1 draws one of the 8 dihedral views, 0 keeps the patch as it is.
        rotation_degrees: small rotation, uniform in plus or minus this many degrees.
        zoom: scale, uniform in ``1 - zoom .. 1 + zoom``.
        brightness: added to every pixel, as a fraction of 255, uniform in plus or minus.
        contrast: factor around the patch's mean, uniform in ``1 - contrast .. 1 + contrast``.
        stain: the sigma of Tellez 2019: factor in ``1 - stain .. 1 + stain`` and shift in
            plus or minus ``stain``, for each of haematoxylin, eosin and residual.
    """

    right_angles: int = 1
    rotation_degrees: float = 10.0
    zoom: float = 0.1
    brightness: float = 0.05
    contrast: float = 0.1
    stain: float = 0.05

    @classmethod
    def off(cls) -> AugmentConfig:
        """Return the configuration that changes nothing."""
        return cls(0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that decides a run's result.

    Attributes:
        dataset: folder written by ``prepare``.
        splits: published splits to learn from.
        validation: split to validate on and to choose the epoch by; ``None`` for a final model.
        backbone: Keras application under the flat head.
        weights: ``imagenet``, ``none`` or the path of a ``.weights.h5`` file.
        input_size: side of the square the patch is resized to, in pixels.
        head_epochs: epochs of phase 1, in which only the head learns.
        epochs: epochs of phase 2, in which everything but batch statistics learns.
        warmup_fraction: share of phase 2's steps with a rising learning rate.
        patches_per_case: at most this many patches of a case in each epoch, drawn anew each
            time, so that a large slide does not outvote the others; ``None`` takes all.
        balance_classes: weigh the loss so that both classes count alike. The calibration on
            out-of-fold logits restores natural probabilities.
        ema_momentum: momentum of the weights' moving average, which is what is kept.
        case_weights: weight of a case, ``CASE``, or of one class of it, ``CASE:CLASS``, in the
            validation metrics; see ``training.data.case_weights``.
        patience: epochs without a better validation ROC AUC before stopping; ``None`` never stops.
        distill_from: bundle whose probabilities are mixed into the labels.
        distill_weight: share of the teacher in the label, 0..1.
    """

    dataset: str
    splits: tuple[str, ...] = ("train", "extension")
    validation: str | None = "val"
    backbone: Backbone = "efficientnetb0"
    weights: str = "imagenet"
    input_size: int = 128
    color_mode: ColorMode = "rgb"
    interpolation: Interpolation = "bilinear"
    batch_size: int = 32
    head_epochs: int = 1
    epochs: int = 6
    optimizer: OptimizerName = "adamw"
    head_learning_rate: float = 1e-3
    learning_rate: float = 3e-4
    warmup_fraction: float = 0.1
    weight_decay: float = 1e-4
    dropout: float = 0.2
    label_smoothing: float = 0.0
    ema_momentum: float = 0.99
    patches_per_case: int | None = 250
    balance_classes: bool = True
    case_weights: dict[str, float] = field(default_factory=dict)
    patience: int | None = None
    seed: int = 0
    distill_from: str | None = None
    distill_weight: float = 0.7
    augment: AugmentConfig = field(default_factory=AugmentConfig)

    @property
    def pretrained(self) -> bool:
        """Whether the backbone starts from learned weights."""
        return self.weights != "none"

    def to_json(self) -> str:
        """Return the configuration as indented JSON."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def published(self) -> dict[str, Any]:
        """Return the settings without the folders of the machine they ran on."""
        values = asdict(self)
        del values["dataset"]
        for name in ("weights", "distill_from"):
            values[name] = values[name] and Path(values[name]).name
        return values

    @classmethod
    def load(cls, run: Path) -> TrainConfig:
        """Read the configuration of a run folder.

        Raises:
            RunError: the folder holds no configuration.
        """
        path = run / CONFIG_FILE
        if not path.is_file():
            raise RunError(f"{run} is not a training run: {CONFIG_FILE} is missing")
        values: dict[str, Any] = json.loads(path.read_text())
        values["augment"] = AugmentConfig(**values["augment"])
        values["splits"] = tuple(values["splits"])
        return cls(**values)
