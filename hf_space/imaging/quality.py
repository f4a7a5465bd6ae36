"""Fast statistics that distinguish a usable H&E patch from other pictures."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hf_space.bundle.config import StainReference, StatisticRange

QualityCode = Literal["blank", "blurred", "not_h_and_e", "too_blurred", "unlike_training"]

BRIGHTNESS: Final = "brightness"
SATURATION: Final = "saturation"
SHARPNESS: Final = "sharpness"
STAIN_RESIDUAL: Final = "stain_residual"
STAIN_DISTANCE: Final = "stain_distance"

# Optical densities of haematoxylin and eosin in red, green and blue (Ruifrok & Johnston 2001).
HAEMATOXYLIN_EOSIN: Final = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
_MIX: Final = HAEMATOXYLIN_EOSIN.astype(np.float32)
_UNMIX: Final = np.linalg.pinv(HAEMATOXYLIN_EOSIN).astype(np.float32)
# Optical density of each grey level, 0 to 255; 1 is added, so that black has a finite one.
OPTICAL_DENSITY: Final = -np.log10((np.arange(256, dtype=np.float32) + 1.0) / 256.0)
# Below this mean squared optical density an image is glass: it has no stain to judge.
_GLASS: Final = 1e-4
# Avoids division by zero for an image of a single colour.
_NO_SPREAD: Final = 1e-9
# The entries of a covariance matrix that determine it together with its trace.
_ENTRIES: Final = ([0, 1, 0, 0, 1], [0, 1, 1, 2, 2])


def quality_statistics(
    image: NDArray[np.uint8], reference: StainReference | None = None
) -> dict[str, float]:
    """Measure brightness, colour, focus and stain of an image.

    Args:
        image: uint8 (h, w, 3), RGB, not empty.
        reference: The stain of the training patches.

    Returns:
        ``brightness``: mean BT.601 luminance, 0 to 255.
        ``saturation``: mean HSV saturation, 0 to 1.
        ``sharpness``: variance of the luminance's Laplacian, at least 0, grey levels squared.
        ``stain_residual``: share, 0 to 1, of the squared optical density that no non-negative mix
        of haematoxylin and eosin explains; 0 for bare glass.
        ``stain_distance``, with a reference: Mahalanobis distance of the `stain_vector` from it,
        at least 0, in standard deviations.
    """
    colour = image.astype(np.float32)
    luminance = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    saturation = cv2.cvtColor(colour / 255.0, cv2.COLOR_RGB2HSV)[:, :, 1]
    density = OPTICAL_DENSITY[image.reshape(-1, 3)]
    statistics = {
        BRIGHTNESS: cv2.mean(luminance)[0],
        SATURATION: cv2.mean(saturation)[0],
        SHARPNESS: float(cv2.meanStdDev(cv2.Laplacian(luminance, cv2.CV_32F))[1][0, 0]) ** 2,
        STAIN_RESIDUAL: _stain_residual(density),
    }
    if reference:
        statistics[STAIN_DISTANCE] = _distance(stain_vector(density), reference)
    return statistics


def stain_vector(density: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean and the covariance of optical densities as nine numbers.

    The covariance of optical densities does not change with the light, since brightness and white
    balance shift all densities of a channel equally. It depends on the dyes, as in Macenko (2009).

    Args:
        density: float32 (N, 3), optical density of each pixel in red, green and blue; N at least 1.

    Returns:
        float64 (9,): the three means, five entries of the covariance divided by its trace, and the
        decimal logarithm of the trace.
    """
    exact = density.astype(np.float64)
    mean = np.full(len(exact), 1.0 / len(exact)) @ exact
    covariance = exact.T @ exact / len(exact) - np.outer(mean, mean)
    trace = max(0.0, covariance[0, 0] + covariance[1, 1] + covariance[2, 2]) + _NO_SPREAD
    return np.concatenate([mean, covariance[_ENTRIES] / trace, [np.log10(trace)]])


def _distance(vector: NDArray[np.float64], reference: StainReference) -> float:
    mean, precision = _as_arrays(reference)
    offset = vector - mean
    return math.sqrt(max(0.0, float(offset @ precision @ offset)))


@lru_cache(maxsize=4)
def _as_arrays(reference: StainReference) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array(reference.mean), np.array(reference.precision)


def _stain_residual(density: NDArray[np.float32]) -> float:
    energy = float(np.vdot(density, density))
    if energy < _GLASS * len(density):
        return 0.0
    residual = density - np.maximum(density @ _UNMIX, 0.0) @ _MIX
    return min(1.0, float(np.vdot(residual, residual)) / energy)


def quality_warnings(
    statistics: Mapping[str, float],
    usual: Mapping[str, StatisticRange],
    assessable: Mapping[str, StatisticRange],
) -> list[QualityCode]:
    """Return warnings for statistics that are unusual compared with the training images.

    Focus is not checked in an almost empty image, nor stain in one that is out of focus. Statistics
    without a range are not checked; colours without an assessable range are checked by the usual
    one.

    Args:
        statistics: As `quality_statistics` measures them.
        usual: Range of each statistic outside which there is a caution.
        assessable: Range of each statistic outside which there is no verdict.
    """

    def below(name: str, ranges: Mapping[str, StatisticRange]) -> bool:
        low = ranges[name].low if name in statistics and name in ranges else None
        return low is not None and statistics[name] < low

    def above(name: str, ranges: Mapping[str, StatisticRange]) -> bool:
        high = ranges[name].high if name in statistics and name in ranges else None
        return high is not None and statistics[name] > high

    empty = above(BRIGHTNESS, usual)
    codes: list[QualityCode] = ["blank"] if empty or below(BRIGHTNESS, usual) else []
    if not empty and below(SHARPNESS, assessable):
        return [*codes, "too_blurred"]
    if not empty and below(SHARPNESS, usual):
        codes.append("blurred")
    colours = {**usual, **assessable}
    if above(STAIN_RESIDUAL, colours) or below(SATURATION, colours):
        codes.append("not_h_and_e")
    elif above(STAIN_DISTANCE, assessable):
        codes.append("unlike_training")
    return codes
