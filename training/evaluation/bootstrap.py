"""Confidence intervals that account for the similarity of patches of one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.metrics import Floats, ScoredPatches

REPLICATES: Final = 1000
_INTERVAL_PERCENT: Final = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Metrics with their 95 % intervals.

    Attributes:
        metrics: Value of each of `training.metrics.METRICS`; NaN where undefined.
        intervals: Lower and upper end; NaN where the metric is undefined or there is one case.
    """

    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]]

    def as_dict(self) -> dict[str, Any]:
        """Return the metrics, with the intervals under one further key."""
        ends = {name: list(interval) for name, interval in self.intervals.items()}
        return {**self.metrics, "intervals": ends}


def bootstrap_by_case(
    scores: ScoredPatches,
    thresholds: Mapping[str, float],
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Estimate all metrics at several thresholds, with 95 % percentile intervals.

    Whole cases are drawn with replacement (the cluster bootstrap of Field and Welsh, J. R. Stat.
    Soc. B 2007, 69:369); all thresholds share the draws.

    Args:
        scores: Labels and probabilities by case.
        thresholds: Name and threshold of each operating point.
        replicates: Number of draws.
        seed: Seed of the draws.

    Returns:
        The estimate at each threshold, by name.
    """
    counts = draw_counts(len(scores.case_names), replicates, seed)
    point, spread = scores.ranking_metrics(), scores.ranking_metrics(counts)
    estimates = {}
    for name, threshold in thresholds.items():
        values = scores.threshold_metrics(threshold) | point
        draws = scores.threshold_metrics(threshold, counts) | spread
        estimates[name] = Estimate(
            metrics={metric: float(value[0]) for metric, value in values.items()},
            intervals={metric: interval(draw) for metric, draw in draws.items()},
        )
    return estimates


def draw_counts(cases: int, replicates: int, seed: int) -> Floats:
    """Draw how often each case counts in each replicate.

    Returns:
        Shape (replicates, cases), float64, each row sums to ``cases``. With a single case there is
        nothing to resample, so there are no rows.
    """
    if cases < 2:
        return np.empty((0, cases))
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(cases, np.full(cases, 1 / cases), size=replicates)
    return drawn.astype(np.float64)


def interval(draws: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 2.5th and 97.5th percentile of shape (R,), leaving undefined draws out."""
    defined = draws[~np.isnan(draws)]
    if not len(defined):
        return np.nan, np.nan
    low, high = np.percentile(defined, _INTERVAL_PERCENT)
    return float(low), float(high)
