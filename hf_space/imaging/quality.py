"""Cheap statistics that tell a usable H&E patch from other pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hf_space.bundle.config import StatisticRange

QualityCode = Literal["blank", "blurred", "not_h_and_e"]

BRIGHTNESS: Final = "brightness"
SATURATION: Final = "saturation"
SHARPNESS: Final = "sharpness"
STAIN_RESIDUAL: Final = "stain_residual"

# Optical densities of haematoxylin and eosin in red, green and blue (Ruifrok & Johnston 2001).
HAEMATOXYLIN_EOSIN: Final = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
_MIX: Final = HAEMATOXYLIN_EOSIN.astype(np.float32)
_UNMIX: Final = np.linalg.pinv(HAEMATOXYLIN_EOSIN).astype(np.float32)
# Of each grey level, 0 to 255; 1 is added to it, so that black has one too.
OPTICAL_DENSITY: Final = -np.log10((np.arange(256, dtype=np.float32) + 1.0) / 256.0)
# Below this mean squared optical density an image is glass: it has no stain to judge.
_GLASS: Final = 1e-4


def quality_statistics(image: NDArray[np.uint8]) -> dict[str, float]:
    """Measure brightness, colour, focus and stain of an image.

    Args:
        image: uint8 (h, w, 3), RGB, not empty.

    Returns:
        ``brightness``: mean BT.601 luminance, 0 to 255.
        ``saturation``: mean HSV saturation, 0 to 1.
        ``sharpness``: variance of the luminance's Laplacian, at least 0, grey levels squared.
        ``stain_residual``: share, 0 to 1, of the squared optical density that no non-negative mix
        of haematoxylin and eosin explains; 0 for bare glass.
    """
    colour = image.astype(np.float32)
    luminance = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    saturation = cv2.cvtColor(colour / 255.0, cv2.COLOR_RGB2HSV)[:, :, 1]
    return {
        BRIGHTNESS: cv2.mean(luminance)[0],
        SATURATION: cv2.mean(saturation)[0],
        SHARPNESS: float(cv2.meanStdDev(cv2.Laplacian(luminance, cv2.CV_32F))[1][0, 0]) ** 2,
        STAIN_RESIDUAL: _stain_residual(image),
    }


def _stain_residual(image: NDArray[np.uint8]) -> float:
    density = OPTICAL_DENSITY[image.reshape(-1, 3)]
    energy = float(np.vdot(density, density))
    if energy < _GLASS * len(density):
        return 0.0
    residual = density - np.maximum(density @ _UNMIX, 0.0) @ _MIX
    return min(1.0, float(np.vdot(residual, residual)) / energy)


def quality_warnings(
    statistics: Mapping[str, float], ranges: Mapping[str, StatisticRange]
) -> list[QualityCode]:
    """Name what is unusual about an image, compared with the training images.

    A blank image is only called blank, since it has neither focus nor stain to judge. Statistics
    without a range are not judged.

    Args:
        statistics: As `quality_statistics` measures them.
        ranges: The usual range of each statistic.
    """

    def below(name: str) -> bool:
        return name in ranges and statistics[name] < ranges[name].low

    def above(name: str) -> bool:
        return name in ranges and statistics[name] > ranges[name].high

    if below(BRIGHTNESS) or above(BRIGHTNESS):
        return ["blank"]
    codes: list[QualityCode] = []
    if below(SHARPNESS):
        codes.append("blurred")
    if above(STAIN_RESIDUAL) or below(SATURATION):
        codes.append("not_h_and_e")
    return codes
