"""Steps, epochs and checkpoints on a network of one weight."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import f1_score, precision_score, recall_score

from training.fitting.callbacks import (
    Checkpoint,
    History,
    ReseedDropout,
    TrainingMetrics,
    average_weights,
)
from training.fitting.compilation import CONFUSION_SHARES
from training.fitting.epoch_log import EpochLog
from training.fitting.loop import learn_steps
from training.fitting.run import HISTORY_FILE, read_history

STEPS_PER_EPOCH = 5


class _Watcher(keras.callbacks.Callback):  # type: ignore[misc]
    """Record the loop's calls; with a step to stop at, raise an error there."""

    def __init__(self, *, fail_after: int | None = None) -> None:
        super().__init__()
        self.epochs: list[tuple[int, float]] = []
        self.steps: list[int] = []
        self._fail_after = fail_after

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self.steps.append(batch)
        if batch == self._fail_after:
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epochs.append((epoch, (logs or {})["loss"]))


def _model(dropout: float = 0.5) -> keras.Model:
    keras.utils.set_random_seed(3)
    values = keras.Input((8,))
    dropped = keras.layers.Dropout(dropout)(values)
    model = keras.Model(values, keras.layers.Dense(1)(dropped))
    optimizer = keras.optimizers.AdamW(0.05, use_ema=True, ema_momentum=0.9)
    optimizer.ema_overwrite_frequency = None
    model.compile(optimizer, "mse")
    return model


