"""One training run's settings, saved beside its weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from hf_space.bundle.config import ColorMode, Interpolation
from training.data.case_weights import require_case_weights
from training.data.splits import require_splits
from training.errors import ConfigurationError, RunError
from training.fitting.sense import AUGMENTATIONS, SETTINGS, require_sense

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
        stain_transfer: share of patches that take on another training case's stain, from none of
            it to all (Reinhard 2001).
        stain: the sigma of Tellez 2019: factor in ``1 - stain .. 1 + stain`` and shift in
            plus or minus ``stain``, for each of haematoxylin, eosin and residual.
        warmth: colour temperature: natural logarithm of red's factor and of blue's inverse,
            uniform in plus or minus.
        brightness: factor of every pixel, uniform in ``1 - brightness .. 1 + brightness``.
        contrast: factor around the patch's mean, uniform in ``1 - contrast .. 1 + contrast``.
        blur: largest sigma of a Gaussian blur, in pixels of the patch, for a third of the patches.
        sharpening: largest factor of an unsharp mask, for a fifth of the patches.
        resampling: a fifth of the patches are reduced by up to this share and enlarged again.
        jpeg: share of patches that are compressed as JPEG of quality 40 to 95.
    """

    right_angles: int = 1
    rotation_degrees: float = 10.0
    zoom: float = 0.15
    stain_transfer: float = 0.1
    stain: float = 0.1
    warmth: float = 0.09
    brightness: float = 0.15
    contrast: float = 0.15
    blur: float = 1.6
    sharpening: float = 0.5
    resampling: float = 0.5
    jpeg: float = 0.5

    def __post_init__(self) -> None:
        """Raise ConfigurationError for a strength that makes no sense."""
        require_sense(asdict(self), AUGMENTATIONS)

    @classmethod
    def off(cls) -> AugmentConfig:
        """Return the configuration that changes nothing."""
        return cls(**dict.fromkeys(asdict(cls()), 0))

    def listing(self) -> str:
        """Return all names and strengths as one line of text."""
        return ", ".join(f"{name}={strength:g}" for name, strength in asdict(self).items())


def parse_augment(options: Sequence[str], start: AugmentConfig | None = None) -> AugmentConfig:
    """Read options such as ``jpeg=0.3``; other strengths are kept.

    Args:
        options: ``NAME=STRENGTH`` each.
        start: strengths before; default: the defaults.

    Raises:
        ConfigurationError: an option is not ``NAME=STRENGTH``, or the strength makes no sense.
    """
    values: dict[str, Any] = asdict(start or AugmentConfig())
    for option in options:
        name, _, strength = option.partition("=")
        try:
            values[name] = type(values[name])(strength)
            require_sense(values, AUGMENTATIONS)
        except (KeyError, ValueError, ConfigurationError) as error:
            why = f" ({error})" if isinstance(error, ConfigurationError) else ""
            raise ConfigurationError(
                f"cannot read the augmentation {option!r}{why}: write NAME=STRENGTH, STRENGTH at "
                f"least 0, with one of the names of {AugmentConfig().listing()}"
            ) from error
    return AugmentConfig(**values)


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
        margin: pixels that the model reflects around its input and crops off its map.
        head_epochs: epochs of phase 1, in which only the head learns.
        epochs: epochs of phase 2, in which everything but batch statistics learns.
        warmup_fraction: share of phase 2's steps with a rising learning rate.
        patches_per_case: at most this many patches of a case in each epoch, drawn again each time,
            so that a large slide does not dominate the others; ``None`` takes all.
        balance_classes: weigh the loss so that both classes count alike. The calibration on
            out-of-fold logits restores natural probabilities.
        noise: standard deviation of the relative noise on each block while training, which makes
            the network tolerate arithmetic in bfloat16.
        ema_momentum: momentum of the weights' moving average, which is what is kept.
        case_weights: weight of a case, ``CASE``, or of one class of it, ``CASE:CLASS``, in the
            loss and in the validation metrics; see ``training.data.case_weights``.
        patience: epochs without a better validation ROC AUC before stopping; ``None`` never stops.
        checkpoint_steps: steps between checkpoints.
        distill_from: bundle, or table of out-of-fold predictions, whose probabilities are mixed
            into the labels.
        distill_weight: share of the teacher in the label, 0..1.
        mixed_precision: compute in float16 on a GPU, with weights in float32.
    """

    dataset: str
    splits: tuple[str, ...] = ("train", "extension")
    validation: str | None = "val"
    backbone: Backbone = "efficientnetb0"
    weights: str = "imagenet"
    input_size: int = 128
    margin: int = 16
    color_mode: ColorMode = "rgb"
    interpolation: Interpolation = "bilinear"
    batch_size: int = 32
    head_epochs: int = 1
    epochs: int = 5
    optimizer: OptimizerName = "adamw"
    head_learning_rate: float = 1e-3
    learning_rate: float = 3e-4
    warmup_fraction: float = 0.1
    weight_decay: float = 1e-4
    dropout: float = 0.2
    noise: float = 0.03
    label_smoothing: float = 0.05
    ema_momentum: float = 0.995
    patches_per_case: int | None = 250
    balance_classes: bool = True
    case_weights: dict[str, float] = field(default_factory=dict)
    patience: int | None = None
    checkpoint_steps: int = 100
    seed: int = 0
    distill_from: str | None = None
    distill_weight: float = 0.7
    mixed_precision: bool = False
    augment: AugmentConfig = field(default_factory=AugmentConfig)

    def __post_init__(self) -> None:
        """Raise ConfigurationError for settings that make no sense."""
        require_sense({name: getattr(self, name) for name in SETTINGS}, SETTINGS)
        require_case_weights(self.case_weights)
        require_splits(self.splits)
        if not self.splits:
            raise ConfigurationError("no split to train on")

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
            RunError: the folder holds no configuration, or one that cannot be read.
        """
        path = run / CONFIG_FILE
        if not path.is_file():
            raise RunError(f"{run} is not a training run: {CONFIG_FILE} is missing")
        try:
            values: dict[str, Any] = json.loads(path.read_text())
            values["augment"] = AugmentConfig(**values["augment"])
            values["splits"] = tuple(values["splits"])
            return cls(**values)
        except (ValueError, TypeError, KeyError, ConfigurationError) as error:
            raise RunError(f"{path} does not hold the settings of a run: {error}") from error
