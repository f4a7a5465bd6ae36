"""Finds stained tissue in a region, without glass, ink and the surround of a field.

Optical density is measured relative to the glass of the same image (Ruifrok & Johnston 2001).
Pixels are stained by density and saturation with Otsu's thresholds (Otsu 1979), as in CLAM,
TIAToolbox and LazySlide. In an image of only glass or only tissue Otsu's method would split noise
or tissue, so its thresholds have absolute bounds. Those of density are at most a third of Macenko's
0.15 (ISBI 2009), because whole tiles are scored and pale tissue counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Densities = tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]

# No channel above this is black: the surround of an eyepiece's field. Nuclei are lighter.
BLACK_LEVEL: Final = 30

_NO_GLASS: Final = np.full(3, 255.0)
_DENSITY_SCALE: Final = 1000

# Noise averages out in blocks of this side in pixels.
_BLOCK: Final = 4
_MAX_BLOCKS: Final = 100_000
# A block may be glass if it is this bright, flat (standard deviation in grey levels) and colourless
# (HSV saturation).
_GLASS_BRIGHTNESS: Final = 160.0
_GLASS_TEXTURE: Final = 5.0
_GLASS_SATURATION: Final = 0.08
# With less glass than this share of the image, there is no white point.
_GLASS_SHARE: Final = 0.01
# Pale stroma and mucin look like glass, but compared with the brightest blocks they are darker than
# the light's fall-off towards the corners explains.
_BRIGHTEST_PERCENTILE: Final = 99.0
_LIGHT_FALLS_TO: Final = 0.92
# Percentile of the glass, since light falls off and a white surround is brighter than glass.
_GLASS_PERCENTILE: Final = 20.0

# An artificial surround: the corners are equal and flat to this many grey levels.
_FILL_RANGE: Final = 3
# The white point comes from other glass, if there is this much for each part of surround.
_GLASS_PER_SURROUND: Final = 0.1

# In a grey image at most this share of the blocks exceeds the saturation.
_COLOURED_SHARE: Final = 0.002
_GREY_SATURATION: Final = 0.03

# Bounds between noise with uneven light, and pale stroma or fat.
_DENSITY_BOUNDS: Final = (0.025, 0.04)
_SATURATION_BOUNDS: Final = (0.05, 0.06)
# Shadows, dust and rims are colourless and paler than this; colourless tissue is darker.
_COLOURLESS_DENSITY: Final = 0.1

# Differences of density. Haematoxylin and eosin absorb green at least as much as red.
_RED_OVER_GREEN: Final = 0.05
_GREEN_FROM_BLUE: Final = 0.08
_RED_INK: Final = 0.6
_RED_INK_BLUE: Final = -0.25
# Nuclei as dark as this have colour.
_BLACK_INK_LEVEL: Final = 90
_BLACK_INK_RANGE: Final = 0.2


@dataclass(frozen=True, slots=True)
class TissueRule:
    """The rule for stained pixels of one image.

    Attributes:
        white: float64 (3,): red, green and blue of the image's glass, 0 to 255; 255 without glass.
        surround: Grey level that fills the image around a round field, or None.
        density: Mean optical density above which a pixel is stained.
        saturation: HSV saturation that a stained pixel also exceeds, relative to the white point;
            None for a grey image, where only density counts.
    """

    white: NDArray[np.float64]
    surround: int | None
    density: float
    saturation: float | None


class Pixels(NamedTuple):
    """Masks, uint8 (h, w), 255 where true: stained tissue, and black."""

    stained: NDArray[np.uint8]
    black: NDArray[np.uint8]


class _Blocks(NamedTuple):
    """Blocks of the image: mean colours (n, 3) and standard deviations of brightness (n,)."""

    colours: NDArray[np.float32]
    textures: NDArray[np.float32]


def learn_tissue_rule(image: NDArray[np.uint8]) -> TissueRule:
    """Find an image's white point and thresholds.

    Uses at most 100,000 blocks of 4x4 pixels, the same at every call.

    Args:
        image: uint8 (h, w, 3), RGB, not empty.
    """
    surround = _surround(image)
    blocks = _sample(image)
    filled = _filled(blocks.colours, surround)
    white = _white_point(blocks, filled)
    colours = blocks.colours[~filled & (blocks.colours.max(axis=1) > BLACK_LEVEL)]
    if not len(colours):
        return TissueRule(white, surround, _DENSITY_BOUNDS[1], _SATURATION_BOUNDS[1])
    saturation = _saturation(colours)
    grey = float((_saturation(colours, white) > _GREY_SATURATION).mean()) <= _COLOURED_SHARE
    density = -np.log10((colours + 1) / (white + 1)).mean(axis=1)
    return TissueRule(
        white,
        surround,
        _otsu(density, _DENSITY_BOUNDS),
        None if grey else _otsu(saturation, _SATURATION_BOUNDS),
    )


def find_stained(strip: NDArray[np.uint8], rule: TissueRule) -> Pixels:
    """Find the stained pixels of a part of the image.

    Ink is found by colours that haematoxylin and eosin cannot mix (blue, green, red), or by
    colourless black. Violet ink looks like a stain.

    Args:
        strip: uint8 (h, w, 3), RGB: some rows of the image.
        rule: The rule of the whole image.
    """
    if strip.shape[:2] == (1, 1):
        # OpenCV treats a single pixel as a scalar.
        pair = find_stained(np.repeat(strip, 2, axis=1), rule)
        return Pixels(pair.stained[:, :1], pair.black[:, :1])
    channels: Sequence[NDArray[np.uint8]] = cv2.split(strip)
    brightest = cv2.max(cv2.max(channels[0], channels[1]), channels[2])
    black = cv2.compare(brightest, BLACK_LEVEL, cv2.CMP_LE)
    densities = _densities(channels, rule.white)
    total = densities[0] + densities[1] + densities[2]
    stained = cv2.compare(total, _units(3 * rule.density), cv2.CMP_GT)
    none = black
    if rule.saturation is not None:
        spread = _spread(densities)
        coloured = cv2.compare(spread, _units(-np.log10(1 - rule.saturation)), cv2.CMP_GT)
        stained &= coloured | cv2.compare(total, _units(3 * _COLOURLESS_DENSITY), cv2.CMP_GT)
        none = none | _ink(densities, spread, brightest)
    if rule.surround is not None:
        none = none | _near(strip, rule.surround)
    return Pixels(stained & ~none, black)


def find_ink(strip: NDArray[np.uint8], rule: TissueRule) -> NDArray[np.uint8]:
    """Find the pixels of ink that `find_stained` leaves out; none in a grey image.

    Args:
        strip: uint8 (h, w, 3), RGB, of more than one pixel: some rows of the image.
        rule: The rule of the whole image.

    Returns:
        uint8 (h, w), 255 for ink.
    """
    if rule.saturation is None:
        return np.zeros(strip.shape[:2], dtype=np.uint8)
    channels: Sequence[NDArray[np.uint8]] = cv2.split(strip)
    densities = _densities(channels, rule.white)
    brightest = cv2.max(cv2.max(channels[0], channels[1]), channels[2])
    return _ink(densities, _spread(densities), np.asarray(brightest, dtype=np.uint8))


def _units(density: float) -> int:
    return round(density * _DENSITY_SCALE)


def _densities(channels: Sequence[NDArray[np.uint8]], white: NDArray[np.float64]) -> Densities:
    levels = np.arange(256)[:, None]
    density = -np.log10((levels + 1) / (white + 1))
    tables = np.rint(density * _DENSITY_SCALE).astype(np.int16)
    red, green, blue = (cv2.LUT(*pair) for pair in zip(channels, tables.T.copy(), strict=True))
    return red, green, blue


def _spread(densities: Densities) -> NDArray[np.int16]:
    red, green, blue = densities
    highest = cv2.max(cv2.max(red, green), blue)
    lowest = cv2.min(cv2.min(red, green), blue)
    return np.asarray(cv2.subtract(highest, lowest), dtype=np.int16)


def _ink(
    densities: Densities, spread: NDArray[np.int16], brightest: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    red, green, blue = densities
    blue_or_green = cv2.compare(red - green, _units(_RED_OVER_GREEN), cv2.CMP_GT)
    blue_or_green &= cv2.compare(cv2.absdiff(green, blue), _units(_GREEN_FROM_BLUE), cv2.CMP_GT)
    reddish = cv2.compare(green - red, _units(_RED_INK), cv2.CMP_GT)
    reddish &= cv2.compare(blue - green, _units(_RED_INK_BLUE), cv2.CMP_GT)
    dark = cv2.compare(brightest, _BLACK_INK_LEVEL, cv2.CMP_LE)
    dark &= cv2.compare(spread, _units(_BLACK_INK_RANGE), cv2.CMP_LT)
    return np.asarray(blue_or_green | reddish | dark)


def _near(strip: NDArray[np.uint8], level: int) -> NDArray[np.uint8]:
    low, high = level - _FILL_RANGE, level + _FILL_RANGE
    return np.asarray(cv2.inRange(strip, (low,) * 3, (high,) * 3), dtype=np.uint8)


def _sample(image: NDArray[np.uint8]) -> _Blocks:
    """Average blocks, in rows from all over the image."""
    height, width = image.shape[:2]
    rows, columns = max(1, height // _BLOCK), max(1, width // _BLOCK)
    step = -(-rows * columns // _MAX_BLOCKS)
    means, textures = [], []
    for row in range(0, rows, step):
        strip = image[row * _BLOCK : (row + 1) * _BLOCK, : columns * _BLOCK].astype(np.float32)
        brightness = cv2.transform(strip, np.full((1, 3), 1 / 3))
        size = (columns, 1)
        mean = cv2.resize(brightness, size, interpolation=cv2.INTER_AREA)
        square = cv2.resize(brightness * brightness, size, interpolation=cv2.INTER_AREA)
        means.append(cv2.resize(strip, size, interpolation=cv2.INTER_AREA).reshape(-1, 3))
        textures.append(np.sqrt(np.maximum(square - mean * mean, 0)).ravel())
    return _Blocks(np.concatenate(means), np.concatenate(textures))


def _surround(image: NDArray[np.uint8]) -> int | None:
    """Return the grey that fills all four corners."""
    top, bottom = image[:_BLOCK], image[-_BLOCK:]
    corners = np.concatenate([part[:, side] for part in (top, bottom) for side in _SIDES])
    low, high = int(corners.min()), int(corners.max())
    return (low + high) // 2 if high - low <= _FILL_RANGE else None


_SIDES: Final = (slice(None, _BLOCK), slice(-_BLOCK, None))


def _filled(colours: NDArray[np.float32], surround: int | None) -> NDArray[np.bool_]:
    if surround is None:
        return np.zeros(len(colours), dtype=np.bool_)
    return np.asarray((np.abs(colours - surround) <= _FILL_RANGE).all(axis=1))


def _white_point(blocks: _Blocks, filled: NDArray[np.bool_]) -> NDArray[np.float64]:
    brightness = blocks.colours.mean(axis=1)
    flat = blocks.textures <= _GLASS_TEXTURE
    glass = (
        flat
        & (brightness >= _GLASS_BRIGHTNESS)
        & (_saturation(blocks.colours) <= _GLASS_SATURATION)
    )
    within = glass & ~filled
    if within.sum() >= _GLASS_PER_SURROUND * filled.sum():
        glass = within
    if not glass.any():
        return _NO_GLASS
    own = brightness[flat & ~filled] if within.any() else brightness[flat]
    glass &= brightness >= _LIGHT_FALLS_TO * np.percentile(own, _BRIGHTEST_PERCENTILE)
    if glass.sum() < max(1.0, _GLASS_SHARE * len(glass)):
        return _NO_GLASS
    return np.asarray(np.percentile(blocks.colours[glass], _GLASS_PERCENTILE, axis=0), np.float64)


def _saturation(
    colours: NDArray[np.float32], white: NDArray[np.float64] = _NO_GLASS
) -> NDArray[np.float64]:
    balanced = (colours + 1) / (white + 1)
    return np.asarray(1 - balanced.min(axis=1) / balanced.max(axis=1), dtype=np.float64)


def _otsu(values: NDArray[np.float64], bounds: tuple[float, float]) -> float:
    """Return the threshold that separates two classes best, within bounds (Otsu 1979)."""
    counts, edges = np.histogram(values, bins=256, range=(0.0, 1.0))
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    above = counts.sum() - below
    sums = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    threshold = edges[1:-1][np.nanargmax(apart)] if np.isfinite(apart).any() else bounds[1]
    return float(np.clip(threshold, *bounds))
