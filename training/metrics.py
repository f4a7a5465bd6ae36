"""Metrics of a binary classifier on weighted patches, fast for a bootstrap over cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

RANKING_METRICS: Final = ("roc_auc", "average_precision", "brier", "ece")
THRESHOLD_METRICS: Final = (
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "specificity",
    "f1",
)
METRICS: Final = THRESHOLD_METRICS + RANKING_METRICS
ECE_BINS: Final = 15


def binary_metrics(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    threshold: float,
    weights: ArrayLike | None = None,
) -> dict[str, float]:
    """Compute all of `METRICS`.

    Args:
        labels: Class of each patch (0 or 1), shape (N,).
        probabilities: p(class 1), 0 to 1, shape (N,).
        threshold: A patch counts as class 1 when its probability is at least this.
        weights: Weight of each patch, 0 or more, shape (N,); default 1.

    Returns:
        Each metric, 0 to 1; NaN where it is undefined, such as the recall without class 1, the
        precision without patches called class 1, or the ROC AUC of one class.

    Raises:
        ValueError: The arguments do not fit; see `ScoredPatches`.
    """
    scores = ScoredPatches(labels, probabilities, weights=weights)
    return {name: float(values[0]) for name, values in scores.metrics(threshold).items()}


class ScoredPatches:
    """Labels and probabilities, sorted and summed by case once.

    All metrics are functions of how often each case counts, so that a bootstrap by case needs
    neither copies nor sorting.

    Attributes:
        case_names: The distinct cases, sorted, length C.
        labels: Class of each patch (0 or 1), int64 (N,).
        probabilities: p(class 1), float64 (N,), 0 to 1.
        weights: Weight of each patch, float64 (N,).
        bins: Per case and calibration bin the weight, the weighted sum of probabilities and the
            weight of class 1, float64 (C, 15, 3).
    """

    def __init__(
        self,
        labels: ArrayLike,
        probabilities: ArrayLike,
        *,
        case_ids: Sequence[str] | NDArray[np.str_] | None = None,
        weights: ArrayLike | None = None,
    ) -> None:
        """Sort and sum.

        Args:
            labels: Class of each patch (0 or 1), shape (N,).
            probabilities: p(class 1), 0 to 1, shape (N,).
            case_ids: Case of each patch, length N; default one case.
            weights: Weight of each patch, 0 or more, shape (N,); default 1.

        Raises:
            ValueError: Lengths differ, there are no patches, or a value is out of its range.
        """
        self.labels = np.asarray(labels, dtype=np.int64)
        self.probabilities = np.asarray(probabilities, dtype=np.float64)
        count = len(self.labels)
        self.weights = np.ones(count) if weights is None else np.asarray(weights, dtype=np.float64)
        cases = np.zeros(count, np.int64) if case_ids is None else np.asarray(case_ids, np.str_)
        _check(self.labels, self.probabilities, self.weights, cases)
        self.case_names, self._case = np.unique(cases, return_inverse=True)
        order = np.argsort(-self.probabilities, kind="stable")
        ranked = self.probabilities[order]
        self._tie_ends = np.append(np.flatnonzero(np.diff(ranked)), count - 1)
        self._ranked_case = self._case[order]
        self._ranked_positive = (self.weights * self.labels)[order]
        self._ranked_negative = (self.weights * (1 - self.labels))[order]
        self.bins = self._bin_sums()
        error = self.weights * (self.probabilities - self.labels) ** 2
        self._squared_error = self._by_case(error)
        self._weight = self._by_case(self.weights)

    def metrics(self, threshold: float, counts: Floats | None = None) -> dict[str, Floats]:
        """Compute all of `METRICS` for R mixes of cases.

        Args:
            threshold: A patch counts as class 1 when its probability is at least this.
            counts: How often each case counts, shape (R, C); default every case once, R = 1.

        Returns:
            Each metric, float64 (R,); NaN where it is undefined.
        """
        return self.threshold_metrics(threshold, counts) | self.ranking_metrics(counts)

    def threshold_metrics(
        self, threshold: float, counts: Floats | None = None
    ) -> dict[str, Floats]:
        """Compute those of `THRESHOLD_METRICS`; arguments and result as in `metrics`."""
        called = self.probabilities >= threshold
        positive = self.labels == 1
        counts = self._counts(counts)
        true_positive, false_positive, false_negative, true_negative = (
            counts @ self._by_case(self.weights * chosen)
            for chosen in (
                called & positive,
                called & ~positive,
                ~called & positive,
                ~called & ~positive,
            )
        )
        recall = ratio(true_positive, true_positive + false_negative)
        specificity = ratio(true_negative, true_negative + false_positive)
        right, wrong = true_positive + true_negative, false_positive + false_negative
        return {
            "accuracy": ratio(right, right + wrong),
            "balanced_accuracy": (recall + specificity) / 2,
            "precision": ratio(true_positive, true_positive + false_positive),
            "recall": recall,
            "specificity": specificity,
            "f1": ratio(2 * true_positive, 2 * true_positive + wrong),
        }

    def ranking_metrics(self, counts: Floats | None = None) -> dict[str, Floats]:
        """Compute those of `RANKING_METRICS`, which need no threshold; see `metrics`.

        The average precision is the step-wise sum of scikit-learn, without interpolation. The
        expected calibration error (Guo, ICML 2017) takes 15 bins of equal width of p(class 1).
        """
        counts = self._counts(counts)
        areas = np.array([self._areas(row) for row in counts]).reshape(-1, 2)
        sums = np.tensordot(counts, self.bins, axes=1)
        gaps = np.abs(sums[:, :, 1] - sums[:, :, 2]).sum(axis=1)
        weight = counts @ self._weight
        return {
            "roc_auc": areas[:, 0],
            "average_precision": areas[:, 1],
            "brier": ratio(counts @ self._squared_error, weight),
            "ece": ratio(gaps, weight),
        }

    def curve(self, counts: Floats | None = None) -> tuple[Floats, Floats]:
        """Return the weights of true and of false positives as the threshold falls.

        Args:
            counts: How often each case counts, shape (C,); default once.

        Returns:
            Two arrays of the same length, float64, from 0 to the weight of each class; one step
            for each distinct probability.
        """
        times = np.ones(1) if counts is None else counts[self._ranked_case]
        true_positive = np.cumsum(self._ranked_positive * times)[self._tie_ends]
        false_positive = np.cumsum(self._ranked_negative * times)[self._tie_ends]
        return np.append(0.0, true_positive), np.append(0.0, false_positive)

    def _areas(self, counts: Floats) -> tuple[float, float]:
        true_positive, false_positive = self.curve(counts)
        positive, negative = true_positive[-1], false_positive[-1]
        if positive == 0:
            return np.nan, np.nan
        precision = ratio(true_positive, true_positive + false_positive)
        # Steps that find nothing have no precision and add no area.
        steps = np.diff(true_positive) * np.nan_to_num(precision[1:])
        if negative == 0:
            return np.nan, float(steps.sum() / positive)
        area = np.trapezoid(true_positive, false_positive)
        return float(area / (positive * negative)), float(steps.sum() / positive)

    def _counts(self, counts: Floats | None) -> Floats:
        if counts is None:
            return np.ones((1, len(self.case_names)))
        return np.asarray(counts, dtype=np.float64)

    def _by_case(self, values: Floats) -> Floats:
        return _sums(self._case, values, len(self.case_names))

    def _bin_sums(self) -> Floats:
        bins = probability_bins(self.probabilities)
        cells = self._case * ECE_BINS + bins
        size = len(self.case_names) * ECE_BINS
        sums = [
            _sums(cells, self.weights * values, size)
            for values in (np.ones(len(bins)), self.probabilities, self.labels)
        ]
        return np.stack(sums, axis=-1).reshape(-1, ECE_BINS, 3)


def probability_bins(probabilities: Floats) -> NDArray[np.int64]:
    """Return the calibration bin of each probability, 0 to 14, int64 of the same shape."""
    return np.minimum((probabilities * ECE_BINS).astype(np.int64), ECE_BINS - 1)


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide; NaN where the denominator is 0."""
    result: Floats = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    np.divide(numerator, denominator, out=result, where=np.asarray(denominator) != 0)
    return result


def _sums(cells: NDArray[np.int64], values: Floats, size: int) -> Floats:
    return np.bincount(cells, weights=values, minlength=size).astype(np.float64)


def _check(
    labels: NDArray[np.int64], probabilities: Floats, weights: Floats, cases: NDArray[Any]
) -> None:
    if labels.ndim != 1 or not len(labels):
        raise ValueError(f"expected at least one patch, got labels of shape {labels.shape}")
    if not labels.shape == probabilities.shape == weights.shape == cases.shape:
        shapes = labels.shape, probabilities.shape, weights.shape, cases.shape
        raise ValueError(f"labels, probabilities, weights and cases differ in shape: {shapes}")
    if not np.isin(labels, (0, 1)).all():
        raise ValueError("labels must be 0 or 1")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("probabilities must lie in 0 to 1")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("weights must be finite and not negative")
