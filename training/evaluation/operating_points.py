"""Chooses thresholds between benign and malignant, and the uncertain band."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.metrics import roc_curve

from hf_space.bundle.calibration import OperatingPoint
from training.metrics import Floats

Labels = NDArray[np.int64]
Flags = NDArray[np.bool_]

HIGH_SENSITIVITY_RECALL: Final = 0.95
HIGH_SPECIFICITY: Final = 0.95
UNCERTAIN_ERROR_RATE: Final = 0.40
_TIE: Final = 1e-9


def choose_operating_points(
    labels: Labels, calibrated: Floats, weights: Floats
) -> dict[str, OperatingPoint]:
    """Choose the thresholds of equal sensitivity and specificity, and of 95 % of either.

    The most specific of those with 95 % sensitivity is taken, and the most sensitive of those with
    95 % specificity. A threshold lies midway between two patches, in logit. All have a band of one
    width, chosen around the first: around the others most calls of one kind are wrong by design,
    which does not measure certainty.

    Args:
        labels: Class of each patch, shape (N,); both classes occur.
        calibrated: Calibrated logits, shape (N,).
        weights: Weights above 0, shape (N,).

    Returns:
        ``balanced``, ``high_sensitivity`` and ``high_specificity``, each with its uncertain band.
    """
    fallout, sensitivity, candidates = roc_curve(
        labels, calibrated, sample_weight=weights, drop_intermediate=False
    )
    # The first point calls nothing malignant and has no finite threshold.
    fallout, sensitivity, candidates = fallout[1:], sensitivity[1:], candidates[1:]
    # The tolerance allows for rounding in the sums of the weights.
    sensitive = np.flatnonzero(sensitivity >= HIGH_SENSITIVITY_RECALL - 1e-12)
    specific = np.flatnonzero(1 - fallout >= HIGH_SPECIFICITY - 1e-12)
    chosen = {
        "balanced": int(np.argmin(np.abs(sensitivity - (1 - fallout)))),
        "high_sensitivity": int(sensitive[0]),
        "high_specificity": int(specific[-1]) if len(specific) else 0,
    }
    cuts = {name: float(candidates[index : index + 2].mean()) for name, index in chosen.items()}
    half_width = uncertain_half_width(labels, calibrated, weights, cuts["balanced"])
    points = {}
    for name, threshold in cuts.items():
        low, middle, high = expit([threshold - half_width, threshold, threshold + half_width])
        points[name] = OperatingPoint(
            threshold=float(middle), uncertain_low=float(low), uncertain_high=float(high)
        )
    return points


def uncertain_half_width(
    labels: Labels, calibrated: Floats, weights: Floats, threshold: float
) -> float:
    """Return half the width of the widest band in which at least 40 % of the calls are wrong.

    The band is symmetric around the threshold in logit: a call inside it is little better than
    tossing a coin. 0 when no band is that bad.

    Args:
        labels: Class of each patch, shape (N,).
        calibrated: Calibrated logits, shape (N,).
        weights: Weights above 0, shape (N,).
        threshold: Calibrated logit.
    """
    distance = np.abs(calibrated - threshold)
    order = np.argsort(distance, kind="stable")
    reach = distance[order]
    wrong = (calibrated >= threshold) != (labels == 1)
    rate = np.cumsum((weights * wrong)[order]) / np.cumsum(weights[order])
    # Patches on both sides can be equal up to rounding; a band takes all of them or none.
    last_of_tie = np.append(np.diff(reach) > _TIE, True)
    bad = np.flatnonzero(last_of_tie & (rate >= UNCERTAIN_ERROR_RATE))
    return float(reach[bad[-1] : bad[-1] + 2].mean()) if len(bad) else 0.0


def uncertain_report(wrong: Flags, uncertain: Flags, weights: Floats) -> dict[str, float]:
    """Measure an uncertain band.

    Args:
        wrong: Whether the call at the threshold is wrong, shape (N,).
        uncertain: Whether the patch lies in the band, shape (N,).
        weights: Weight of each patch, shape (N,).

    Returns:
        ``fraction`` in the band, ``error_rate_inside`` and ``error_rate_outside`` of it; NaN for a
        rate over no patches.
    """

    def share(part: Flags, whole: Flags) -> float:
        total = weights[whole].sum()
        return float(weights[part & whole].sum() / total) if total else float("nan")

    return {
        "fraction": share(uncertain, np.ones(len(wrong), np.bool_)),
        "error_rate_inside": share(wrong, uncertain),
        "error_rate_outside": share(wrong, ~uncertain),
    }


def in_band(point: OperatingPoint, probabilities: Floats) -> Flags:
    """Return which calibrated probabilities the operating point calls uncertain, shape (N,)."""
    inside = (probabilities >= point.uncertain_low) & (probabilities <= point.uncertain_high)
    return inside & (point.uncertain_low < point.uncertain_high)
