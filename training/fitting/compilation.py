"""Loss, optimizer and learning rate."""

from __future__ import annotations

from typing import Any, Final

import keras
import tensorflow as tf

from training.fitting.config import TrainConfig

# Targets are smoothed, and mixed with those of a teacher.
_HALF: Final = 0.5


def true_positive(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """Return for each patch, ``(B,)``, whether it is a true positive."""
    return _share(y_true > _HALF, y_pred > 0)


def false_positive(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """Return for each patch, ``(B,)``, whether it is a false positive."""
    return _share(y_true <= _HALF, y_pred > 0)


def false_negative(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """Return for each patch, ``(B,)``, whether it is a false negative."""
    return _share(y_true > _HALF, y_pred <= 0)


CONFUSION_SHARES: Final = (true_positive, false_positive, false_negative)
"""The metrics of all steps follow from their means, if the steps have equal size."""


def _share(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    return keras.ops.cast(keras.ops.logical_and(one, other), "float32")[:, 0]


def compile_model(model: keras.Model, config: TrainConfig, rate: Any) -> None:
    """Give a model its loss and its optimizer, which also averages its weights."""
    model.compile(
        _optimizer(config, rate),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=list(CONFUSION_SHARES),
        # XLA's convolutions on a CPU were measured four times slower than TensorFlow's own.
        jit_compile=bool(tf.config.list_physical_devices("GPU")),
    )


def _optimizer(config: TrainConfig, rate: Any) -> keras.optimizers.Optimizer:
    average = {"use_ema": True, "ema_momentum": config.ema_momentum}
    if config.optimizer == "adam":
        return keras.optimizers.Adam(rate, ema_overwrite_frequency=None, **average)
    return keras.optimizers.AdamW(
        rate, weight_decay=config.weight_decay, ema_overwrite_frequency=None, **average
    )


def cosine_schedule(
    config: TrainConfig, steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return the learning rate of phase 2: it rises, then falls to zero at ``steps`` steps."""
    warmup = round(config.warmup_fraction * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup else config.learning_rate,
        decay_steps=max(1, steps - warmup),
        warmup_target=config.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
