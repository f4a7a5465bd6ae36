"""From densities of stain to colours, by Beer and Lambert's law."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.tissue.noise import Field

# Ruifrok and Johnston (Anal Quant Cytol Histol 2001), as "H&E 2" of ImageJ's Colour Deconvolution.
HAEMATOXYLIN: Final = np.array([0.644, 0.717, 0.267], np.float32)
EOSIN: Final = np.array([0.046, 0.842, 0.537], np.float32)

GLASS: Final = 243.0
"""Grey level of empty glass."""


def light(haematoxylin: Field, eosin: Field) -> Field:
    """Return what shines through, float32 (h, w, 3); both densities are (h, w), 0 is empty."""
    channels = [
        cv2.exp(-(haematoxylin * blue + eosin * pink)) * GLASS
        for blue, pink in zip(HAEMATOXYLIN.tolist(), EOSIN.tolist(), strict=True)
    ]
    return np.asarray(cv2.merge(channels), np.float32)


def to_bytes(image: Field) -> NDArray[np.uint8]:
    """Round grey levels to uint8."""
    return np.asarray(np.clip(np.rint(image), 0, 255), np.uint8)
