from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit

from hf_space.bundle.calibration import OperatingPoint
from training.evaluation.operating_points import (
    HIGH_SENSITIVITY_RECALL,
    HIGH_SPECIFICITY,
    UNCERTAIN_ERROR_RATE,
    choose_operating_points,
    in_band,
    uncertain_half_width,
    uncertain_report,
)
from training.metrics import binary_metrics


def _sample(seed: int, count: int = 300) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    labels = (rng.uniform(size=count) < 0.3).astype(np.int64)
    return labels, np.round(rng.normal(3 * labels - 2, 1.5), 1), rng.uniform(0.1, 2, count)


def _brute_force(labels: Any, calibrated: Any, weights: Any) -> list[dict[str, float]]:
    return [
        binary_metrics(labels, expit(calibrated), threshold=threshold, weights=weights)
        for threshold in np.unique(expit(calibrated))
    ]


@pytest.mark.parametrize("seed", range(5))
def test_balanced_finds_as_many_of_one_class_as_of_the_other(seed: int) -> None:
    labels, calibrated, weights = _sample(seed)
    threshold = choose_operating_points(labels, calibrated, weights)["balanced"].threshold

    def gap(row: dict[str, float]) -> float:
        return abs(row["recall"] - row["specificity"])

    found = binary_metrics(labels, expit(calibrated), threshold=threshold, weights=weights)
    least = min(gap(row) for row in _brute_force(labels, calibrated, weights))
    assert gap(found) == pytest.approx(least, abs=1e-12)
    assert least < 0.05


@pytest.mark.parametrize("seed", range(5))
def test_high_sensitivity_is_the_most_specific_of_those_with_enough_recall(seed: int) -> None:
    labels, calibrated, weights = _sample(seed)
    threshold = choose_operating_points(labels, calibrated, weights)["high_sensitivity"].threshold
    found = binary_metrics(labels, expit(calibrated), threshold=threshold, weights=weights)
    assert found["recall"] >= HIGH_SENSITIVITY_RECALL
    best = max(
        row["specificity"]
        for row in _brute_force(labels, calibrated, weights)
        if row["recall"] >= HIGH_SENSITIVITY_RECALL
    )
    assert found["specificity"] == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_high_specificity_finds_the_most_of_those_as_specific(seed: int) -> None:
    labels, calibrated, weights = _sample(seed)
    threshold = choose_operating_points(labels, calibrated, weights)["high_specificity"].threshold
    found = binary_metrics(labels, expit(calibrated), threshold=threshold, weights=weights)
    assert found["specificity"] >= HIGH_SPECIFICITY
    best = max(
        row["recall"]
        for row in _brute_force(labels, calibrated, weights)
        if row["specificity"] >= HIGH_SPECIFICITY
    )
    assert found["recall"] == pytest.approx(best, abs=1e-12)


def test_a_threshold_exists_where_none_is_specific_enough() -> None:
    # The highest of all is benign, and so is a tenth of the weight.
    labels, calibrated = np.array([1, 0]), np.array([-1.0, 1.0])
    points = choose_operating_points(labels, calibrated, np.ones(2))
    assert logit(points["high_specificity"].threshold) == pytest.approx(0)


def test_a_threshold_lies_midway_between_two_patches() -> None:
    labels, calibrated = np.array([0, 0, 1, 1]), np.array([-3.0, -1.0, 2.0, 4.0])
    points = choose_operating_points(labels, calibrated, np.ones(4))
    for point in points.values():
        assert logit(point.threshold) == pytest.approx(0.5)
        assert point.uncertain_low == point.threshold == point.uncertain_high


def test_the_band_is_the_widest_with_so_many_errors() -> None:
    # From the threshold 0 outwards: wrong, right, wrong, right, right, right.
    calibrated = np.array([0.1, -0.2, -0.3, 0.4, -0.5, 0.6])
    labels = np.array([0, 0, 1, 1, 0, 1])
    # Shares of errors 1, 1/2, 2/3, 2/4, 2/5, 2/6: the fifth is the last of at least 40 %.
    assert uncertain_half_width(labels, calibrated, np.ones(6), 0.0) == pytest.approx(0.55)
    heavier = np.array([1, 1, 1, 1, 2, 1.0])
    assert uncertain_half_width(labels, calibrated, heavier, 0.0) == pytest.approx(0.45)


@pytest.mark.parametrize("seed", range(3))
def test_the_measured_errors_in_the_band_reach_the_rule_and_are_rarer_outside(seed: int) -> None:
    labels, calibrated, weights = _sample(seed, 2000)
    probabilities = expit(calibrated)
    points = choose_operating_points(labels, calibrated, weights)
    balanced = points["balanced"]
    wrong = (probabilities >= balanced.threshold) != (labels == 1)
    found = uncertain_report(wrong, in_band(balanced, probabilities), weights)
    assert 0 < found["fraction"] < 1
    assert found["error_rate_inside"] >= UNCERTAIN_ERROR_RATE
    assert found["error_rate_outside"] < UNCERTAIN_ERROR_RATE
    widths = []
    for point in points.values():
        low, middle, high = logit([point.uncertain_low, point.threshold, point.uncertain_high])
        assert high - middle == pytest.approx(middle - low)
        widths.append(high - low)
    assert widths == pytest.approx([widths[0]] * 3)


def test_a_band_is_reported_by_weight() -> None:
    wrong, band = np.array([True, False, True, False]), np.array([True, True, False, False])
    found = uncertain_report(wrong, band, np.array([3.0, 1.0, 1.0, 3.0]))
    assert found == {"fraction": 0.5, "error_rate_inside": 0.75, "error_rate_outside": 0.25}


def test_both_ends_belong_to_the_band_but_an_empty_band_has_nothing() -> None:
    band = OperatingPoint(threshold=0.5, uncertain_low=0.4, uncertain_high=0.6)
    values = np.array([0.39, 0.4, 0.5, 0.6, 0.61])
    np.testing.assert_array_equal(in_band(band, values), [False, True, True, True, False])
    assert not in_band(OperatingPoint.without_band(0.5), values).any()
