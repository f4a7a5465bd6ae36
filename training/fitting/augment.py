"""Stateless augmentation: the same seed gives the same patches, whatever ran before."""

from __future__ import annotations

import math

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hf_space.imaging.quality import HAEMATOXYLIN_EOSIN
from training.fitting.config import AugmentConfig

# The third stain of the matrix, diaminobenzidine, takes up what the first two do not explain.
_DIAMINOBENZIDINE = [[0.27, 0.57, 0.78]]
_MIX = np.vstack([HAEMATOXYLIN_EOSIN, _DIAMINOBENZIDINE]).astype(np.float32)
_UNMIX = np.linalg.inv(_MIX)


def augment_colour(images: tf.Tensor, config: AugmentConfig, seed: tf.Tensor) -> tf.Tensor:
    """Draw a dihedral view, a stain jitter, a contrast and a brightness for each patch.

    Args:
        images: ``(N, h, h, 3)``, 0..255, uint8 or float32, at the patch's own size, where it is
            cheapest.
        config: strengths; zero skips a step.
        seed: int32 ``(2,)``.

    Returns:
        float32 ``(N, h, h, 3)``, 0..255.
    """
    if config.right_angles:
        images = right_angles(images, seed)
    images = tf.cast(images, tf.float32)
    if config.stain:
        images = jitter_stains(images, config.stain, seed + 11)
    if config.contrast:
        factor = _uniform(images, seed + 23, config.contrast) + 1
        mean = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
        images = (images - mean) * factor + mean
    if config.brightness:
        images = images + 255 * _uniform(images, seed + 37, config.brightness)
    changed = config.stain or config.contrast or config.brightness
    return tf.clip_by_value(images, 0, 255) if changed else images


def augment_geometry(images: tf.Tensor, config: AugmentConfig, seed: tf.Tensor) -> tf.Tensor:
    """Turn each patch by a few degrees and zoom it, reflecting at the border.

    Args:
        images: float32 ``(N, s, s, 3)``, 0..255, at the model's input size, so that it is
            interpolated where it is smooth.
        config: strengths; with both zero the input is returned.
        seed: int32 ``(2,)``.
    """
    if not (config.rotation_degrees or config.zoom):
        return images
    count, size = tf.shape(images)[0], tf.cast(tf.shape(images)[1], tf.float32)
    limit = math.radians(config.rotation_degrees)
    angle = tf.random.stateless_uniform([count], seed + 51, -limit, limit)
    scale = 1 / (1 + tf.random.stateless_uniform([count], seed + 67, -config.zoom, config.zoom))
    cos, sin, centre = tf.cos(angle) * scale, tf.sin(angle) * scale, (size - 1) / 2
    offset_x = centre - cos * centre + sin * centre
    offset_y = centre - sin * centre - cos * centre
    rows = tf.stack([cos, -sin, offset_x, sin, cos, offset_y], axis=1)
    warped = tf.numpy_function(_warp, [images, rows], tf.float32, stateful=False)
    return tf.ensure_shape(warped, images.shape)


def right_angles(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Return one of the 8 dihedral views of each patch, all equally likely.

    Args:
        images: ``(N, h, h, 3)``.
        seed: int32 ``(2,)``.
    """
    coins = tf.random.stateless_uniform([tf.shape(images)[0], 3, 1, 1, 1], seed) < 0.5
    images = tf.where(coins[:, 0], tf.reverse(images, [1]), images)
    images = tf.where(coins[:, 1], tf.reverse(images, [2]), images)
    return tf.where(coins[:, 2], tf.transpose(images, [0, 2, 1, 3]), images)


def jitter_stains(images: tf.Tensor, strength: float, seed: tf.Tensor) -> tf.Tensor:
    """Scale and shift each stain's optical density (Tellez 2019, section 3.1).

    Stains are separated with the matrix of Ruifrok & Johnston 2001.

    Args:
        images: float32 ``(N, h, w, 3)``, 0..255.
        strength: sigma: factors in ``1 - strength .. 1 + strength``, shifts (optical density,
            natural logarithm) in plus or minus ``strength``.
        seed: int32 ``(2,)``.

    Returns:
        float32 of the same shape, not clipped.
    """
    shape = [tf.shape(images)[0], 1, 1, 3]
    factor = tf.random.stateless_uniform(shape, seed, 1 - strength, 1 + strength)
    shift = tf.random.stateless_uniform(shape, seed + 1, -strength, strength)
    density = -tf.math.log(tf.maximum(images, 1.0) / 255.0)
    stains = tf.tensordot(density, _UNMIX, 1) * factor + shift
    return 255.0 * tf.exp(-tf.tensordot(stains, _MIX, 1))


def _warp(images: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.float32]:
    # TensorFlow's ImageProjectiveTransform takes several times as long.
    size = images.shape[2], images.shape[1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = np.empty_like(images)
    for image, row, target in zip(images, rows, warped, strict=True):
        matrix = row.reshape(2, 3)
        cv2.warpAffine(image, matrix, size, dst=target, flags=flags, borderMode=cv2.BORDER_REFLECT)
    return warped


def _uniform(images: tf.Tensor, seed: tf.Tensor, limit: float) -> tf.Tensor:
    return tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed, -limit, limit)
