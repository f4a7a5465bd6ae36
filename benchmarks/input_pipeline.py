"""Checks that the input pipeline keeps up with training: real input against a cached batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import cycle
from statistics import median
from typing import Any

import keras
import numpy as np

from tests.synthetic import make_patches
from training.data.arrays import Patches
from training.fitting.config import Backbone, TrainConfig
from training.fitting.model import from_config, unfreeze
from training.fitting.pipeline import Examples, training_batches

_PATCHES_PER_CLASS = 256
_WARM_UP = 3
_ROUNDS = 6
_STEPS = 8


def measure(backbone: Backbone = "efficientnetv2b0") -> dict[str, float | str]:
    """Time fine-tuning steps in alternating rounds, so that a noisy machine hurts both alike.

    Returns:
        Patches per second with augmented input and with a cached batch (medians over the
        rounds), and the median of the rounds' ratios.
    """
    config = TrainConfig(dataset="", backbone=backbone, weights="none")
    model = from_config(config)
    unfreeze(model, batch_statistics=False)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(1e-4), loss, jit_compile=False)
    real = iter(training_batches(_examples(), config, first_step=0, last_step=1000))
    cached = cycle([next(real)])
    for batches in (real, cached):
        _steps(model, batches, _WARM_UP)
    rates = [
        [config.batch_size * _STEPS / _steps(model, batches, _STEPS) for batches in (real, cached)]
        for _ in range(_ROUNDS)
    ]
    return {
        "backbone": backbone,
        "augmented_patches_per_second": round(median(rate[0] for rate in rates), 1),
        "cached_patches_per_second": round(median(rate[1] for rate in rates), 1),
        "ratio": round(median(rate[0] / rate[1] for rate in rates), 3),
    }


def _steps(model: keras.Model, batches: Iterator[Any], count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        images, targets, weights = next(batches)
        model.train_on_batch(images, targets, sample_weight=weights)
    return time.perf_counter() - started


def _examples() -> Examples:
    images, labels = make_patches(_PATCHES_PER_CLASS)
    count = len(labels)
    zeros = np.zeros(count, np.int64)
    cases = np.array([f"case_{number % 16}" for number in range(count)])
    patches = Patches(images, labels, cases, zeros, zeros, np.array(["train"] * count))
    ones = np.ones(count, np.float32)
    return Examples(patches, np.arange(count), labels.astype(np.float32), ones)
