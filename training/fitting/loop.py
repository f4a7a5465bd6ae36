"""The training loop, which can start within an epoch; Keras's `fit` cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from tqdm import tqdm

from training.fitting.epoch_log import EpochLog


def learn_steps(
    model: keras.Model,
    batches: tf.data.Dataset[Any],
    *,
    first_step: int,
    steps_per_epoch: int,
    callbacks: Sequence[keras.callbacks.Callback],
    log: EpochLog | None = None,
) -> None:
    """Train a compiled model on batches until they end or a callback stops it.

    Unlike `fit`, it does not replace the weights by their average at the end.

    Args:
        model: The model.
        batches: ``(images, targets, weights)`` for each step.
        first_step: Number of the first of them, counted from the run's beginning.
        steps_per_epoch: Steps in an epoch.
        callbacks: Called as `fit` does, but with a step's number in the run, not in the epoch.
        log: What the steps of an interrupted epoch told; default: nothing was interrupted.
    """
    log = log or EpochLog()
    watchers = keras.callbacks.CallbackList(list(callbacks), model=model)
    model.stop_training = False
    watchers.on_train_begin()
    # On a terminal only, not in a log.
    bar = tqdm(batches, desc="training", unit="step", disable=None)
    for step, (images, targets, weights) in enumerate(bar, start=first_step):
        epoch, position = divmod(step, steps_per_epoch)
        if position == 0:
            log.restart()
        if position == 0 or step == first_step:
            watchers.on_epoch_begin(epoch)
        watchers.on_train_batch_begin(step)
        # The figures are then of this step alone, whether or not Keras resets its running means.
        model.reset_metrics()
        logs = model.train_on_batch(images, targets, sample_weight=weights, return_dict=True)
        log.add(logs)
        watchers.on_train_batch_end(step, logs)
        if position + 1 == steps_per_epoch:
            watchers.on_epoch_end(epoch, log.means())
            if model.stop_training:
                break
    watchers.on_train_end()
