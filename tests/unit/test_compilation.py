"""The loss that compares two views of a patch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from training.errors import ConfigurationError
from training.fitting.compilation import ConsistentCrossentropy
from training.fitting.config import TrainConfig


def test_only_the_changed_view_pays_for_the_distance_to_its_pair() -> None:
    targets = np.array([[1.0], [0.0], [1.0], [0.0]], np.float32)
    # Views 0 and 2 show one patch, 1 and 3 another; the last two are changed.
    logits = np.array([[0.0], [1.0], [2.0], [1.0]], np.float32)
    loss = ConsistentCrossentropy(0.5).call(targets, logits)
    entropy = [math.log(2), math.log1p(math.e), math.log1p(math.exp(-2)), math.log1p(math.e)]
    drawn = [0, 0, 0.5 * 4, 0]
    np.testing.assert_allclose(loss, np.add(entropy, drawn), rtol=1e-6)


def test_the_other_view_is_not_drawn() -> None:
    targets = tf.constant([[1.0], [1.0]])
    logits = tf.Variable([[0.0], [2.0]])
    with tf.GradientTape() as tape:
        loss = ConsistentCrossentropy(1.0)(targets, logits)
    entropy = -1 / (1 + np.exp([0.0, 2.0]))
    expected = (entropy + [0, 2 * 2]) / 2
    np.testing.assert_allclose(tape.gradient(loss, logits)[:, 0], expected, rtol=1e-5)


def test_weights_count_in_both_parts() -> None:
    targets, logits = np.ones((2, 1), np.float32), np.array([[0.0], [2.0]], np.float32)
    weights = np.array([[3.0], [3.0]], np.float32)
    loss = ConsistentCrossentropy(1.0)
    assert float(loss(targets, logits, weights)) == pytest.approx(3 * float(loss(targets, logits)))


def test_pairs_need_an_even_batch() -> None:
    with pytest.raises(ConfigurationError, match="a batch of 7 views cannot hold pairs"):
        TrainConfig(dataset="", batch_size=7)
    assert not TrainConfig(dataset="", batch_size=7, consistency=0).has_pairs
    assert not TrainConfig(dataset="", batch_size=7, paired_epochs=0).has_pairs


def test_without_pairs_each_view_pays_for_its_label_only() -> None:
    loss = ConsistentCrossentropy(1.0)
    loss.paired.assign(0.0)
    targets, logits = np.ones((2, 1), np.float32), np.array([[0.0], [2.0]], np.float32)
    np.testing.assert_allclose(
        loss.call(targets, logits), [math.log(2), math.log1p(math.exp(-2))], rtol=1e-6
    )


def test_pairs_come_last_and_only_their_epochs_are_kept() -> None:
    config = TrainConfig(dataset="", head_epochs=1, epochs=5, paired_epochs=2)
    assert [config.views(epoch) for epoch in range(6)] == [1, 1, 1, 1, 2, 2]
    assert [config.may_keep(epoch) for epoch in range(6)] == [False] * 4 + [True] * 2
    short = TrainConfig(dataset="", head_epochs=1, epochs=2, paired_epochs=4)
    assert [short.views(epoch) for epoch in range(3)] == [1, 2, 2]
    single = TrainConfig(dataset="", head_epochs=1, epochs=2, consistency=0)
    assert [single.views(epoch) for epoch in range(3)] == [1, 1, 1]
    assert all(single.may_keep(epoch) for epoch in range(3))
