"""Effects of cameras, viewers and file formats on a patch, each at one strength."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Patch = NDArray[np.uint8]
Shift = Callable[[Patch], Patch]

# Light of a lower colour temperature: more red, less blue.
_WARM: Final = np.array([1.1, 1.0, 0.85])


def jpeg(quality: int) -> Shift:
    """Return a shift that compresses a patch as JPEG, with chroma halved as most writers do."""

    def compress(patch: Patch) -> Patch:
        options = (cv2.IMWRITE_JPEG_QUALITY, quality)
        _, file = cv2.imencode(".jpg", cv2.cvtColor(patch, cv2.COLOR_RGB2BGR), options)
        return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR_RGB), np.uint8)

    return compress


def blur(sigma: float) -> Shift:
    """Return a shift that blurs a patch by a Gaussian of this sigma in pixels, reflecting edges."""

    def smooth(patch: Patch) -> Patch:
        return np.asarray(
            cv2.GaussianBlur(patch, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.uint8
        )

    return smooth


def light(*factors: float) -> Shift:
    """Return a shift that multiplies the channels, or all by one factor, and clips them."""

    def shine(patch: Patch) -> Patch:
        lit: Patch = np.clip(np.rint(patch * np.array(factors)), 0, 255).astype(np.uint8)
        return lit

    return shine


def turn(patch: Patch) -> Patch:
    """Turn a patch by a right angle."""
    return np.ascontiguousarray(np.rot90(patch))


SHIFTS: Final[dict[str, Shift]] = {
    "jpeg_90": jpeg(90),
    "jpeg_75": jpeg(75),
    "jpeg_50": jpeg(50),
    "blur_1.0": blur(1.0),
    "blur_1.5": blur(1.5),
    "brightness_1.2": light(1.2),
    "warm_light": light(*_WARM),
    "right_angle": turn,
}
"""All shifts by name; each maps uint8 (h, h, 3) to the same."""
