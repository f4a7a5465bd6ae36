"""From an image at any scale to one patch at the model's scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from hf_space.errors import RegionNotSupportedError, ScaleError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def fit_patch(
    image: NDArray[np.uint8],
    *,
    microns_per_pixel: float | None,
    spacing_um_px: float,
    patch_size: int,
) -> NDArray[np.uint8]:
    """Rescale an image to the model's scale and check that it fits one patch.

    Shrinking averages pixel areas, as slide scanners' own pyramids do; enlarging is bilinear.

    Args:
        image: uint8 (h, w, 3), RGB.
        microns_per_pixel: Scale of the image; None means that it is the model's.
        spacing_um_px: Scale of the model, micrometres per pixel.
        patch_size: Side of the model's patch in pixels.

    Returns:
        uint8 (h, w, 3), both sides from 1 to ``patch_size``; the input itself at the model's scale.

    Raises:
        ScaleError: Nothing is left of the image at the model's scale.
        RegionNotSupportedError: The image is larger than a patch at the model's scale.
    """
    factor = 1.0 if microns_per_pixel is None else microns_per_pixel / spacing_um_px
    height, width = (round(side * factor) for side in image.shape[:2])
    if min(height, width) < 1:
        raise ScaleError(
            f"At {spacing_um_px:g} µm/px the image is below one pixel; check microns_per_pixel.",
            microns_per_pixel=microns_per_pixel,
        )
    if max(height, width) > patch_size:
        raise _too_large(height, width, patch_size, spacing_um_px, microns_per_pixel)
    if (height, width) == image.shape[:2]:
        return image
    interpolation = cv2.INTER_AREA if factor < 1.0 else cv2.INTER_LINEAR
    resized = cv2.resize(image, (width, height), interpolation=interpolation)
    return np.asarray(resized, dtype=np.uint8)


def _too_large(
    height: int,
    width: int,
    patch_size: int,
    spacing_um_px: float,
    microns_per_pixel: float | None,
) -> RegionNotSupportedError:
    remedy = (
        "send a smaller crop"
        if microns_per_pixel is not None
        else "send a smaller crop or, if the image has a finer scale, its microns_per_pixel"
    )
    return RegionNotSupportedError(
        f"At {spacing_um_px:g} µm/px the image is {width}x{height} px; images must be at most one "
        f"patch, {patch_size}x{patch_size} px: {remedy}.",
        width=width,
        height=height,
        patch_size_pixels=patch_size,
        spacing_um_px=spacing_um_px,
    )
