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
from training.errors import ConfigurationError
from training.fitting.augment import augment_geometry, augment_patches
from training.fitting.config import AugmentConfig, TrainConfig
from training.fitting.stain import StainTable, measure_stains

# Two threads prepare batches while the network learns; more would only compete with it.
_PARALLEL = 2


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


def loss_weights(
    case_ids: NDArray[np.str_],
    labels: NDArray[np.int64],
    sampling: NDArray[np.float64],
    *,
    patches_per_case: int | None,
    balance: bool,
) -> NDArray[np.float32]:
    """Return each patch's weight in the loss, 1 on average over an epoch's draw.

    A case's weight in an epoch is the sum of its sampling weights, limited to ``patches_per_case``.
    Of a larger case only some patches are drawn, and their weights compensate for it.

    Args:
        case_ids: str ``(M,)``.
        labels: int64 ``(M,)``.
        sampling: float64 ``(M,)``, weights that restore natural proportions.
        patches_per_case: cap of the draw.
        balance: make both classes count alike.
    """
    cap = patches_per_case or np.inf
    _, inverse, counts = np.unique(case_ids, return_inverse=True, return_counts=True)
    drawn = np.minimum(1.0, cap / counts)[inverse]
    natural = np.bincount(inverse, sampling)
    weights = sampling * np.minimum(1.0, cap / natural)[inverse] / drawn
    if balance:
        shares = np.bincount(labels, weights * drawn, minlength=2)
        weights = weights * np.divide(1, shares, where=shares > 0, out=np.zeros(2))[labels]
    result: NDArray[np.float32] = (weights / np.average(weights, weights=drawn)).astype(np.float32)
    return result


def training_batches(
    examples: Examples, config: TrainConfig, *, first_step: int, last_step: int
) -> tf.data.Dataset[Any]:
    """Return batches of ``(images, targets, weights)`` for steps ``first_step .. last_step - 1``.

    Images are float32 ``(B, s, s, 3)`` in 0..255, targets and weights float32 ``(B, 1)``.
    """
    load = _BatchLoader(examples, config)

    def batch(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        images, targets, weights = tf.numpy_function(
            load, [step], (tf.float32, tf.float32, tf.float32), stateful=False
        )
        side, column = config.input_size, (config.batch_size, 1)
        images = tf.ensure_shape(images, (config.batch_size, side, side, 3))
        return images, tf.ensure_shape(targets, column), tf.ensure_shape(weights, column)

    numbers = tf.data.Dataset.range(first_step, last_step)
    return numbers.map(batch, num_parallel_calls=_PARALLEL).prefetch(_PARALLEL)


def model_input(
    images: NDArray[np.uint8],
    config: TrainConfig,
    augment: AugmentConfig,
    rng: np.random.Generator,
    *,
    stains: StainTable,
    sources: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Augment uint8 ``(B, h, h, 3)`` patches and resize them as the service does.

    Args:
        images: the patches.
        config: input size, colour and interpolation.
        augment: strengths.
        rng: draws the augmentation.
        stains: colours of the cases.
        sources: int64 ``(B,)``, the row of each patch's case in ``stains``.

    Returns:
        float32 ``(B, s, s, 3)``, 0..255.
    """
    resized = preprocess(
        augment_patches(images, augment, rng, stains=stains, sources=sources),
        input_size=config.input_size,
        color_mode=config.color_mode,
        interpolation=config.interpolation,
    )
    return augment_geometry(resized, augment, rng)


def steps_per_epoch(examples: Examples, config: TrainConfig) -> int:
    """Return the number of full batches in one epoch, at least one.

    Raises:
        ConfigurationError: an epoch draws less than one batch.
    """
    drawn = examples.per_epoch(config.patches_per_case)
    if config.batch_size > drawn:
        raise ConfigurationError(
            f"an epoch draws {drawn:,} patches, less than a batch of {config.batch_size:,}: "
            f"give --batch-size {drawn} or less"
        )
    return drawn // config.batch_size


class _BatchLoader:
    """Gathers, augments and resizes the patches of one step."""

    def __init__(self, examples: Examples, config: TrainConfig) -> None:
        self._examples = examples
        self._config = config
        self._steps = steps_per_epoch(examples, config)
        self._stains = measure_stains(examples.patches, examples.indices)
        # Steps are loaded in parallel, so two orders are in use around an epoch's end.
        self._order = lru_cache(maxsize=4)(
            lambda epoch: draw_epoch(
                examples.case_ids, config.patches_per_case, seed=config.seed, epoch=epoch
            )
        )

    def __call__(
        self, step: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        epoch, position = divmod(int(step), self._steps)
        size, smoothing = self._config.batch_size, self._config.label_smoothing
        chosen = self._order(epoch)[position * size : (position + 1) * size]
        indices = self._examples.indices[chosen]
        images = model_input(
            self._examples.patches.images[indices],
            self._config,
            self._config.augment,
            np.random.default_rng([self._config.seed, int(step)]),
            stains=self._stains,
            sources=self._stains.case_of[indices],
        )
        targets = self._examples.targets[chosen, None] * (1 - smoothing) + smoothing / 2
        return images, targets.astype(np.float32), self._examples.weights[chosen, None]
