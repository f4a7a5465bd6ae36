from __future__ import annotations

import math
import time

import numpy as np
import pytest

from training.evaluation.bootstrap import bootstrap_by_case, draw_counts, interval
from training.metrics import METRICS, ScoredPatches, binary_metrics


def _cases(cases: int, patches: int, seed: int = 0) -> ScoredPatches:
    rng = np.random.default_rng(seed)
    case = np.repeat(np.arange(cases), patches)
    labels = rng.integers(0, 2, len(case))
    shift = rng.normal(0, 0.1, cases)[case]
    probabilities = np.clip(rng.normal(0.35 + 0.3 * labels + shift, 0.2), 0, 1)
    names = np.array([f"case{number:03}" for number in case])
    return ScoredPatches(
        labels, probabilities, case_ids=names, weights=rng.uniform(0.5, 2, len(case))
    )


def test_intervals_are_those_of_a_slow_loop_with_the_same_draws() -> None:
    scores = _cases(5, 20)
    found = bootstrap_by_case(scores, {"low": 0.3, "high": 0.6}, replicates=60, seed=7)
    rows = np.arange(100).reshape(5, 20)
    for name, threshold in (("low", 0.3), ("high", 0.6)):
        replicates = []
        for counts in draw_counts(5, 60, seed=7).astype(int):
            drawn = rows[np.repeat(np.arange(5), counts)].ravel()
            replicates.append(
                binary_metrics(
                    scores.labels[drawn],
                    scores.probabilities[drawn],
                    threshold=threshold,
                    weights=scores.weights[drawn],
                )
            )
        for metric in METRICS:
            expected = np.percentile([row[metric] for row in replicates], [2.5, 97.5])
            assert found[name].intervals[metric] == pytest.approx(tuple(expected)), metric


def test_the_interval_holds_the_estimate_and_has_width() -> None:
    scores = _cases(30, 40)
    estimate = bootstrap_by_case(scores, {"balanced": 0.5}, replicates=300)["balanced"]
    for metric, value in estimate.metrics.items():
        low, high = estimate.intervals[metric]
        assert low <= value <= high, metric
        assert low < high, metric


def test_more_cases_make_the_interval_narrower() -> None:
    widths = []
    for cases in (10, 160):
        estimate = bootstrap_by_case(_cases(cases, 20), {"balanced": 0.5}, replicates=200)
        low, high = estimate["balanced"].intervals["roc_auc"]
        widths.append(high - low)
    assert widths[1] < widths[0] / 2


def test_the_seed_decides_the_draws() -> None:
    scores = _cases(6, 20)
    first, again, other = (
        bootstrap_by_case(scores, {"balanced": 0.5}, replicates=50, seed=seed)["balanced"]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first.metrics == other.metrics
    assert first.intervals != other.intervals


def test_every_draw_has_as_many_cases_as_there_are() -> None:
    counts = draw_counts(9, 200, seed=0)
    assert counts.shape == (200, 9)
    np.testing.assert_array_equal(counts.sum(axis=1), 9)
    assert counts.mean() == 1


def test_one_case_has_no_interval() -> None:
    estimate = bootstrap_by_case(_cases(1, 50), {"balanced": 0.5})["balanced"]
    assert not any(math.isnan(value) for value in estimate.metrics.values())
    assert all(math.isnan(end) for ends in estimate.intervals.values() for end in ends)


def test_undefined_draws_are_left_out() -> None:
    draws = np.append(np.linspace(0, 1, 101), np.nan)
    assert interval(draws) == pytest.approx((0.025, 0.975))


def test_the_published_test_set_takes_seconds() -> None:
    scores = _cases(49, 129)
    start = time.process_time()
    bootstrap_by_case(scores, {"balanced": 0.5, "high_sensitivity": 0.2, "third": 0.8})
    assert time.process_time() - start < 20
