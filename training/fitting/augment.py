"""Augmentation: the same generator state gives the same patches, whatever ran before."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from training.fitting.config import AugmentConfig
from training.fitting.degrade import blur, compress, resample, sharpen
from training.fitting.stain import StainTable, jitter_stains, transfer_stains

_BLURRED_SHARE = 1 / 3
_SHARPENED_SHARE = 1 / 5
_RESAMPLED_SHARE = 1 / 5
# Green may deviate from the line between warm and cold light by this share of its length.
_TINT = 1 / 3

Images = NDArray[np.float32]


def augment_patches(
    images: NDArray[np.uint8],
    config: AugmentConfig,
    rng: np.random.Generator,
    *,
    stains: StainTable,
    sources: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """Change view, stain, light, focus and compression of patches, at their own size.

    Args:
        images: uint8 ``(N, h, h, 3)``.
        config: strengths; zero skips a step.
        rng: draws everything.
        stains: colours of the cases.
        sources: int64 ``(N,)``, the row of each patch's case in ``stains``.

    Returns:
        uint8 ``(N, h, h, 3)``.
    """
    if config.right_angles:
        images = right_angles(images, rng)
    floats = images.astype(np.float32)
    chosen = rng.random(len(images)) < config.stain_transfer
    if chosen.any():
        floats[chosen] = transfer_stains(floats[chosen], sources[chosen], stains, rng)
    if config.stain:
        floats = jitter_stains(floats, config.stain, rng)
    floats = change_light(floats, config, rng)
    # Values above the sensor's range are clipped before any later step.
    floats = _some(np.clip(floats, 0, 255), config.blur, _BLURRED_SHARE, blur, rng)
    floats = _some(floats, config.sharpening, _SHARPENED_SHARE, sharpen, rng)
    floats = _some(floats, config.resampling, _RESAMPLED_SHARE, resample, rng)
    result = np.clip(np.rint(floats), 0, 255).astype(np.uint8)
    for index in np.flatnonzero(rng.random(len(result)) < config.jpeg):
        result[index] = compress(result[index], rng)
    return result


def right_angles(images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return one of the 8 dihedral views of each patch, all equally likely.

    Args:
        images: ``(N, h, h, 3)``.
        rng: draws the views.
    """
    views = np.empty_like(images)
    for view, image, number in zip(views, images, rng.integers(8, size=len(images)), strict=True):
        turned = np.rot90(image, number % 4)
        view[...] = turned[:, ::-1] if number >= 4 else turned
    return views


def change_light(images: Images, config: AugmentConfig, rng: np.random.Generator) -> Images:
    """Draw a colour temperature, a contrast and a brightness for each patch.

    Args:
        images: float32 ``(N, h, h, 3)``, 0..255.
        config: strengths; zero skips a step.
        rng: draws them.

    Returns:
        float32 of the same shape, not clipped.
    """
    if config.warmth:
        warmth = _uniform(images, config.warmth, rng)
        tint = _uniform(images, config.warmth * _TINT, rng)
        images = images * np.exp(np.concatenate([warmth, tint, -warmth], axis=3))
    if config.contrast:
        mean = images.mean(axis=(1, 2, 3), keepdims=True)
        images = (images - mean) * (1 + _uniform(images, config.contrast, rng)) + mean
    if config.brightness:
        images = images * (1 + _uniform(images, config.brightness, rng))
    return images


def augment_geometry(images: Images, config: AugmentConfig, rng: np.random.Generator) -> Images:
    """Turn each patch by a few degrees and zoom it, reflecting at the border.

    Args:
        images: float32 ``(N, s, s, 3)``, 0..255, at the model's input size, where the image is
            smooth enough to interpolate.
        config: strengths; with both zero the input is returned.
        rng: draws angles and scales.
    """
    if not (config.rotation_degrees or config.zoom):
        return images
    size = images.shape[2], images.shape[1]
    centre = (size[0] - 1) / 2, (size[1] - 1) / 2
    angles = rng.uniform(-config.rotation_degrees, config.rotation_degrees, len(images))
    scales = rng.uniform(1 - config.zoom, 1 + config.zoom, len(images))
    warped = np.empty_like(images)
    for image, angle, scale, target in zip(images, angles, scales, warped, strict=True):
        matrix = cv2.getRotationMatrix2D(centre, angle, scale)
        cv2.warpAffine(image, matrix, size, dst=target, borderMode=cv2.BORDER_REFLECT)
    return warped


def _some(
    images: Images,
    strength: float,
    share: float,
    change: Callable[[Images, float, np.random.Generator], Images],
    rng: np.random.Generator,
) -> Images:
    if not strength:
        return images
    for index in np.flatnonzero(rng.random(len(images)) < share):
        images[index] = change(images[index], strength, rng)
    return images


def _uniform(images: Images, limit: float, rng: np.random.Generator) -> Images:
    return rng.uniform(-limit, limit, (len(images), 1, 1, 1)).astype(np.float32)
