"""The preprocessing that training and the service share, so that they cannot drift apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from hf_space.bundle.config import ColorMode, Interpolation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.bundle.config import InferenceConfig


_INTERPOLATIONS: Final = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}


def pad_to_patch(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Pad an edge patch to a full one by reflection on the right and at the bottom.

    The edge pixel itself is not repeated (OpenCV's ``BORDER_REFLECT_101``); sides shorter than half
    of ``size`` are reflected as often as needed.

    Args:
        image: uint8 (h, w, 3), both sides from 1 to ``size``.
        size: Side of the patch in pixels.

    Returns:
        uint8 (size, size, 3); the input itself when it is full already.

    Raises:
        ValueError: The image is empty, larger than ``size``, or not uint8 (h, w, 3).
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"expected uint8 (h, w, 3), got {image.dtype} {image.shape}")
    height, width = image.shape[:2]
    if not (1 <= height <= size and 1 <= width <= size):
        raise ValueError(f"a {width}x{height} px image does not fit a {size} px patch")
    if height == width == size:
        return image
    padded = cv2.copyMakeBorder(
        image, 0, size - height, 0, size - width, borderType=cv2.BORDER_REFLECT_101
    )
    return np.asarray(padded, dtype=np.uint8)


def preprocess(
    patches: NDArray[np.uint8],
    *,
    input_size: int,
    color_mode: ColorMode = "rgb",
    interpolation: Interpolation = "bilinear",
) -> NDArray[np.float32]:
    """Convert patches to the network's input.

    Values stay in 0 to 255, because Keras's EfficientNets normalise inside the network. The resize
    works on float32 with half-pixel centres, so nothing is rounded, and a patch of the right size
    is unchanged. Grey is the BT.601 luminance, 0.299 R + 0.587 G + 0.114 B, in three equal
    channels.

    Args:
        patches: uint8 (N, h, w, 3), RGB.
        input_size: Side of the network's input in pixels.
        color_mode: ``rgb``, or ``grayscale`` to drop the stain's colour.
        interpolation: ``bilinear``, or ``bicubic`` clipped to 0..255.

    Returns:
        float32 (N, input_size, input_size, 3), 0 to 255.

    Raises:
        ValueError: ``patches`` is not uint8 (N, h, w, 3).
    """
    if patches.dtype != np.uint8 or patches.ndim != 4 or patches.shape[3] != 3:
        raise ValueError(f"expected uint8 (N, h, w, 3), got {patches.dtype} {patches.shape}")
    return _enlarge(patches, input_size, 0, color_mode, interpolation)


def _enlarge(
    images: NDArray[np.uint8],
    size: int,
    cut: int,
    color_mode: ColorMode,
    interpolation: Interpolation,
) -> NDArray[np.float32]:
    """Enlarge each image to a side of ``size``, then cut some pixels off every side."""
    side = size - 2 * cut
    inner = slice(cut, cut + side)
    batch = np.empty((len(images), side, side, 3), dtype=np.float32)
    for image, target in zip(images, batch, strict=True):
        source = image.astype(np.float32)
        if color_mode == "grayscale":
            source = cv2.cvtColor(source, cv2.COLOR_RGB2GRAY)
        resized = cv2.resize(source, (size, size), interpolation=_INTERPOLATIONS[interpolation])
        resized = resized[inner, inner]
        target[...] = resized if color_mode == "rgb" else resized[:, :, None]
    if interpolation == "bicubic":
        np.clip(batch, 0.0, 255.0, out=batch)
    return batch


def reflect_margin(batch: NDArray[np.float32], margin: int) -> NDArray[np.float32]:
    """Pad images by reflection on every side; the edge pixel is not repeated.

    Args:
        batch: float32 (N, s, s, 3).
        margin: Pixels on each side, fewer than ``s``; 0 returns the batch itself.

    Returns:
        float32 (N, s + 2 margin, s + 2 margin, 3).
    """
    if not margin:
        return batch
    side = batch.shape[1] + 2 * margin
    grown = np.empty((len(batch), side, side, 3), dtype=np.float32)
    for image, target in zip(batch, grown, strict=True):
        cv2.copyMakeBorder(
            image, margin, margin, margin, margin, borderType=cv2.BORDER_REFLECT_101, dst=target
        )
    return grown


def margin_rows(config: InferenceConfig) -> int:
    """Return the width in pixels, at the model's scale, of a window's margin around its tile.

    It covers the network's margin and the pixels that interpolation needs, rounded up so that the
    tile's own pixels lie as when the tile is enlarged alone: 25 for patches of 50, enlarged to 128
    with a margin of 32, and 0 without a margin.
    """
    patch, size, margin = config.patch_size_pixels, config.input_size, config.margin_pixels
    if not margin:
        return 0
    first = (0.5 - margin) * patch / size - 0.5
    needed = -math.floor(first) + (config.interpolation == "bicubic")
    step = patch // math.gcd(patch, size)
    return math.ceil(needed / step) * step


def network_input(patches: NDArray[np.uint8], config: InferenceConfig) -> NDArray[np.float32]:
    """Preprocess patches or windows for a bundle's network.

    Args:
        patches: uint8 (N, p, p, 3), RGB, to which a margin is added by reflection; or windows, as
            wide as a patch and twice `margin_rows`, whose outer part is the margin.
        config: Describes the network's input.

    Returns:
        float32 (N, s, s, 3), 0 to 255, where s is the input size and twice the margin.
    """
    size, patch = config.input_size, config.patch_size_pixels
    color_mode, interpolation = config.color_mode, config.interpolation
    rows = margin_rows(config)
    if rows and patches.shape[1] == patch + 2 * rows:
        around = rows * size // patch
        cut = around - config.margin_pixels
        return _enlarge(patches, size + 2 * around, cut, color_mode, interpolation)
    batch = preprocess(patches, input_size=size, color_mode=color_mode, interpolation=interpolation)
    return reflect_margin(batch, config.margin_pixels)