def _batches(first: int, last: int) -> tf.data.Dataset[Any]:
    def batch(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        values = tf.random.stateless_normal((4, 8), [1, tf.cast(step, tf.int32)])
        return values, tf.reduce_sum(values, axis=1, keepdims=True), tf.ones((4, 1))

    return tf.data.Dataset.range(first, last).map(batch)


def _learn(run: Path, last: int, *watchers: keras.callbacks.Callback) -> keras.Model:
    model = _model()
    first = Checkpoint.last_step(run)
    Checkpoint.restore(model, run, step=first)
    learn_steps(
        model,
        _batches(first, last),
        first_step=first,
        steps_per_epoch=STEPS_PER_EPOCH,
        callbacks=[ReseedDropout(7), *watchers, Checkpoint(run, every=3, steps=STEPS_PER_EPOCH)],
    )
    return model


def test_a_run_broken_off_within_an_epoch_repeats_the_rest_exactly(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for run in (whole, parts):
        run.mkdir()
    expected = _learn(whole, 13)
    with contextlib.suppress(KeyboardInterrupt):
        _learn(parts, 13, _Watcher(fail_after=7))
    assert Checkpoint.last_step(parts) == 6
    watcher = _Watcher()
    resumed = _learn(parts, 13, watcher)
    assert watcher.steps == list(range(6, 13))
    for left, right in zip(expected.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    # The average of the weights is resumed as well, and the loop changes neither.
    for model in (expected, resumed):
        average_weights(model)
    for left, right in zip(expected.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_an_epoch_s_end_is_logged_before_it_is_saved(tmp_path: Path) -> None:
    saved = []

    class Look(_Watcher):
        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            super().on_epoch_end(epoch, logs)
            saved.append(Checkpoint.last_step(tmp_path))

    watcher = Look()
    _learn(tmp_path, 2 * STEPS_PER_EPOCH, watcher)
    assert [epoch for epoch, _ in watcher.epochs] == [0, 1]
    # Not at step 10, a multiple of neither: the earlier one is there until the epoch is logged.
    assert saved == [3, 9]
    assert Checkpoint.last_step(tmp_path) == 10
    assert len(list((tmp_path / "checkpoints").iterdir())) == 1


def test_a_callback_stops_the_run_at_an_epoch_s_end(tmp_path: Path) -> None:
    class Stop(_Watcher):
        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
            self.model.stop_training = epoch == 1

    _learn(tmp_path, 4 * STEPS_PER_EPOCH, Stop())
    assert Checkpoint.last_step(tmp_path) == 2 * STEPS_PER_EPOCH


def test_an_interrupted_epoch_is_logged_whole(tmp_path: Path) -> None:
    def learn(run: Path, *watchers: keras.callbacks.Callback) -> list[tuple[int, float]]:
        run.mkdir(exist_ok=True)
        model, first = _model(dropout=0.0), Checkpoint.last_step(run)
        Checkpoint.restore(model, run, step=first)
        log, watcher = EpochLog.load(run, step=first), _Watcher()
        saver = Checkpoint(run, every=2, steps=STEPS_PER_EPOCH, log=log)
        with contextlib.suppress(KeyboardInterrupt):
            learn_steps(
                model,
                _batches(first, 2 * STEPS_PER_EPOCH),
                first_step=first,
                steps_per_epoch=STEPS_PER_EPOCH,
                callbacks=[watcher, saver, *watchers],
                log=log,
            )
        return watcher.epochs

    expected = learn(tmp_path / "whole")
    first = learn(tmp_path / "parts", _Watcher(fail_after=7))
    resumed = learn(tmp_path / "parts")
    assert [epoch for epoch, _ in first + resumed] == [0, 1]
    np.testing.assert_allclose(
        [loss for _, loss in first + resumed], [loss for _, loss in expected], rtol=1e-6
    )


def test_the_time_of_an_epoch_includes_its_earlier_sittings(tmp_path: Path) -> None:
    EpochLog({"loss": 3.0}, steps=2, seconds=60.0).save(tmp_path, step=12)
    log = EpochLog.load(tmp_path, step=12)
    assert 60 <= log.seconds < 70
    assert log.means() == {"loss": 1.5}
    # It does not apply to another checkpoint.
    assert EpochLog.load(tmp_path, step=13).seconds < 10


def test_a_row_of_an_earlier_version_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / HISTORY_FILE).write_text("epoch,loss,val_roc_auc\n0,0.5,0.9\n1,0.4,0.8\n")
    history = History(tmp_path, EpochLog())
    history.set_model(_model())
    history.on_epoch_end(1, {"loss": 0.3, "val_loss": 0.2})
    first, second = read_history(tmp_path)
    assert first == {"epoch": 0, "loss": 0.5, "val_roc_auc": 0.9}
    assert (second["loss"], second["val_loss"]) == (0.3, 0.2)


def test_training_metrics_are_those_of_all_steps() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, (6, 8, 1)).astype(np.float32)
    logits = (labels - 0.5 + rng.normal(0, 1, labels.shape)).astype(np.float32)
    log = EpochLog()
    for truth, logit in zip(0.9 * labels + 0.05, logits, strict=True):
        log.add({share.__name__: float(np.mean(share(truth, logit))) for share in CONFUSION_SHARES})
    found = log.means() | {"loss": 1.0}
    TrainingMetrics().on_epoch_end(0, found)
    truth, called = labels.ravel(), logits.ravel() > 0
    assert found == pytest.approx(
        {
            "loss": 1.0,
            "precision": precision_score(truth, called),
            "recall": recall_score(truth, called),
            "f1": f1_score(truth, called),
        }
    )


def test_precision_without_alarms_is_not_a_number() -> None:
    found = dict.fromkeys(("true_positive", "false_positive"), 0.0) | {"false_negative": 0.5}
    TrainingMetrics().on_epoch_end(0, found)
    assert np.isnan(found["precision"])
    assert (found["recall"], found["f1"]) == (0, 0)


def test_an_epoch_s_loss_is_the_mean_over_its_steps() -> None:
    model = _model(dropout=0.0)
    model.optimizer.learning_rate = 0.0
    batches = list(_batches(0, 2 * STEPS_PER_EPOCH))
    losses = [float(np.mean((model(x) - y) ** 2)) for x, y, _ in batches]
    watcher = _Watcher()
    learn_steps(
        model,
        _batches(0, 2 * STEPS_PER_EPOCH),
        first_step=0,
        steps_per_epoch=STEPS_PER_EPOCH,
        callbacks=[watcher],
    )
    expected = [np.mean(losses[:STEPS_PER_EPOCH]), np.mean(losses[STEPS_PER_EPOCH:])]
    np.testing.assert_allclose([loss for _, loss in watcher.epochs], expected, rtol=1e-5)
