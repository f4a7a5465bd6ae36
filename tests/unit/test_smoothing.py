from __future__ import annotations

import numpy as np
import pytest

from hf_space.prediction.scoring import smooth_logits

NONE = np.nan


def test_a_tile_is_averaged_with_the_tissue_that_touches_it() -> None:
    logits = np.array([[9.0, -1.0, NONE, NONE, 2.0], [-1.0, -1.0, NONE, 2.0, 2.0]])
    smoothed = smooth_logits(logits, np.full(logits.shape, 2500.0))
    # The single 9 has three neighbours of -1; the quiet group of 2s has nobody else.
    expected = [[1.5, 1.5, NONE, NONE, 2.0], [1.5, 1.5, NONE, 2.0, 2.0]]
    np.testing.assert_allclose(smoothed, expected)


def test_every_mean_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(4)
    logits, areas = rng.normal(0, 3, (7, 9)), rng.uniform(1, 2500, (7, 9))
    logits[rng.uniform(size=(7, 9)) < 0.4] = NONE
    smoothed = smooth_logits(logits, areas)
    np.testing.assert_array_equal(np.isnan(smoothed), np.isnan(logits))
    for row, column in np.argwhere(~np.isnan(logits)):
        around = np.s_[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        tissue = ~np.isnan(logits[around])
        mean = np.average(logits[around][tissue], weights=areas[around][tissue])
        assert smoothed[row, column] == pytest.approx(mean)


def test_a_lone_tile_keeps_its_logit() -> None:
    assert smooth_logits(np.array([[5.0]]), np.array([[100.0]])).tolist() == [[5.0]]


def test_a_sliver_at_the_edge_hardly_counts() -> None:
    smoothed = smooth_logits(np.array([[2.0, -9.0]]), np.array([[2500.0, 50.0]]))
    assert smoothed.tolist() == [[pytest.approx((2.0 * 50 - 9.0) / 51)] * 2]
