"""Mixed precision: arithmetic in float16 on a GPU, with weights in float32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from training.errors import ConfigurationError
from training.fitting.config import TrainConfig
from training.fitting.model import rebuilt

_MIXED = "mixed_float16"


def has_gpu() -> bool:
    """Return whether TensorFlow finds a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))


@contextmanager
def precision_of(config: TrainConfig) -> Iterator[None]:
    """Within the context, new layers compute with the precision of a run's settings.

    Raises:
        ConfigurationError: They ask for mixed precision, and there is no GPU.
    """
    if not config.mixed_precision:
        yield
        return
    if not has_gpu():
        raise ConfigurationError("--mixed-precision needs a GPU, and TensorFlow finds none")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(_MIXED)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def in_float32(model: keras.Model) -> keras.Model:
    """Return a copy of a functional model, its weights included, that computes in float32."""

    def clone(layer: keras.Operation) -> keras.Operation:
        if not isinstance(layer, keras.layers.Layer):
            # Layers that only reflect use the precision of their inputs.
            return type(layer).from_config(layer.get_config())
        return type(layer).from_config(layer.get_config() | {"dtype": "float32"})

    def call(step: keras.Operation, *inputs: Any, **options: Any) -> Any:
        return step(*inputs, **options)

    return rebuilt(model, call, clone)
