from __future__ import annotations

import numpy as np
import pytest

from training.data.neighbourhood import complete_slides, grid_positions, neighbourhood_mean


def test_positions_count_from_the_least_whatever_the_offset() -> None:
    rows, columns = grid_positions(
        ["a", "a", "b", "b"], x=[1001, 51, 1000, 950], y=[251, 301, 0, 50]
    )
    np.testing.assert_array_equal(columns, [19, 0, 1, 0])
    np.testing.assert_array_equal(rows, [0, 1, 0, 1])


def test_a_patch_off_the_grid_by_a_pixel_keeps_its_place() -> None:
    _, columns = grid_positions(["a"] * 3, x=[1, 50, 102], y=[0, 0, 0])
    np.testing.assert_array_equal(columns, [0, 1, 2])


def test_the_mean_takes_in_those_neighbours_that_exist() -> None:
    # A row of three, one patch below the first, and one far away.
    x, y = [1, 51, 101, 1, 901], [1, 1, 1, 51, 1]
    mean, found = neighbourhood_mean(["a"] * 5, x, y, [1.0, 2.0, 4.0, 8.0, 16.0])
    np.testing.assert_array_equal(found, [2, 3, 1, 2, 0])
    np.testing.assert_allclose(mean, [11 / 3, 15 / 4, 6 / 2, 11 / 3, 16.0])


def test_the_order_of_patches_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    y, x = (axis.ravel() * 50 + 1 for axis in np.mgrid[:6, :9])
    logits = rng.normal(size=54)
    mean, found = neighbourhood_mean(["a"] * 54, x, y, logits)
    order = rng.permutation(54)
    shuffled, shuffled_found = neighbourhood_mean(["a"] * 54, x[order], y[order], logits[order])
    np.testing.assert_allclose(shuffled, mean[order])
    np.testing.assert_array_equal(shuffled_found, found[order])


def test_a_slow_loop_over_several_slides_agrees() -> None:
    rng = np.random.default_rng(1)
    case = rng.integers(0, 3, 300)
    x, y = rng.integers(0, 12, 300) * 50 + case, rng.integers(0, 12, 300) * 50 + 1
    keys = np.stack([case, x, y], axis=1)
    keys = keys[np.sort(np.unique(keys, axis=0, return_index=True)[1])]
    logits = rng.normal(size=len(keys))
    mean, _ = neighbourhood_mean([f"c{k}" for k in keys[:, 0]], keys[:, 1], keys[:, 2], logits)
    for index, key in enumerate(keys):
        near = (keys[:, 0] == key[0]) & (np.abs(keys[:, 1:] - key[1:]) <= 50).all(axis=1)
        assert mean[index] == pytest.approx(logits[near].mean())


def test_slides_do_not_touch_across_their_edges() -> None:
    y, x = (np.tile(axis.ravel() * 50, 2) for axis in np.mgrid[:2, :2])
    case_ids = ["a"] * 4 + ["b"] * 4
    mean, found = neighbourhood_mean(case_ids, x, y, [1.0] * 4 + [5.0] * 4)
    np.testing.assert_array_equal(found, 3)
    np.testing.assert_allclose(mean, [1.0] * 4 + [5.0] * 4)


def test_a_slide_is_complete_when_both_classes_have_their_neighbours() -> None:
    y, x = (axis.ravel() * 50 for axis in np.mgrid[:10, :10])
    labels = (x >= 250).astype(int)
    # The second slide keeps all patches of one class and one in four of the other.
    kept = (labels == 1) | ((x % 100 == 0) & (y % 100 == 0))
    case_ids = np.array(["full"] * 100 + ["part"] * int(kept.sum()))
    all_x, all_y = np.concatenate([x, x[kept]]), np.concatenate([y, y[kept]])
    all_labels = np.concatenate([labels, labels[kept]])
    _, found = neighbourhood_mean(case_ids, all_x, all_y, np.zeros(len(case_ids)))
    assert complete_slides(case_ids, all_labels, found) == ["full"]
