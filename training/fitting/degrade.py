"""Effects of cameras, viewers and file formats: blur, sharpening, resampling, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_LEAST_BLUR = 0.3
_QUALITIES = (40, 95)
_SAMPLINGS = (
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
)
_INTERPOLATIONS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA)

Patch = NDArray[np.float32]


def blur(patch: Patch, largest_sigma: float, rng: np.random.Generator) -> Patch:
    """Blur float32 ``(h, w, 3)`` by a Gaussian with a sigma of up to this many pixels."""
    sigma = rng.uniform(min(_LEAST_BLUR, largest_sigma), largest_sigma)
    return _blurred(patch, sigma)


def sharpen(patch: Patch, largest_factor: float, rng: np.random.Generator) -> Patch:
    """Add the difference from a blurred copy, up to this many times; float32 ``(h, w, 3)``."""
    factor = np.float32(rng.uniform(0, largest_factor))
    return patch + factor * (patch - _blurred(patch, 1.0))


def resample(patch: Patch, largest_share: float, rng: np.random.Generator) -> Patch:
    """Reduce float32 ``(h, w, 3)`` by up to a share of its side, and enlarge it again."""
    height, width = patch.shape[:2]
    factor = 1 - rng.uniform(0, largest_share)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    down, up = rng.integers(len(_INTERPOLATIONS)), rng.integers(2)
    small = cv2.resize(patch, size, interpolation=_INTERPOLATIONS[down])
    large = cv2.resize(small, (width, height), interpolation=_INTERPOLATIONS[up])
    return np.asarray(large, np.float32)


def compress(patch: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Write uint8 ``(h, w, 3)`` as JPEG of quality 40 to 95 and read it again."""
    quality = int(rng.integers(_QUALITIES[0], _QUALITIES[1] + 1))
    sampling = _SAMPLINGS[rng.integers(len(_SAMPLINGS))]
    options = (cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling)
    # For OpenCV the first channel is blue, and JPEG treats the channels differently.
    _, file = cv2.imencode(".jpg", patch[..., ::-1], options)
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR_RGB), np.uint8)


def _blurred(patch: Patch, sigma: float) -> Patch:
    blurred = cv2.GaussianBlur(patch, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(blurred, np.float32)
