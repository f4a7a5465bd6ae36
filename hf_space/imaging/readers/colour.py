"""From a file's own colour space to sRGB, by its ICC profile."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageCms

# Profiles of scanners and presses have up to 3 MB.
_LARGEST_PROFILE: Final = 4 << 20
_CACHED_TRANSFORMS: Final = 16
_SPACES: Final = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
# Two transforms that differ by one level only round differently.
_ROUNDING: Final = 1
_GRID: Final = np.linspace(0, 255, 9).round().astype(np.uint8)


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert an image to sRGB.

    The rendering intent is relative colorimetric, as in libvips and Photoshop: white stays white,
    and colours within sRGB are what was measured.

    Args:
        image: Of mode RGB, L or CMYK.
        profile: The file's ICC profile. One that is damaged, or of another kind of colour than the
            image, is ignored.

    Returns:
        An image of mode RGB.
    """
    found = _transform(profile, image.mode) if profile and len(profile) < _LARGEST_PROFILE else None
    if found is None and image.mode == "L" and profile:
        return to_srgb(image.convert("RGB"), profile)
    if found is None:
        return image if image.mode == "RGB" else image.convert("RGB")
    converted = ImageCms.applyTransform(image, found)
    return converted if converted is not None else image


@lru_cache(maxsize=_CACHED_TRANSFORMS)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return how to convert; None where there is nothing to do, or no way."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACES[mode]:
            return None
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        transform = ImageCms.buildTransform(source, _srgb(), mode, "RGB", intent)
        return None if _is_identity(transform, mode) else transform
    except Exception:  # a profile is untrusted too, and the picture can be used without
        return None


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
