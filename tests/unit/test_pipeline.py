from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hf_space.imaging.preprocess import preprocess
from tests.synthetic import make_patches
from training.data.arrays import Patches
from training.errors import ConfigurationError
from training.fitting.config import AugmentConfig, TrainConfig
from training.fitting.cross_validate import assign_folds
from training.fitting.pipeline import (
    Examples,
    draw_epoch,
    loss_weights,
    model_input,
    steps_per_epoch,
    training_batches,
)
from training.fitting.stain import measure_stains

CASES = np.array(["a"] * 30 + ["b"] * 6 + ["c"] * 4)


def _patches() -> Patches:
    images, labels = make_patches(20, seed=1)
    zeros = np.zeros(40, np.int64)
    return Patches(images, labels, CASES, zeros, zeros, np.array(["train"] * 40))


def test_an_epoch_visits_every_patch_once() -> None:
    drawn = draw_epoch(CASES, None, seed=0, epoch=0)
    np.testing.assert_array_equal(np.sort(drawn), np.arange(40))


def test_a_capped_epoch_takes_small_cases_whole_and_others_anew_each_time() -> None:
    draws = [draw_epoch(CASES, 5, seed=0, epoch=epoch) for epoch in range(100)]
    for drawn in draws:
        assert len(np.unique(drawn)) == len(drawn)
        values, counts = np.unique(CASES[drawn], return_counts=True)
        assert dict(zip(values, counts, strict=True)) == {"a": 5, "b": 5, "c": 4}
    assert len(np.unique(np.concatenate(draws))) == 40


def test_an_epoch_s_draw_depends_on_seed_and_epoch_only() -> None:
    first = draw_epoch(CASES, 5, seed=3, epoch=2)
    np.testing.assert_array_equal(first, draw_epoch(CASES, 5, seed=3, epoch=2))
    assert not np.array_equal(first, draw_epoch(CASES, 5, seed=3, epoch=3))
    assert not np.array_equal(first, draw_epoch(CASES, 5, seed=4, epoch=2))


def _drawn(cap: int | None) -> np.ndarray:
    return np.concatenate([draw_epoch(CASES, cap, seed=0, epoch=e) for e in range(3000)])


def test_loss_weights_balance_what_an_epoch_draws() -> None:
    labels = (np.arange(40) % 4 == 0).astype(np.int64)
    weights = loss_weights(CASES, labels, np.ones(40), patches_per_case=5, balance=True)
    drawn = _drawn(5)
    by_class = [weights[drawn][labels[drawn] == label].sum() for label in (0, 1)]
    assert by_class[0] == pytest.approx(by_class[1], rel=0.02)
    assert weights[drawn].mean() == pytest.approx(1, rel=0.02)


def test_loss_weights_restore_natural_proportions() -> None:
    labels = (np.arange(40) % 2).astype(np.int64)
    # Of case a, all positives are there and a fifth of the others; of the rest a fifth of all.
    sampling = np.where((CASES == "a") & (labels == 1), 0.2, 1.0)
    weights = loss_weights(CASES, labels, sampling, patches_per_case=10, balance=False)
    drawn = _drawn(10)

    def share(case: str, label: int) -> float:
        chosen = (CASES[drawn] == case) & (labels[drawn] == label)
        return float(weights[drawn][chosen].sum() / weights[drawn].sum())

    # 3 positives and 15 negatives of case a, capped to 10; 6 and 4 patches of the others.
    assert share("a", 1) == pytest.approx(10 * 3 / 18 / 20, rel=0.03)
    assert share("a", 0) == pytest.approx(10 * 15 / 18 / 20, rel=0.03)
    assert share("b", 0) == pytest.approx(3 / 20, rel=0.03)
    assert share("c", 0) == pytest.approx(2 / 20, rel=0.03)
    assert weights[drawn].mean() == pytest.approx(1, rel=0.02)


def test_training_sees_the_service_s_preprocessing() -> None:
    patches = _patches()
    config = TrainConfig(dataset="", input_size=96, color_mode="grayscale")
    images = model_input(
        patches.images[:4],
        config,
        AugmentConfig.off(),
        np.random.default_rng(0),
        stains=measure_stains(patches, np.arange(40)),
        sources=np.zeros(4, np.int64),
    )
    expected = preprocess(patches.images[:4], input_size=96, color_mode="grayscale")
    np.testing.assert_array_equal(images, expected)


def test_a_resumed_run_repeats_its_batches() -> None:
    patches = _patches()
    config = TrainConfig(
        dataset="",
        input_size=32,
        batch_size=8,
        patches_per_case=10,
        label_smoothing=0,
    )
    targets = patches.labels.astype(np.float32)
    examples = Examples(patches, np.arange(40), targets, np.arange(40, dtype=np.float32))
    assert steps_per_epoch(examples, config) == 2
    whole = list(training_batches(examples, config, first_step=0, last_step=4))
    resumed = list(training_batches(examples, config, first_step=1, last_step=4))
    assert len(whole) == 4
    for expected, batch in zip(whole[1:], resumed, strict=True):
        for left, right in zip(expected, batch, strict=True):
            np.testing.assert_array_equal(left, right)
    assert whole[0][0].shape == (8, 32, 32, 3)
    weights = np.concatenate([batch[2][:, 0] for batch in whole[:2]])
    labels = np.concatenate([batch[1][:, 0] for batch in whole[:2]])
    # The weight of an example is its index here: targets stay beside their patch.
    np.testing.assert_array_equal(labels, targets[weights.astype(int)])


def test_a_batch_larger_than_an_epoch_is_refused() -> None:
    patches = _patches()
    examples = Examples(
        patches, np.arange(40), patches.labels.astype(np.float32), np.ones(40, np.float32)
    )
    whole = TrainConfig(dataset="", batch_size=40, patches_per_case=None)
    assert steps_per_epoch(examples, whole) == 1
    with pytest.raises(ConfigurationError, match="less than a batch of 41"):
        steps_per_epoch(examples, replace(whole, batch_size=41))


def test_label_smoothing_moves_targets_towards_one_half() -> None:
    patches = _patches()
    config = TrainConfig(dataset="", input_size=32, batch_size=40, label_smoothing=0.2)
    examples = Examples(
        patches, np.arange(40), patches.labels.astype(np.float32), np.ones(40, np.float32)
    )
    (_, targets, _) = next(iter(training_batches(examples, config, first_step=0, last_step=1)))
    assert set(np.round(np.unique(targets), 5)) == {np.float32(0.1), np.float32(0.9)}


def test_no_case_crosses_folds_and_the_published_validation_cases_are_fold_zero() -> None:
    rng = np.random.default_rng(0)
    cases = np.repeat([f"c{i}" for i in range(20)], rng.integers(3, 30, 20))
    splits = np.where(np.isin(cases, ["c1", "c2", "c3"]), "val", "train")
    count = len(cases)
    zeros = np.zeros(count, np.int64)
    labels = rng.integers(0, 2, count)
    patches = Patches(np.zeros((count, 1, 1, 3), np.uint8), labels, cases, zeros, zeros, splits)
    folds = assign_folds(patches, np.arange(count), folds=4, seed=0)
    np.testing.assert_array_equal(folds == 0, splits == "val")
    assert set(folds) == {0, 1, 2, 3}
    assert all(len(set(folds[cases == case])) == 1 for case in set(cases))
    with pytest.raises(ConfigurationError, match="at least 3 folds"):
        assign_folds(patches, np.arange(count), folds=2, seed=0)
