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
        _loss(config),
        metrics=list(CONFUSION_SHARES),
        # XLA's convolutions on a CPU were measured four times slower than TensorFlow's own.
        jit_compile=bool(tf.config.list_physical_devices("GPU")),
    )


class ConsistentCrossentropy(keras.losses.Loss):
    """Cross-entropy, and the difference between the logits of a patch's two views.

    Only the changed view gets the gradient of the difference. The other one is a target, like
    FixMatch's weakly augmented view (Sohn 2020), so that the network does not unlearn details that
    compression and blur destroy. The squared difference is the consistency cost of the Pi-model
    (Laine 2017), on logits.

    Args:
        consistency: What the squared difference counts beside the cross-entropy.

    Attributes:
        paired: 1 while batches hold two views of each patch, 0 before; may change between steps.
    """

    def __init__(self, consistency: float) -> None:
        """Keep the weight."""
        super().__init__(name="consistent_crossentropy")
        self._consistency = consistency
        self.paired = tf.Variable(1.0, trainable=False)

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each view, ``(B,)``, of logits ``(B, 1)``; see `training_batches`."""
        entropy = keras.losses.binary_crossentropy(y_true, y_pred, from_logits=True)
        target, changed = keras.ops.split(y_pred[:, 0], 2)
        distance = keras.ops.square(changed - keras.ops.stop_gradient(target))
        nothing = keras.ops.zeros_like(distance)
        weight = self._consistency * self.paired
        return entropy + weight * keras.ops.concatenate([nothing, distance])


def _loss(config: TrainConfig) -> keras.losses.Loss:
    if config.has_pairs:
        return ConsistentCrossentropy(config.consistency)
    return keras.losses.BinaryCrossentropy(from_logits=True)


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
