"""Decode one image of a TIFF to pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from hf_space.errors import BiopsiaError, CorruptImageError
from hf_space.imaging.readers.colour import profile_fits, to_srgb
from hf_space.imaging.readers.tiff_colour import ToRgb
from hf_space.imaging.readers.tiff_segments import open_segments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.imaging.readers.tiff_segments import Segments


def decode_page(
    data: bytes, places: tuple[int, ...], *, profile: bytes | None, max_pixels: int
) -> tuple[NDArray[np.uint8], bool]:
    """Decode the image whose directory is at a place, band by band.

    Args:
        data: The file's content.
        places: Where the directory begins, or that of each of its three colours.
        profile: The image's ICC profile.
        max_pixels: Largest accepted width times height.

    Returns:
        uint8 (h, w, 3), sRGB, on white, not turned, with glass where a slide scanner stored no
        tile; and whether the profile could not be applied.

    Raises:
        ImageError: The image is damaged, too large, or of a kind that is not read here.
    """
    try:
        # Numbers of a hostile file overflow; NumPy would say so on standard error.
        with np.errstate(all="ignore"):
            if len(places) == 1:
                return _decoded(data, places[0], profile, max_pixels)
            return _joined(data, places, profile, max_pixels)
    except BiopsiaError:
        raise
    except Exception as error:  # decoders raise almost any type on hostile data
        raise CorruptImageError("The TIFF is truncated or damaged.") from error


def _decoded(
    data: bytes, place: int, profile: bytes | None, max_pixels: int
) -> tuple[NDArray[np.uint8], bool]:
    segments = open_segments(data, place, max_pixels=max_pixels)
    convert = ToRgb(segments.page, profile)
    if convert.is_float:
        convert.set_range(*_range(segments))
    pixels = _empty(segments)
    _fill(pixels, segments, convert)
    return pixels, convert.profile_ignored


def _joined(
    data: bytes, places: tuple[int, ...], profile: bytes | None, max_pixels: int
) -> tuple[NDArray[np.uint8], bool]:
    planes = [open_segments(data, place, max_pixels=max_pixels) for place in places]
    pixels = _empty(planes[0])
    for colour, segments in enumerate(planes):
        _fill(pixels[..., colour : colour + 1], segments, ToRgb(segments.page, None))
    if not profile:
        return pixels, False
    is_ignored = not profile_fits(profile, "RGB")
    return np.asarray(to_srgb(Image.fromarray(pixels), profile)), is_ignored


def _range(segments: Segments) -> tuple[float, float]:
    extremes = [(float(band.min()), float(band.max())) for _, band, _ in segments.bands()]
    return min(low for low, _ in extremes), max(high for _, high in extremes)


def _empty(segments: Segments) -> NDArray[np.uint8]:
    return np.empty((segments.page.imagelength, segments.page.imagewidth, 3), dtype=np.uint8)


def _fill(pixels: NDArray[np.uint8], segments: Segments, convert: ToRgb) -> None:
    """Decode into pixels (rows, columns, 3), or into one colour of them."""
    for top, band, missing in segments.bands():
        target = pixels[top : top + len(band)]
        target[...] = convert(band)[..., : pixels.shape[2]]
        if missing is not None:
            target[missing] = 255
