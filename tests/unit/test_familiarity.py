"""Distances from drawn features whose shape is known."""

from __future__ import annotations

import numpy as np
import pytest

from hf_space.bundle.familiarity import spread
from training.evaluation.familiarity import (
    alarm_threshold,
    case_balanced,
    fit_familiarity,
    held_out_distances,
)

# Two classes 8 apart along the first axis, deviations 3 and 1 within them, and a thin third axis.
DEVIATIONS = np.array([3.0, 1.0, 0.1])


def _features(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    features = rng.normal(size=(count, 3)) * DEVIATIONS
    features[:, 0] += 8 * labels
    return features, labels


def test_skewed_activations_are_spread_by_logarithms() -> None:
    # The least of x sigmoid(x) lies near -1.278.
    places = np.linspace(-1.4, -1.1, 1000)
    least = (places / (1 + np.exp(-places))).min()
    given = np.array([least, least + 0.02, least + 0.98], np.float32)
    assert spread(given) == pytest.approx([0, np.log(2), np.log(50)], abs=0.01)
    skewed = np.random.default_rng(0).lognormal(-2, 1, size=5000) + least
    logarithms = spread(skewed)

    def skewness(values: np.ndarray) -> float:
        return float((((values - values.mean()) / values.std()) ** 3).mean())

    assert abs(skewness(logarithms)) < abs(skewness(skewed)) / 5


def test_a_typical_patch_lies_near_one() -> None:
    features, labels = _features(20_000, 0)
    fitted = fit_familiarity(features, labels, np.ones(20_000), components=2)
    other, _ = _features(5_000, 1)
    # The nearer class may be the other one, which can only shorten a distance.
    assert np.sqrt((fitted.spread_distance(other) ** 2).mean()) == pytest.approx(1, abs=0.08)
    assert fitted.scales == pytest.approx([3, 1], rel=0.05)
    assert fitted.residual == pytest.approx(0.1, rel=0.05)
    assert abs(fitted.class_means[1, 0] - fitted.class_means[0, 0]) == pytest.approx(
        8 / 3, rel=0.05
    )


def test_distances_count_deviations_from_the_nearer_class() -> None:
    features, labels = _features(20_000, 0)
    fitted = fit_familiarity(features, labels, np.ones(20_000), components=2)
    # At a class's middle; nine deviations off along the second axis; three outside the plane.
    places = np.array([[8.0, 0, 0], [8.0, 9, 0], [0.0, 0, 0.3]])
    expected = [0, 9 / np.sqrt(3), 3 / np.sqrt(3)]
    assert fitted.spread_distance(places) == pytest.approx(expected, abs=0.15)


def test_weights_count_as_copies() -> None:
    features, labels = _features(300, 2)
    weights = np.random.default_rng(3).integers(1, 4, 300)
    weighted = fit_familiarity(features, labels, weights.astype(float), components=2)
    copied = fit_familiarity(
        features.repeat(weights, axis=0),
        labels.repeat(weights),
        np.ones(weights.sum()),
        components=2,
    )
    np.testing.assert_allclose(
        weighted.spread_distance(features), copied.spread_distance(features), rtol=1e-6
    )


def test_cases_count_alike() -> None:
    weights = case_balanced(np.array(["a", "a", "a", "b"]))
    assert weights == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])


def test_no_case_judges_itself() -> None:
    features, labels = _features(400, 4)
    cases = np.repeat([f"c{number}" for number in range(20)], 20)
    alone = cases == "c7"
    features[alone, 1] += 30
    distances = held_out_distances(features, labels, cases, alone)
    # If it were included, the second axis would be wider.
    assert len(distances) == 20
    assert distances.min() > 10


def test_the_threshold_alarms_at_so_many_patches_of_a_typical_case() -> None:
    rng = np.random.default_rng(5)
    cases = np.repeat(["large", "small"], [9000, 1000])
    distances = np.concatenate([rng.uniform(0, 1, 9000), rng.uniform(1, 2, 1000)])
    # The small case counts for half of all: two in a hundred of all are four in a hundred of it.
    assert alarm_threshold(distances, cases, share=0.02) == pytest.approx(1.96, abs=0.01)
