"""How far a picture lies from what the network learned on, by its pooled features.

Mahalanobis distance on principal components (Lee 2018), to the nearer class, with the part that
the components leave out (Wang 2022, ViM) as one more direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.data.splits import grouped_folds

Floats = NDArray[np.float64]
Cases = NDArray[np.str_]
Labels = NDArray[np.int64]

COMPONENTS: Final = 128
FALSE_ALARMS: Final = 0.02
_FOLDS: Final = 5
# The least that the activation of EfficientNets, x sigmoid(x), gives.
_LEAST_ACTIVATION: Final = -0.2785


@dataclass(frozen=True, slots=True)
class Familiarity:
    """What the features of the training set look like.

    Attributes:
        mean: float64 (D,), of all features.
        components: float64 (K, D), rows of unit length.
        scales: float64 (K,), deviation within a class along each component.
        class_means: float64 (2, K), in units of the scales.
        residual: typical length of what the components leave out, above zero.
    """

    mean: Floats
    components: Floats
    scales: Floats
    class_means: Floats
    residual: float

    def distance(self, features: Floats) -> Floats:
        """Return the distance of each picture from the nearer class.

        It is the root of the mean square over the components and the residual, so that a typical
        training patch lies near 1.

        Args:
            features: float64 (N, D), as `spread` returns them.

        Returns:
            float64 (N,), at least 0.
        """
        centred = features - self.mean
        inside = centred @ self.components.T
        left = np.sqrt(np.maximum((centred**2).sum(axis=1) - (inside**2).sum(axis=1), 0))
        offsets = inside[:, None] / self.scales - self.class_means
        squares = (offsets**2).sum(axis=2).min(axis=1) + (left / self.residual) ** 2
        distances: Floats = np.sqrt(squares / (len(self.scales) + 1))
        return distances


def spread(features: NDArray[np.floating[Any]]) -> Floats:
    """Return the roots of pooled activations above their least, float64 of the same shape.

    Activations are skewed: most lie near their least. Roots have tails that a deviation describes;
    measured, they told all of 20 blood smears from tissue where plain activations told one.
    """
    roots: Floats = np.sqrt(np.maximum(features.astype(np.float64) - _LEAST_ACTIVATION, 0))
    return roots


def fit_familiarity(
    features: Floats, labels: Labels, weights: Floats, *, components: int = COMPONENTS
) -> Familiarity:
    """Describe the features of training patches.

    Args:
        features: float64 (N, D), as `spread` returns them.
        labels: int64 (N,), 0 or 1; both occur.
        weights: float64 (N,), above 0; such that every case counts alike.
        components: Number of directions, at most D.
    """
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
    residual = float(np.sqrt(np.average(left, weights=weights)))
    return Familiarity(mean, directions, scales, means / scales, residual)


def case_balanced(cases: Cases) -> Floats:
    """Return weights, float64 (N,), under which all cases count alike, 1 on average."""
    _, inverse, counts = np.unique(cases, return_inverse=True, return_counts=True)
    weights: Floats = len(cases) / len(counts) / counts[inverse]
    return weights


def out_of_fold_distances(
    features: Floats, labels: Labels, cases: Cases, *, components: int = COMPONENTS
) -> Floats:
    """Return each patch's distance from a description that never saw its case, float64 (N,)."""
    folds = grouped_folds(cases, labels, n_folds=_FOLDS, seed=0)
    weights, distances = case_balanced(cases), np.empty(len(cases))
    for fold in range(_FOLDS):
        own, others = folds == fold, folds != fold
        fitted = fit_familiarity(
            features[others], labels[others], weights[others], components=components
        )
        distances[own] = fitted.distance(features[own])
    return distances


def alarm_threshold(distances: Floats, cases: Cases, *, share: float = FALSE_ALARMS) -> float:
    """Return the distance above which a share of the patches lies, all cases counting alike."""
    order = np.argsort(distances)
    upper = np.cumsum(case_balanced(cases)[order]) / len(cases)
    place = min(int(np.searchsorted(upper, 1 - share)), len(order) - 1)
    return float(distances[order][place])
