"""From patches to augmented batches, the same batch for the same seed and step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hf_space.imaging.preprocess import preprocess
from training.data.arrays import Patches
from training.fitting.augment import augment_colour, augment_geometry
from training.fitting.config import AugmentConfig, TrainConfig


@dataclass(frozen=True, slots=True)
class Examples:
    """The patches a run learns from.

    Attributes:
        patches: the whole data set.
        indices: int64 ``(M,)``, the patches to learn from.
        targets: float32 ``(M,)``, 0..1: the label, or its mix with a teacher's probability.
        weights: float32 ``(M,)``, each example's weight in the loss, 1 on average.
    """

    patches: Patches
    indices: NDArray[np.int64]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]

    def per_epoch(self, patches_per_case: int | None) -> int:
        """Return how many patches one epoch draws."""
        return len(draw_epoch(self.case_ids, patches_per_case, seed=0, epoch=0))

    @property
    def case_ids(self) -> NDArray[np.str_]:
        """Case of each example, str ``(M,)``."""
        return self.patches.case_ids[self.indices]


def draw_epoch(
    case_ids: NDArray[np.str_], patches_per_case: int | None, *, seed: int, epoch: int
) -> NDArray[np.int64]:
    """Return the positions one epoch visits, shuffled.

    Args:
        case_ids: str ``(M,)``.
        patches_per_case: cap for each case; cases below it are taken whole.
        seed: of the run.
        epoch: from 0; each epoch draws other patches of the capped cases.
    """
    order = np.random.default_rng([seed, epoch]).permutation(len(case_ids))
    if patches_per_case is None:
        return order
    _, inverse = np.unique(case_ids[order], return_inverse=True)
    by_case = np.argsort(inverse, kind="stable")
    starts = np.searchsorted(inverse[by_case], inverse[by_case])
    rank = np.empty_like(by_case)
    rank[by_case] = np.arange(len(by_case)) - starts
    return order[rank < patches_per_case]


def class_weights(
    case_ids: NDArray[np.str_], labels: NDArray[np.int64], patches_per_case: int | None
) -> NDArray[np.float32]:
    """Return weights under which both classes count alike over an epoch's draw, 1 on average.

    Args:
        case_ids: str ``(M,)``.
        labels: int64 ``(M,)``.
        patches_per_case: cap of the draw, which changes the share of each class.
    """
    _, inverse, counts = np.unique(case_ids, return_inverse=True, return_counts=True)
    drawn = np.minimum(1.0, (patches_per_case or np.inf) / counts)[inverse]
    total = drawn.sum()
    shares = [drawn[labels == label].sum() / total for label in (0, 1)]
    return np.array([0.5 / share if share else 0.0 for share in shares], np.float32)[labels]


def training_batches(
    examples: Examples, config: TrainConfig, *, first_epoch: int, epochs: int
) -> tf.data.Dataset[Any]:
    """Return batches of ``(images, targets, weights)`` for epochs ``first_epoch .. epochs - 1``.

    Images are float32 ``(B, s, s, 3)`` in 0..255, targets and weights float32 ``(B, 1)``.
    """
    steps = steps_per_epoch(examples, config)
    load = _BatchLoader(examples, config, steps=steps)

    def batch(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        images, targets, weights = tf.numpy_function(
            load, [step], (tf.uint8, tf.float32, tf.float32), stateful=False
        )
        side = examples.patches.images.shape[1]
        images = tf.ensure_shape(images, (config.batch_size, side, side, 3))
        pair = tf.stack([tf.constant(config.seed, tf.int32), tf.cast(step, tf.int32) * 101])
        images = model_input(images, config, config.augment, pair)
        column = (config.batch_size, 1)
        return images, tf.ensure_shape(targets, column), tf.ensure_shape(weights, column)

    numbers = tf.data.Dataset.range(first_epoch * steps, epochs * steps)
    return numbers.map(batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def model_input(
    images: tf.Tensor, config: TrainConfig, augment: AugmentConfig, seed: tf.Tensor
) -> tf.Tensor:
    """Augment uint8 ``(B, h, h, 3)`` patches and resize them as the service does.

    Returns:
        float32 ``(B, s, s, 3)``, 0..255.
    """
    coloured = augment_colour(images, augment, seed)
    resized = tf.numpy_function(
        lambda patches: preprocess(
            patches,
            input_size=config.input_size,
            color_mode=config.color_mode,
            interpolation=config.interpolation,
        ),
        [tf.cast(tf.round(coloured), tf.uint8)],
        tf.float32,
        stateful=False,
    )
    shape = (images.shape[0], config.input_size, config.input_size, 3)
    return augment_geometry(tf.ensure_shape(resized, shape), augment, seed)


def steps_per_epoch(examples: Examples, config: TrainConfig) -> int:
    """Return the number of full batches in one epoch, at least one."""
    return max(1, examples.per_epoch(config.patches_per_case) // config.batch_size)


class _BatchLoader:
    """Gathers the patches of one step."""

    def __init__(self, examples: Examples, config: TrainConfig, *, steps: int) -> None:
        self._examples = examples
        self._config = config
        self._steps = steps
        # Steps are loaded in parallel, so around an epoch's end two orders are in use.
        self._order = lru_cache(maxsize=4)(
            lambda epoch: draw_epoch(
                examples.case_ids, config.patches_per_case, seed=config.seed, epoch=epoch
            )
        )

    def __call__(
        self, step: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        epoch, position = divmod(int(step), self._steps)
        size, smoothing = self._config.batch_size, self._config.label_smoothing
        # "wrap" fills the only batch of a data set smaller than one batch.
        places = np.arange(position * size, (position + 1) * size)
        chosen = np.take(self._order(epoch), places, mode="wrap")
        images = self._examples.patches.images[self._examples.indices[chosen]]
        targets = self._examples.targets[chosen, None] * (1 - smoothing) + smoothing / 2
        return images, targets.astype(np.float32), self._examples.weights[chosen, None]
