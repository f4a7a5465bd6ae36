from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.reference import reference_metrics
from training.metrics import METRICS, ScoredPatches, binary_metrics


def _sample(seed: int, count: int = 400) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    # Two digits make many ties, which the ranking metrics must treat as one step.
    probabilities = np.round(np.clip(rng.normal(0.35 + 0.3 * labels, 0.25), 0, 1), 2)
    return labels, probabilities, rng.uniform(0.1, 3, count)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.83])
def test_weighted_metrics_are_those_of_scikit_learn(seed: int, threshold: float) -> None:
    labels, probabilities, weights = _sample(seed)
    found = binary_metrics(labels, probabilities, threshold=threshold, weights=weights)
    expected = reference_metrics(labels, probabilities, weights, threshold=threshold)
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_metrics_are_those_worked_out_by_hand() -> None:
    found = binary_metrics(
        [1, 1, 0, 0, 0], [0.9, 0.4, 0.6, 0.2, 0.1], threshold=0.5, weights=[1, 1, 2, 1, 1]
    )
    # Weights: TP 1, FN 1, FP 2, TN 2.
    assert found["accuracy"] == pytest.approx(3 / 6)
    assert found["recall"] == pytest.approx(1 / 2)
    assert found["specificity"] == pytest.approx(2 / 4)
    assert found["balanced_accuracy"] == pytest.approx(1 / 2)
    assert found["precision"] == pytest.approx(1 / 3)
    assert found["f1"] == pytest.approx(2 / 5)
    # The first positive beats weight 4 of negatives, the second weight 2, of 2 x 4 pairs.
    assert found["roc_auc"] == pytest.approx(6 / 8)
    assert found["average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 4)
    squares = 0.1**2 + 0.6**2 + 2 * 0.6**2 + 0.2**2 + 0.1**2
    assert found["brier"] == pytest.approx(squares / 6)


def test_calibration_error_is_that_worked_out_by_hand() -> None:
    # Bins of 1/15: 0.01 and 0.05 share the first, 0.5 is in the eighth, 1.0 in the last.
    found = binary_metrics(
        [0, 1, 1, 1], [0.01, 0.05, 0.5, 1.0], threshold=0.5, weights=[1, 3, 2, 2]
    )
    first = abs((0.01 + 3 * 0.05) - 3)
    assert found["ece"] == pytest.approx((first + 2 * 0.5 + 0) / 8)


def test_opposite_errors_in_one_bin_cancel_but_not_in_two() -> None:
    assert binary_metrics([0, 1], [0.5, 0.5], threshold=0.5)["ece"] == 0
    assert binary_metrics([0, 1], [0.4, 0.6], threshold=0.5)["ece"] == pytest.approx(0.4)


def test_a_probability_equal_to_the_threshold_is_called() -> None:
    assert binary_metrics([1], [0.3], threshold=0.3)["recall"] == 1


def test_a_weight_of_two_is_the_same_as_two_patches() -> None:
    labels, probabilities, _ = _sample(3, 60)
    times = np.random.default_rng(0).integers(1, 4, 60)
    weighted = binary_metrics(labels, probabilities, threshold=0.4, weights=times)
    repeated = binary_metrics(
        np.repeat(labels, times), np.repeat(probabilities, times), threshold=0.4
    )
    assert weighted == pytest.approx(repeated)


@pytest.mark.parametrize(
    ("labels", "undefined"),
    [
        ([1, 1], {"balanced_accuracy", "specificity", "roc_auc"}),
        ([0, 0], {"balanced_accuracy", "recall", "roc_auc", "average_precision"}),
    ],
)
def test_one_class_leaves_some_metrics_undefined(labels: list[int], undefined: set[str]) -> None:
    found = binary_metrics(labels, [0.2, 0.7], threshold=0.5)
    assert {name for name, value in found.items() if math.isnan(value)} == undefined
    assert found.keys() == set(METRICS)


def test_nothing_called_leaves_the_precision_undefined_and_f1_zero() -> None:
    found = binary_metrics([0, 1], [0.1, 0.2], threshold=0.5)
    assert math.isnan(found["precision"])
    assert found["f1"] == 0
    assert found["recall"] == 0


def test_case_counts_act_as_if_cases_were_repeated() -> None:
    labels, probabilities, weights = _sample(4, 90)
    cases = np.repeat(["a", "b", "c"], 30)
    scores = ScoredPatches(labels, probabilities, case_ids=cases, weights=weights)
    counts = np.array([[2.0, 0.0, 1.0]])
    chosen = np.concatenate([np.arange(30), np.arange(30), np.arange(60, 90)])
    expected = binary_metrics(
        labels[chosen], probabilities[chosen], threshold=0.4, weights=weights[chosen]
    )
    found = {name: value[0] for name, value in scores.metrics(0.4, counts).items()}
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("labels", "probabilities", "weights", "why"),
    [
        ([], [], [], "patch"),
        ([0, 1], [0.5], [1, 1], "shape"),
        ([0, 2], [0.5, 0.5], [1, 1], "labels"),
        ([0, 1], [0.5, 1.5], [1, 1], "probabilities"),
        ([0, 1], [0.5, math.nan], [1, 1], "probabilities"),
        ([0, 1], [0.5, 0.5], [1, -1], "weights"),
    ],
)
def test_values_out_of_range_are_refused(
    labels: list[int], probabilities: list[float], weights: list[float], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        binary_metrics(labels, probabilities, threshold=0.5, weights=weights)
