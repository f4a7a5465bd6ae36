"""A Keras model from a raw patch to its calibrated probability.

It consists of Keras's own operations, so that plain Keras loads it on any backend. Resampling is a
matrix product for each axis; the matrix is computed from the size of the patch.
"""

from __future__ import annotations

from typing import Final

import cv2
import keras
import numpy as np
from keras import KerasTensor, ops
from numpy.typing import NDArray

from hf_space.bundle.config import InferenceConfig
from hf_space.inference.engine import LOGIT

PROBABILITY: Final = "probability"
# ITU-R BT.601, as in OpenCV.
_LUMINANCE: Final = (0.299, 0.587, 0.114)
_INTERPOLATIONS: Final = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}


def probability_model(network: keras.Model, config: InferenceConfig) -> keras.Model:
    """Return a model with preprocessing and calibration inside.

    It treats a patch as the service does: one smaller than ``patch_size_pixels`` is padded by
    reflection on the right and at the bottom. A larger one is assumed to show the same field at a
    finer scale: it is padded to a square if needed, and reduced by averaging.

    Args:
        network: The bundle's Keras model, which reflects its own margin.
        config: Facts of the bundle.

    Returns:
        Model from uint8 ``(N, h, w, 3)``, RGB of any size, to the probability of class 1, float32
        ``(N, 1)``.
    """
    patches = keras.Input((None, None, 3), dtype="uint8", name="patches")
    images = ops.cast(patches, "float32")
    size = config.patch_size_pixels
    rows, columns = (ops.ones_like(ops.max(images, axis=axes)) for axes in ((0, 2, 3), (0, 1, 3)))
    side = ops.maximum(ops.maximum(ops.sum(rows), ops.sum(columns)), float(size))
    # At least as long as the side.
    line = ops.concatenate([rows, columns, np.ones(size, np.float32)])
    enlarging = _enlarging(config)
    vertical, horizontal = (
        ops.matmul(enlarging, _square(pixels, line, side, size)) for pixels in (rows, columns)
    )
    images = ops.einsum("ih,nhwc->niwc", vertical, images)
    images = ops.einsum("jw,niwc->nijc", horizontal, images)
    if config.color_mode == "grayscale":
        images = ops.matmul(images, np.outer(_LUMINANCE, np.ones(3)).astype(np.float32))
    if config.interpolation == "bicubic":
        images = ops.clip(images, 0.0, 255.0)
    logits = network(images)[LOGIT]
    calibrated = logits * config.calibration.slope + config.calibration.intercept
    result = keras.layers.Activation("sigmoid", dtype="float32", name=PROBABILITY)(calibrated)
    return keras.Model(patches, result, name=PROBABILITY)


def _square(pixels: KerasTensor, line: KerasTensor, side: KerasTensor, size: int) -> KerasTensor:
    """Return the matrix that pads an axis by reflection to a side and reduces it to a size.

    Args:
        pixels: Ones, ``(n,)``: the axis.
        line: Ones, ``(l,)``, l at least the side.
        side: Length after padding, ``()``.
        size: Length after reducing, by averaging over equal parts.

    Returns:
        float32 ``(size, n)``.
    """
    place, last = ops.cumsum(pixels) - 1.0, ops.sum(pixels) - 1.0
    padded = ops.cumsum(line) - 1.0
    # Back and forth between the ends, as often as needed, without repeating the ends.
    turned = last - ops.absolute(ops.mod(padded, ops.maximum(2.0 * last, 1.0)) - last)
    reflected = ops.cast(
        ops.equal(ops.expand_dims(turned, 1), ops.expand_dims(place, 0)), "float32"
    )
    ratio = side / float(size)
    first = ops.multiply(np.arange(size, dtype=np.float32)[:, None], ratio)
    start = ops.expand_dims(padded, 0)
    overlap = ops.minimum(first + ratio, start + 1.0) - ops.maximum(first, start)
    return ops.matmul(ops.relu(overlap) / ratio, reflected)


def _enlarging(config: InferenceConfig) -> NDArray[np.float32]:
    """Return OpenVINO's input from a patch along one axis, as OpenCV resizes it: float32 (s, p)."""
    patch, size = config.patch_size_pixels, config.input_size
    lines = np.eye(patch, dtype=np.float32)
    enlarged = cv2.resize(lines, (patch, size), interpolation=_INTERPOLATIONS[config.interpolation])
    return np.asarray(enlarged, np.float32)
