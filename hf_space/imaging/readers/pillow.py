"""Read still images with Pillow: untrusted bytes to RGB pixels, under limits."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from hf_space.errors import (
    AnimatedImageError,
    CorruptImageError,
    MissingImageError,
    PayloadTooLargeError,
    TooManyPixelsError,
    UnsupportedImageError,
)
from hf_space.imaging.readers.base import Level
from hf_space.imaging.resolution import resample
from hf_space.settings import MAX_PIXELS, MAX_UPLOAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import NDArray


_STRIP_ROWS: Final = 512
# EXIF 2.32, section 4.6.5: orientations that swap width and height.
_UPRIGHT: Final = 1
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# PNG (third edition), section 5.3: length, type and checksum of a chunk are four bytes each.
_PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
_CHUNK_OVERHEAD: Final = 12
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp\0"
# TIFF 6.0, section 8: tags and units of resolution.
_RESOLUTION_TAGS: Final = (282, 283)
_RESOLUTION_UNIT: Final = 296
_MICROMETRES_PER_UNIT: Final = {2: 25_400.0, 3: 10_000.0}
_PLAUSIBLE_SCALE: Final = (0.05, 20.0)

_SIXTEEN_BIT_MODES: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_EIGHT_BIT_MODES: Final = frozenset(
    {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"}
)


class PillowReader:
    """Reads still images; an `hf_space.imaging.readers.base.ImageReader` of a single level.

    The scale comes from the TIFF resolution tags, where they are plausible. The whole image is
    decoded at the first reading and held until the reader is closed.
    """

    formats: ClassVar[tuple[str, ...]] = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
    suffixes: ClassVar[tuple[str, ...]] = (
        *(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif"),
    )

    def __init__(
        self, data: bytes, *, max_bytes: int = MAX_UPLOAD_BYTES, max_pixels: int = MAX_PIXELS
    ) -> None:
        """Read the header; the format is told by the content, never by a name.

        Args:
            data: The file's content.
            max_bytes: Largest accepted ``len(data)``.
            max_pixels: Largest accepted width times height, in the file and of what is returned.

        Raises:
            MissingImageError: ``data`` is empty.
            PayloadTooLargeError: ``data`` is longer than ``max_bytes``.
            UnsupportedImageError: No known format, or floating point or 32-bit pixels.
            TooManyPixelsError: The header declares more than ``max_pixels``.
            AnimatedImageError: The file has more than one frame or page.
            CorruptImageError: The header is damaged.
        """
        _check_bytes(data, max_bytes)
        self._max_pixels = max_pixels
        self._image = _open(data, self.formats, max_pixels)
        _check_header(self._image, max_pixels)
        # Pillow turns a TIFF by itself, and states its size as it is then.
        is_turned = self._image.format == "TIFF"
        self._orientation = _UPRIGHT if is_turned else _orientation(self._image, data)
        self.width, self.height = self._image.size
        if self._orientation in _SIDEWAYS:
            self.width, self.height = self.height, self.width
        scale = tiff_microns_per_pixel(self._image)
        self.microns_per_pixel = None if scale is None else (scale, scale)
        self.stated_scales: tuple[tuple[float, float], ...] = (
            () if scale is None else ((scale, scale),)
        )
        self.levels: tuple[Level, ...] = (Level(self.width, self.height, 1.0),)
        self.properties: Mapping[str, str] = {"format": str(self._image.format)}
        self._pixels: NDArray[np.uint8] | None = None

    @classmethod
    def accepts(cls, _data: bytes) -> bool:
        """Accept any file: what Pillow cannot read either is refused by name."""
        return True

    def read_region(
        self, x: int, y: int, width: int, height: int, microns_per_pixel: float | None = None
    ) -> NDArray[np.uint8]:
        """Read a rectangle, see `ImageReader.read_region`.

        Transparency is laid on white (the slide background), 16-bit grey is scaled to 8 bits, and
        all metadata is dropped.
        """
        if not (0 <= x < x + width <= self.width and 0 <= y < y + height <= self.height):
            raise ValueError(f"{width}x{height} px at ({x}, {y}) lie outside of the image")
        pixels = self._decoded()[y : y + height, x : x + width]
        if microns_per_pixel is None:
            return pixels
        if self.microns_per_pixel is None:
            raise ValueError("the scale of the image is unknown")
        if self.microns_per_pixel == (microns_per_pixel, microns_per_pixel):
            return pixels
        return resample(
            pixels, self.microns_per_pixel, microns_per_pixel, max_pixels=self._max_pixels
        )

    def thumbnail(self, max_side: int) -> NDArray[np.uint8]:
        """Return the whole image, at most ``max_side`` long, uint8 (h, w, 3), RGB."""
        picture = Image.fromarray(self._decoded())
        picture.thumbnail((max_side, max_side), reducing_gap=2.0)
        return np.asarray(picture)

    def close(self) -> None:
        """Release the file and its pixels."""
        self._image.close()
        self._pixels = None

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the reader."""
        self.close()

    def _decoded(self) -> NDArray[np.uint8]:
        if self._pixels is None:
            with self._image as image:
                self._pixels = _to_rgb(image, self._orientation)
        return self._pixels


def decode_image(
    data: bytes, *, max_bytes: int = MAX_UPLOAD_BYTES, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Read a whole still image at its own scale, uint8 (h, w, 3), RGB; see `PillowReader`."""
    with PillowReader(data, max_bytes=max_bytes, max_pixels=max_pixels) as reader:
        return reader.read_region(0, 0, reader.width, reader.height)


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


def _check_bytes(data: bytes, max_bytes: int) -> None:
    if not data:
        raise MissingImageError("The image is empty: 0 bytes arrived.")
    if len(data) > max_bytes:
        raise PayloadTooLargeError(
            f"The image has {len(data)} bytes; at most {max_bytes} are accepted.",
            bytes=len(data),
            max_bytes=max_bytes,
        )


def _open(data: bytes, formats: tuple[str, ...], max_pixels: int) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixelsError(
            f"The image declares too many pixels; at most {max_pixels} are accepted.",
            max_pixels=max_pixels,
        ) from error
    except UnidentifiedImageError as error:
        raise UnsupportedImageError(
            f"The bytes are not an image the service reads ({', '.join(formats)}).",
            formats=list(formats),
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


def _orientation(image: Image.Image, data: bytes) -> int:
    """Return the orientation that the file states, 1 to 8, without decoding a pixel."""
    try:
        # Pillow would decode a PNG to look behind its pixels.
        metadata = _png_metadata(data) if image.format == "PNG" else image
        found = metadata.getexif().get(ExifTags.Base.Orientation, _UPRIGHT)
    except Exception as error:  # Pillow raises almost any type on hostile metadata
        raise CorruptImageError("The image file's metadata is damaged.") from error
    return found if isinstance(found, int) else _UPRIGHT


def _png_metadata(data: bytes) -> Image.Image:
    """Return an image of no pixels with a PNG's EXIF and XMP, wherever they stand in the file."""
    holder = Image.new("1", (0, 0))
    place = len(_PNG_MAGIC)
    while place < len(data):
        length = int.from_bytes(data[place : place + 4])
        kind, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if kind == b"eXIf":
            holder.info["exif"] = b"Exif\0\0" + content
        elif kind == b"iTXt" and content.startswith(_XMP_KEYWORD):
            holder.info["xmp"] = content
        place += length + _CHUNK_OVERHEAD
    return holder


def _to_rgb(image: Image.Image, orientation: int) -> NDArray[np.uint8]:
    try:
        if orientation in _TURNS:
            image = image.transpose(_TURNS[orientation])
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
