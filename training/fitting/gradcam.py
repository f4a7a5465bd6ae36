"""Grad-CAM by automatic differentiation: the reference for the exported activation map."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.fitting.model import FEATURE_MAP, LOGIT


def grad_cam(model: keras.Model, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the Grad-CAM of the logit over the last features, without the final ReLU.

    Selvaraju 2017, equations 1 and 2: each feature map is weighted by the average of its
    gradient. Negative evidence is kept, because benign tissue has to be explained as well.

    Args:
        model: a model of `build_model` or `explained`.
        images: float32 ``(N, s, s, 3)``, 0..255.

    Returns:
        float32 ``(N, rows, columns)``.
    """
    split = keras.Model(
        model.input, [model.get_layer(FEATURE_MAP).output, model.get_layer(LOGIT).output]
    )
    with tf.GradientTape() as tape:
        inputs = tf.constant(images)
        tape.watch(inputs)
        features, logit = split(inputs, training=False)
    weights = tf.reduce_mean(tape.gradient(logit, features), axis=(1, 2), keepdims=True)
    cam: NDArray[np.float32] = tf.reduce_sum(weights * features, axis=-1).numpy()
    return cam
