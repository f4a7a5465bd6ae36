"""The activation map drawn over the image it explains."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Calibrated logits. Fixed, not per image, so that colours compare between images and a pure
# negative does not glow; 6 is a probability of 0.998, beyond which more evidence changes nothing.
FULL_SCALE_LOGIT: Final = 6.0
MAX_OPACITY: Final = 0.65
OVERLAY_SCALE: Final = 4


def draw_overlay(
    image: NDArray[np.uint8],
    activation: NDArray[np.floating],
    *,
    patch_size: int,
    scale: int = OVERLAY_SCALE,
) -> NDArray[np.uint8]:
    """Draw positive evidence over an image; negative evidence leaves it as it is.

    Colour (OpenCV's inferno) and opacity both follow the evidence from 0 to `FULL_SCALE_LOGIT`.

    Args:
        image: uint8 (h, w, 3), RGB, at the model's scale; h and w at most ``patch_size``.
        activation: (rows, columns), calibrated logits over the whole patch, of which the image is
            the upper left part.
        patch_size: Side of the patch in pixels.
        scale: Enlargement of the drawing.

    Returns:
        uint8 (h * scale, w * scale, 3), RGB.
    """
    height, width = image.shape[0] * scale, image.shape[1] * scale
    side = patch_size * scale
    evidence = _enlarge(activation.astype(np.float32), side, side)[:height, :width]
    evidence = np.clip(evidence / FULL_SCALE_LOGIT, 0.0, 1.0)
    colour = cv2.applyColorMap(np.rint(evidence * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    colour = cv2.cvtColor(colour, cv2.COLOR_BGR2RGB).astype(np.float32)
    opacity = (MAX_OPACITY * evidence)[:, :, None]
    background = _enlarge(image.astype(np.float32), height, width)
    blended = np.clip(background * (1.0 - opacity) + colour * opacity, 0.0, 255.0)
    return np.asarray(np.rint(blended), dtype=np.uint8)


def overlay_data_url(picture: NDArray[np.uint8]) -> str:
    """Encode an RGB picture, uint8 (h, w, 3), as a PNG data URL."""
    _, png = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode("ascii")


def _enlarge(values: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    enlarged = cv2.resize(values, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged, dtype=np.float32)
