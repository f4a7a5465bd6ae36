"""The rule that gives verdicts, as a caller asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_space.bundle.calibration import OperatingPoint
from hf_space.errors import BundleError, UnknownOperatingPointError

if TYPE_CHECKING:
    from hf_space.bundle.config import InferenceConfig
    from hf_space.schemas.options import PredictOptions
    from hf_space.settings import Settings


def default_operating_point(config: InferenceConfig, settings: Settings) -> str:
    """Return the name of the operating point that is used when nobody names one.

    Raises:
        BundleError: The model lacks the operating point of the settings.
    """
    name = settings.operating_point or config.default_operating_point
    if name not in config.thresholds:
        raise BundleError(f"the model has no operating point {name!r}")
    return name


def choose_operating_point(
    options: PredictOptions, config: InferenceConfig, default: str
) -> tuple[str | None, OperatingPoint]:
    """Return the name and the rule that options ask for; no name for an own threshold.

    Args:
        options: What the caller asked for.
        config: Has the operating points.
        default: Name of the one that is used when the options name none.

    Raises:
        UnknownOperatingPointError: The model has no operating point of this name.
    """
    if options.threshold is not None:
        return None, OperatingPoint.without_band(options.threshold)
    name = options.operating_point or default
    if name not in config.thresholds:
        raise UnknownOperatingPointError(
            f"The model has no operating point {name!r}; choose one of "
            f"{', '.join(sorted(config.thresholds))}.",
            operating_points=sorted(config.thresholds),
        )
    return name, config.thresholds[name]
