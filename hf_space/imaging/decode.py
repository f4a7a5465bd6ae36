"""Untrusted bytes to RGB pixels, under limits."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from hf_space.errors import (
    AnimatedImageError,
    CorruptImageError,
    MissingImageError,
    PayloadTooLargeError,
    TooManyPixelsError,
    UnsupportedImageError,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMATS: Final = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
MAX_BYTES: Final = 20 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000

_SIXTEEN_BIT_MODES: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_EIGHT_BIT_MODES: Final = frozenset(
    {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"}
)


def decode_image(
    data: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Decode one still image to RGB.

    The format is told by the content, never by a name. The EXIF orientation is applied,
    transparency is laid on white (the slide background), 16-bit grey is scaled to 8 bits, and all
    metadata is dropped. The pixel count is checked on the header, before any pixel is decoded.

    Args:
        data: The file's content.
        max_bytes: Largest accepted ``len(data)``.
        max_pixels: Largest accepted width times height.

    Returns:
        Array uint8 (height, width, 3), RGB, 0 to 255, C-contiguous and writable.

    Raises:
        MissingImageError: ``data`` is empty.
        PayloadTooLargeError: ``data`` is longer than ``max_bytes``.
        UnsupportedImageError: No known format, or floating point or 32-bit pixels.
        TooManyPixelsError: The header declares more than ``max_pixels``.
        AnimatedImageError: The file has more than one frame or page.
        CorruptImageError: The file is truncated or damaged.
    """
    if not data:
        raise MissingImageError("The image is empty: 0 bytes arrived.")
    if len(data) > max_bytes:
        raise PayloadTooLargeError(
            f"The image has {len(data)} bytes; at most {max_bytes} are accepted.",
            bytes=len(data),
            max_bytes=max_bytes,
        )
    with _open(data, max_pixels) as image:
        _check_header(image, max_pixels)
        return _to_rgb(image)


def _open(data: bytes, max_pixels: int) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixelsError(
            f"The image declares too many pixels; at most {max_pixels} are accepted.",
            max_pixels=max_pixels,
        ) from error
    except UnidentifiedImageError as error:
        raise UnsupportedImageError(
            f"The bytes are not an image the service reads ({', '.join(FORMATS)}).",
            formats=list(FORMATS),
        ) from error
    except Exception as error:  # Pillow's plugins raise almost any type on hostile headers
        raise CorruptImageError("The image file's header is damaged.") from error


def _check_header(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise TooManyPixelsError(
            f"The image is {width}x{height} px; at most {max_pixels} pixels are accepted.",
            width=width,
            height=height,
            max_pixels=max_pixels,
        )
    if _frames(image) > 1:
        raise AnimatedImageError("The file holds several frames or pages; send a single image.")
    if image.mode not in _EIGHT_BIT_MODES | _SIXTEEN_BIT_MODES:
        raise UnsupportedImageError(
            f"Pixels of type {image.mode} have no fixed range; send 8-bit RGB or grey."
        )


def _frames(image: Image.Image) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception as error:  # counting frames walks the file, which may be damaged
        raise CorruptImageError("The image file is damaged.") from error


def _to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    try:
        upright = ImageOps.exif_transpose(image)
        if upright.mode in _SIXTEEN_BIT_MODES:
            grey = np.asarray(upright, dtype=np.uint16) // 257
            return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)
        if upright.has_transparency_data:
            rgba = upright.convert("RGBA")
            white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
            upright = Image.alpha_composite(white, rgba)
        return np.array(upright.convert("RGB"), dtype=np.uint8)
    except Exception as error:  # Pillow's decoders raise almost any type on hostile data
        raise CorruptImageError("The image file is truncated or damaged.") from error
