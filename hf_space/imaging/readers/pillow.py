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
from hf_space.settings import MAX_PIXELS, MAX_UPLOAD_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMATS: Final = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")

_STRIP_ROWS: Final = 512
# TIFF 6.0, section 8: tags and units of resolution.
_RESOLUTION_TAGS: Final = (282, 283)
_RESOLUTION_UNIT: Final = 296
_MICROMETRES_PER_UNIT: Final = {2: 25_400.0, 3: 10_000.0}
_PLAUSIBLE_SCALE: Final = (0.05, 20.0)

_SIXTEEN_BIT_MODES: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_EIGHT_BIT_MODES: Final = frozenset(
    {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"}
)


class ImageFile:
    """An image file whose header was read and found within the limits; no pixel is decoded yet.

    Attributes:
        width: Pixels across, before the EXIF orientation is applied.
        height: Pixels down, likewise.
        microns_per_pixel: Scale from the TIFF resolution tags, where they are plausible; else None.
    """

    def __init__(
        self, data: bytes, *, max_bytes: int = MAX_UPLOAD_BYTES, max_pixels: int = MAX_PIXELS
    ) -> None:
        """Read the header; the format is told by the content, never by a name.

        Args:
            data: The file's content.
            max_bytes: Largest accepted ``len(data)``.
            max_pixels: Largest accepted width times height.

        Raises:
            MissingImageError: ``data`` is empty.
            PayloadTooLargeError: ``data`` is longer than ``max_bytes``.
            UnsupportedImageError: No known format, or floating point or 32-bit pixels.
            TooManyPixelsError: The header declares more than ``max_pixels``.
            AnimatedImageError: The file has more than one frame or page.
            CorruptImageError: The header is damaged.
        """
        if not data:
            raise MissingImageError("The image is empty: 0 bytes arrived.")
        if len(data) > max_bytes:
            raise PayloadTooLargeError(
                f"The image has {len(data)} bytes; at most {max_bytes} are accepted.",
                bytes=len(data),
                max_bytes=max_bytes,
            )
        self._image = _open(data, max_pixels)
        _check_header(self._image, max_pixels)
        self.width, self.height = self._image.size
        self.microns_per_pixel = tiff_microns_per_pixel(self._image)

    def decode(self) -> NDArray[np.uint8]:
        """Decode to RGB, once; the file is closed.

        The EXIF orientation is applied, transparency is laid on white (the slide background),
        16-bit grey is scaled to 8 bits, and all metadata is dropped.

        Returns:
            Array uint8 (height, width, 3), RGB, 0 to 255, C-contiguous and writable.

        Raises:
            CorruptImageError: The file is truncated or damaged.
        """
        with self._image as image:
            return _to_rgb(image)


def decode_image(
    data: bytes, *, max_bytes: int = MAX_UPLOAD_BYTES, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Decode one still image to RGB: `ImageFile` and its ``decode`` in one call."""
    return ImageFile(data, max_bytes=max_bytes, max_pixels=max_pixels).decode()


def tiff_microns_per_pixel(image: Image.Image) -> float | None:
    """Return the scale that a TIFF's resolution tags state, or None.

    Other formats' resolution says how large to print, and so do many TIFFs (72 dpi is 353 µm/px):
    only scales of a microscope or slide scanner count, 0.05 to 20 µm/px.
    """
    tags = getattr(image, "tag_v2", {})
    micrometres = _MICROMETRES_PER_UNIT.get(tags.get(_RESOLUTION_UNIT, 2))
    try:
        horizontal, vertical = (float(tags[tag]) for tag in _RESOLUTION_TAGS)
        scale = micrometres / horizontal if micrometres else 0.0
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    square = 0.99 < horizontal / vertical < 1.01 if vertical else False
    return scale if square and _PLAUSIBLE_SCALE[0] <= scale <= _PLAUSIBLE_SCALE[1] else None


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
    # A phone's MPO is a JPEG followed by previews or depth maps: its first frame is the picture.
    if image.format != "MPO" and _has_second_frame(image):
        raise AnimatedImageError("The file holds several frames or pages; send a single image.")
    if image.mode not in _EIGHT_BIT_MODES | _SIXTEEN_BIT_MODES:
        raise UnsupportedImageError(
            f"Pixels of type {image.mode} have no fixed range; send 8-bit RGB or grey."
        )


def _has_second_frame(image: Image.Image) -> bool:
    """Look for one more frame; counting them all takes minutes for a file made for it."""
    try:
        image.seek(1)
        image.seek(0)
    except EOFError:
        image.seek(0)
        return False
    except Exception as error:  # looking ahead reads the file, which may be damaged
        raise CorruptImageError("The image file is damaged.") from error
    return True


def _to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    try:
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode in _SIXTEEN_BIT_MODES:
            grey = np.asarray(image, dtype=np.uint16) // 257
            return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)
        return _flatten(image)
    except Exception as error:  # Pillow's decoders raise almost any type on hostile data
        raise CorruptImageError("The image file is truncated or damaged.") from error


def _flatten(image: Image.Image) -> NDArray[np.uint8]:
    """Lay an image on white, strip by strip: copies of a whole one would not fit beside it."""
    width, height = image.size
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    transparent = image.has_transparency_data
    for top in range(0, height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, height)
        strip = image if bottom - top == height else image.crop((0, top, width, bottom))
        if transparent:
            rgba = strip.convert("RGBA")
            strip = Image.new("RGB", rgba.size, "white")
            strip.paste(rgba, mask=rgba.getchannel("A"))
        pixels[top:bottom] = np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))
    return pixels
