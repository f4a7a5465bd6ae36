"""The scale of an image: what a magnification means, and resampling to another scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from hf_space.errors import ScaleError, TooManyPixelsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Enlarged more than this, a picture has no detail that the model can use.
MAX_ENLARGEMENT: Final = 8.0
# A pyramid level may be too coarse by this much. Aperio's scanners state 0.2527 µm/px at 40x, and
# 16 times that is just above 4; the next finer level has 16 times the pixels.
LEVEL_TOLERANCE: Final = 1.02
_MICRONS_AT_1X: Final = 10.0


def nominal_microns_per_pixel(magnification: float) -> float:
    """Return the usual scale of a magnification, in µm per pixel.

    10 µm/px divided by the magnification: 0.25 at 40x and 0.5 at 20x, as slide scanners label their
    scans (Sellaro et al., J Pathol Inform 2013;4:21). It is nominal: scanners differ by some per
    cent, and a camera on a microscope by more.

    Args:
        magnification: Of the objective, above 0, such as 20.
    """
    return _MICRONS_AT_1X / magnification


def resample(
    image: NDArray[np.uint8],
    microns_per_pixel: tuple[float, float],
    target_microns_per_pixel: float,
    *,
    max_pixels: int,
) -> NDArray[np.uint8]:
    """Bring an image to another scale.

    Shrinking averages pixel areas, as slide scanners' own pyramids do; enlarging is bilinear.

    Args:
        image: uint8 (h, w, 3), RGB.
        microns_per_pixel: Scale of the image in x and in y.
        target_microns_per_pixel: The scale wanted, the same in x and y.
        max_pixels: Largest accepted width times height of the result.

    Returns:
        uint8 (h, w, 3), both sides at least 1; the input itself if its size does not change.

    Raises:
        ScaleError: The image would have to be enlarged more than `MAX_ENLARGEMENT` times.
        TooManyPixelsError: The image would grow beyond ``max_pixels``.
    """
    size = (image.shape[1], image.shape[0])
    target = target_microns_per_pixel
    width, height = resampled_size(size, microns_per_pixel, target, max_pixels=max_pixels)
    if (height, width) == image.shape[:2]:
        return image
    # One axis may be reduced and the other enlarged.
    smaller = (min(width, image.shape[1]), min(height, image.shape[0]))
    resized = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
    if smaller != (width, height):
        resized = cv2.resize(resized, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.uint8)


def resampled_size(
    size: tuple[int, int],
    microns_per_pixel: tuple[float, float],
    target_microns_per_pixel: float,
    *,
    max_pixels: int,
) -> tuple[int, int]:
    """Return width and height, each at least 1, of an image that `resample` brings to a scale.

    Args:
        size: Width and height of the image in pixels.
        microns_per_pixel: Scale of the image in x and in y.
        target_microns_per_pixel: The scale wanted, the same in x and y.
        max_pixels: Largest accepted width times height, where the size changes.

    Raises:
        ScaleError: The image would have to be enlarged more than `MAX_ENLARGEMENT` times.
        TooManyPixelsError: The image would grow beyond ``max_pixels``.
    """
    target = target_microns_per_pixel
    check_enlargement(microns_per_pixel, target)
    factors = [scale / target for scale in microns_per_pixel]
    width, height = (
        max(1, round(side * factor)) for side, factor in zip(size, factors, strict=True)
    )
    if (width, height) != size and height * width > max_pixels:
        raise TooManyPixelsError(
            f"At {target:g} µm/px the image is {width}x{height} px; at most {max_pixels} "
            "pixels are accepted: send a smaller crop, or check microns_per_pixel.",
            width=width,
            height=height,
            max_pixels=max_pixels,
        )
    return width, height


def check_enlargement(
    microns_per_pixel: tuple[float, float], target_microns_per_pixel: float
) -> None:
    """Refuse a scale, in x and in y, that is too coarse for the scale wanted.

    Raises:
        ScaleError: The image would have to be enlarged more than `MAX_ENLARGEMENT` times.
    """
    coarsest, target = max(microns_per_pixel), target_microns_per_pixel
    if coarsest / target > MAX_ENLARGEMENT:
        raise ScaleError(
            f"At {coarsest:g} µm/px there is no detail left for the model, which works at "
            f"{target:g}; at most {MAX_ENLARGEMENT * target:g} are accepted.",
            microns_per_pixel=coarsest,
        )
