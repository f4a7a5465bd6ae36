"""Describe the features of the training patches, and find the limits of their distance.

`hf_space.bundle.familiarity` has the measure.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from hf_space.bundle.config import FamiliarityLimits
from hf_space.bundle.familiarity import Familiarity

Floats = NDArray[np.float64]
Cases = NDArray[np.str_]
Labels = NDArray[np.int64]

FAMILIARITY_REPORT_FILE: Final = "familiarity.json"
COMPONENTS: Final = 256
_PATCHES_A_COMPONENT: Final = 4
# Shares of the patches of cases that the network has not seen.
FALSE_ALARMS: Final = 0.02
WITHHELD: Final = 0.005


class FamiliarityReport(BaseModel):
    """How the limits of a bundle's familiarity were found.

    Attributes:
        patches: Number of patches that were measured.
        cases: Number of their cases.
        limits: The distances, as in `inference.json`.
        false_alarms: Share of the patches, 0 to 1, beyond each limit when a network that never saw
            their case measures them, all cases counting alike; those without a verdict for another
            reason do not count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    patches: int
    cases: int
    limits: FamiliarityLimits
    false_alarms: dict[str, float]


def fit_familiarity(
    features: Floats, labels: Labels, weights: Floats, *, components: int = COMPONENTS
) -> Familiarity:
    """Describe the features of training patches.

    Args:
        features: float64 (N, D), as `spread` returns them.
        labels: int64 (N,), 0 or 1; both occur.
        weights: float64 (N,), above 0; such that every case counts alike.
        components: Number of directions; fewer where N or D are small, since a deviation needs
            some patches, and the residual a direction.
    """
    components = min(components, features.shape[1] - 1, len(features) // _PATCHES_A_COMPONENT)
    mean = np.average(features, axis=0, weights=weights)
    centred = features - mean
    covariance = (centred * weights[:, None]).T @ centred / weights.sum()
    directions = np.linalg.eigh(covariance)[1][:, ::-1][:, :components].T
    inside = centred @ directions.T
    means = np.stack(
        [np.average(inside[labels == k], axis=0, weights=weights[labels == k]) for k in (0, 1)]
    )
    scales = np.sqrt(np.average((inside - means[labels]) ** 2, axis=0, weights=weights))
    left = np.maximum((centred**2).sum(axis=1) - (inside**2).sum(axis=1), 0)
    residual = np.sqrt(np.average(left, weights=weights))
    return Familiarity(mean, directions, scales, means / scales, residual)


def case_balanced(cases: Cases) -> Floats:
    """Return weights, float64 (N,), under which all cases count alike, 1 on average."""
    _, inverse, counts = np.unique(cases, return_inverse=True, return_counts=True)
    weights: Floats = len(cases) / len(counts) / counts[inverse]
    return weights


def held_out_distances(
    features: Floats,
    labels: Labels,
    cases: Cases,
    held_out: NDArray[np.bool_],
) -> Floats:
    """Return the distances of some patches from a description of the others.

    Args:
        features: float64 (N, D), as `spread` returns them, of a network that learned from the
            others only.
        labels: int64 (N,), 0 or 1.
        cases: str (N,); none is on both sides.
        held_out: bool (N,).

    Returns:
        float64, one for each patch held out.
    """
    learned = ~held_out
    weights = case_balanced(cases[learned])
    fitted = fit_familiarity(features[learned], labels[learned], weights)
    return fitted.spread_distance(features[held_out])


def alarm_threshold(distances: Floats, cases: Cases, *, share: float) -> float:
    """Return the distance above which a share of the patches lies, all cases counting alike."""
    order = np.argsort(distances)
    upper = np.cumsum(case_balanced(cases)[order]) / len(cases)
    place = min(int(np.searchsorted(upper, 1 - share)), len(order) - 1)
    return float(distances[order][place])
