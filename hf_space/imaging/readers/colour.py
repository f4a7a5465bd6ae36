"""From a file's own colour space to sRGB, by its ICC profile."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from PIL import Image, ImageCms

LARGEST_PROFILE: Final = 8 << 20
"""Bytes of the longest profile that is applied; those of scanners and presses have up to 5 MB."""

_CACHED_TRANSFORMS: Final = 8
_SPACES: Final = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
# Two transforms that differ by one level only round differently.
_ROUNDING: Final = 1
_GRID: Final = np.linspace(0, 255, 9).round().astype(np.uint8)


class _Conversion(NamedTuple):
    """How a profile is applied: not at all where it does not fit, or changes nothing."""

    fits: bool
    transform: ImageCms.ImageCmsTransform | None = None


_NONE: Final = _Conversion(fits=False)


def profile_fits(profile: bytes, mode: str) -> bool:
    """Tell whether `to_srgb` can apply a profile to an image of that mode."""
    modes = (mode, "RGB") if mode == "L" else (mode,)
    return any(_conversion(profile, each).fits for each in modes)


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert an image to sRGB.

    The rendering intent is relative colorimetric, as in libvips and Photoshop: white stays white,
    and colours within sRGB are what was measured.

    Args:
        image: Of mode RGB, L or CMYK.
        profile: The file's ICC profile. One that is damaged, longer than `LARGEST_PROFILE`, or of
            another kind of colour than the image, is ignored; see `profile_fits`.

    Returns:
        An image of mode RGB.
    """
    found = _conversion(profile, image.mode) if profile else _NONE
    if not found.fits and image.mode == "L" and profile:
        return to_srgb(image.convert("RGB"), profile)
    if found.transform is None:
        return image if image.mode == "RGB" else image.convert("RGB")
    converted = ImageCms.applyTransform(image, found.transform)
    return converted if converted is not None else image


def _conversion(profile: bytes, mode: str) -> _Conversion:
    return _built(profile, mode) if 0 < len(profile) <= LARGEST_PROFILE else _NONE


@lru_cache(maxsize=_CACHED_TRANSFORMS)
def _built(profile: bytes, mode: str) -> _Conversion:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACES[mode]:
            return _NONE
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        transform = ImageCms.buildTransform(source, _srgb(), mode, "RGB", intent)
        return _Conversion(
            fits=True, transform=None if _is_identity(transform, mode) else transform
        )
    except Exception:  # a profile is untrusted too, and the picture can be used without
        return _NONE


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _is_identity(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Tell whether nothing changes: so an sRGB profile, of any maker, costs nothing."""
    if mode == "CMYK":
        return False
    colours = np.stack(np.meshgrid(_GRID, _GRID, _GRID), axis=-1).reshape(27, 27, 3)
    image = Image.fromarray(colours if mode == "RGB" else colours[:, :, 0])
    converted = np.asarray(ImageCms.applyTransform(image, transform), dtype=np.int16)
    plain = np.asarray(image.convert("RGB"), dtype=np.int16)
    return bool(np.abs(converted - plain).max() <= _ROUNDING)
