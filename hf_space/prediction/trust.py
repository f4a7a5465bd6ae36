"""How far a result can be trusted: its warnings, and whether it has a verdict.

All callers use this rule; interfaces only show its outcome.
"""

from __future__ import annotations

from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Final, cast, get_args

import numpy as np

from hf_space.bundle.calibration import OperatingPoint
from hf_space.errors import BundleError, UnknownOperatingPointError
from hf_space.imaging.quality import quality_statistics, quality_warnings
from hf_space.messages.catalogue import warning_message
from hf_space.schemas.prediction import Reason, ResultWarning

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from hf_space.bundle.calibration import Verdict
    from hf_space.bundle.config import FamiliarityLimits, InferenceConfig
    from hf_space.prediction.image import OpenedImage, SourceImage
    from hf_space.schemas.options import PredictOptions
    from hf_space.schemas.prediction import ImageWarningCode, Severity, WarningCode
    from hf_space.settings import Settings

# An image of at most this side and unknown scale is assumed to be a patch of the data set.
LARGEST_PATCH_PIXELS: Final = 64
# With less tissue than this on the shorter side, the image is smaller than the model's field.
SMALLEST_FIELD_MICRONS: Final = 150.0
# Enlarged this much or more, an image has too little detail for the model.
OFF_SCALE_FACTOR: Final = 2.0

_REASONS: Final[frozenset[str]] = frozenset(get_args(Reason.__value__))
IMAGE_REASONS: Final = frozenset({"not_h_and_e", "too_blurred", "unlike_training"})
"""Codes by which an image's own statistics withhold the verdict."""

# These are information about the result, not reasons against it.
_NOTES: Final = frozenset({"padded", "save_delayed"})


@cache
def result_warning(code: WarningCode) -> ResultWarning:
    """Return a warning with its message in English; other languages use the code."""
    return ResultWarning(code=code, message=warning_message(code), severity=_severity(code))


def withholding_reasons(warnings: Iterable[ResultWarning]) -> list[Reason]:
    """Return the codes of the warnings that withhold a verdict, in their order."""
    codes = [warning.code for warning in warnings if warning.severity == "withholds"]
    return cast("list[Reason]", codes)


def default_operating_point(config: InferenceConfig, settings: Settings) -> str:
    """Return the name of the default operating point.

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


def judge(point: OperatingPoint, probability: float, reasons: Sequence[Reason]) -> Verdict:
    """Return the verdict for one calibrated probability, unless there is a reason to give none."""
    return "not_assessable" if reasons else point.verdict(probability)


def image_warnings(
    image: SourceImage, samples: Sequence[NDArray[np.uint8]], config: InferenceConfig
) -> list[ImageWarningCode]:
    """Name the reasons to trust a result less, or to give no verdict.

    Args:
        image: The image.
        samples: The scored parts, each uint8 (h, w, 3): the patch, or some of the tiles. The median
            of each statistic over them is checked.
        config: Has the model's scale and the usual statistics.
    """
    measured = [quality_statistics(sample, config.stain_reference) for sample in samples]
    medians = {name: median(m[name] for m in measured) for name in measured[0]}
    return [
        *header_warnings(image, config),
        *_pixel_warnings(image, config),
        *quality_warnings(medians, config.out_of_distribution, config.assessable),
    ]


def with_familiarity(
    codes: Sequence[ImageWarningCode],
    distances: NDArray[np.float64] | None,
    limits: FamiliarityLimits | None,
) -> list[ImageWarningCode]:
    """Add the warnings that follow from the network's own features.

    Nothing is added if statistics already withhold the verdict: an image that is out of focus or
    has another stain is unfamiliar for that reason.

    Args:
        codes: As `image_warnings` names them.
        distances: Familiarity distance of each tile, NaN without tissue; the median is checked,
            since regions contain artefacts and fat. None without familiarity.
        limits: Limits of the distance.
    """
    if distances is None or limits is None or not IMAGE_REASONS.isdisjoint(codes):
        return list(codes)
    distance = float(np.nanmedian(distances))
    if distance > limits.unlike_training:
        return [*codes, "unlike_training"]
    return [*codes, "unfamiliar"] if distance > limits.unfamiliar else list(codes)


def header_warnings(
    image: OpenedImage | SourceImage, config: InferenceConfig
) -> list[ImageWarningCode]:
    """Name the reasons to trust a result less that are known before an image is decoded.

    Args:
        image: The image.
        config: Has the model's scale.
    """
    codes: list[ImageWarningCode] = []
    facts = image.facts
    if facts.scale_source == "assumed":
        is_patch = max(facts.width, facts.height) <= LARGEST_PATCH_PIXELS
        may_assume = is_patch and not image.scale_conflict
        codes.append("scale_assumed" if may_assume else "scale_unknown")
    if image.scale_conflict:
        codes.append("scale_conflict")
    across, down = image.scale
    if min(facts.width * across, facts.height * down) < SMALLEST_FIELD_MICRONS:
        codes.append("field_too_small")
    if max(across, down) >= OFF_SCALE_FACTOR * config.microns_per_pixel:
        codes.append("off_scale")
    if image.slide is not None:
        codes.append("slide_uncalibrated")
    return codes


def _pixel_warnings(image: SourceImage, config: InferenceConfig) -> list[ImageWarningCode]:
    codes: list[ImageWarningCode] = []
    if min(image.pixels.shape[:2]) < config.patch_size_pixels:
        codes.append("padded")
    if image.profile_ignored:
        codes.append("profile_ignored")
    return codes


def _severity(code: WarningCode) -> Severity:
    if code in _REASONS:
        return "withholds"
    return "note" if code in _NOTES else "caution"
