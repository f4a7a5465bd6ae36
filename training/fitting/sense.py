"""Refuses invalid settings before anything is read or trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from training.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Bounds:
    """The allowed numbers of a setting.

    Attributes:
        low: Least one.
        high: Greatest one.
        open_low: Whether the least one is excluded.
        open_high: Whether the greatest one is excluded.
    """

    low: float
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def holds(self, value: float) -> bool:
        """Return whether a number is allowed; NaN and infinity never are."""
        if not math.isfinite(value):
            return False
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)

    def __str__(self) -> str:
        """Say it in words."""
        low = f"{'above' if self.open_low else 'at least'} {self.low:,.10g}"
        if math.isinf(self.high):
            return low
        return f"{low} and {'below' if self.open_high else 'at most'} {self.high:,.10g}"


_SHARE: Final = Bounds(0, 1)
_BELOW_ONE: Final = Bounds(0, 1, open_high=True)
_COUNT: Final = Bounds(1)
# Far beyond what is learned with, and short of what no machine or arithmetic bears.
_EPOCHS_AT_MOST: Final = 10_000
_RATE: Final = Bounds(0, 1, open_low=True)

SETTINGS: Final[dict[str, Bounds]] = {
    "input_size": Bounds(32, 1024),
    "margin": Bounds(0, 1024),
    "batch_size": Bounds(1, 4096),
    "head_epochs": Bounds(0, _EPOCHS_AT_MOST),
    "epochs": Bounds(1, _EPOCHS_AT_MOST),
    "head_learning_rate": _RATE,
    "learning_rate": _RATE,
    "warmup_fraction": _BELOW_ONE,
    "weight_decay": _SHARE,
    "dropout": _BELOW_ONE,
    "noise": Bounds(0, 0.5),
    "label_smoothing": Bounds(0, 0.5),
    "ema_momentum": _BELOW_ONE,
    "patches_per_case": _COUNT,
    "patience": _COUNT,
    "checkpoint_steps": _COUNT,
    # Random layers count on from it in 32 bits.
    "seed": Bounds(0, 2**31 - 1),
    "distill_weight": _SHARE,
}
AUGMENTATIONS: Final[dict[str, Bounds]] = {
    "right_angles": _SHARE,
    "rotation_degrees": Bounds(0, 180),
    "zoom": _BELOW_ONE,
    "stain_transfer": _SHARE,
    "stain": _BELOW_ONE,
    "warmth": _SHARE,
    "brightness": _SHARE,
    "contrast": _SHARE,
    "blur": Bounds(0, 25),
    "sharpening": Bounds(0, 10),
    "resampling": _BELOW_ONE,
    "jpeg": _SHARE,
}


def require_sense(values: Mapping[str, Any], bounds: Mapping[str, Bounds]) -> None:
    """Raise ConfigurationError for a number outside its bounds; None is accepted."""
    for name, allowed in bounds.items():
        value = values[name]
        if value is not None and not allowed.holds(value):
            raise ConfigurationError(f"{name} is {value}: it must be {allowed}")
