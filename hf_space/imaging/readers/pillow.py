"""Read still images with Pillow: untrusted bytes to RGB pixels, under limits."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from hf_space.errors import (
    AnimatedImageError,
    CorruptImageError,
    MissingImageError,
    PayloadTooLargeError,
    TooManyPixelsError,
    UnsupportedImageError,
)
from hf_space.imaging.readers.base import Level
from hf_space.imaging.readers.colour import profile_fits, to_srgb
from hf_space.imaging.readers.jpeg_end import complete_jpeg
from hf_space.imaging.readers.kinds import unreadable_file
from hf_space.imaging.readers.metadata import FileParts, stated_orientation
from hf_space.imaging.readers.parts import file_parts
from hf_space.imaging.readers.png import PNG_MAGIC
from hf_space.imaging.readers.scales import agreed, still_image_scales
from hf_space.imaging.resolution import resample
from hf_space.settings import MAX_PIXELS, MAX_SLIDE_PIXELS, MAX_UPLOAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO, Self

    from numpy.typing import NDArray

    from hf_space.imaging.readers.scales import Scale

# Readers have their own limits; below the largest of them Pillow should not warn.
Image.MAX_IMAGE_PIXELS = MAX_SLIDE_PIXELS

_STRIP_ROWS: Final = 512
# Of a PNG that holds its header and its pixels only, the places of these and the bytes besides.
_PIXELS, _PIXEL_BYTES, _PNG_OVERHEAD = slice(37, 41), slice(33, 37), 57
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
_GREY_MODES: Final = frozenset({"1", "L", "LA"})
_OPAQUE_SPACES: Final = frozenset({"L", "RGB", "CMYK"})
_SIXTEEN_BIT_MODES: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_EIGHT_BIT_MODES: Final = frozenset(
    {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"}
)


class PillowReader:
    """Reads still images; an `hf_space.imaging.readers.base.ImageReader` of a single level.

    The scale comes from the resolution, where it is plausible. The whole image is decoded at the
    first reading and held until the reader is closed.
    """

    formats: ClassVar[tuple[str, ...]] = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "AVIF", "JPEG2000")
    suffixes: ClassVar[tuple[str, ...]] = (
        *(".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".avif", ".jp2", ".j2k"),
    )
    # Every file: what Pillow cannot read either is refused by name.
    signatures: ClassVar[tuple[bytes, ...]] = (b"",)

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
        check_bytes(data, max_bytes)
        parts = None if _is_bare_png(data) else file_parts(data)
        self.max_pixels = max_pixels
        file = parts.opened() if parts else io.BytesIO(data)
        self._image = _open(file, data, self.formats, max_pixels)
        _check_header(self._image, max_pixels, parts)
        info = self._image.info
        if parts is None:
            parts = FileParts(exif=info.get("exif", b""), xmp=info.get("xmp", b""))
        # A JPEG that lacks its end is read again.
        self._pieces = parts.pieces
        self._orientation = _orientation(self._image, parts)
        self._profile = info.get("icc_profile", parts.profile)
        self.profile_ignored = False
        self.width, self.height = self._image.size
        if self._orientation in _SIDEWAYS:
            self.width, self.height = self.height, self.width
        is_sideways = self._orientation in _SIDEWAYS
        self.microns_per_pixel: Scale | None = None
        self.stated_scales: tuple[Scale, ...] = ()
        # Most files have neither.
        if "dpi" in info or parts.exif:
            scales = still_image_scales(info.get("dpi", (None, None)), parts.exif)
            self.stated_scales = tuple(scale[::-1] if is_sideways else scale for scale in scales)
            self.microns_per_pixel = agreed(self.stated_scales)
        self.levels: tuple[Level, ...] = (Level(self.width, self.height, 1.0),)
        self.properties: Mapping[str, str] = {"format": str(self._image.format)}
        self._pixels: NDArray[np.uint8] | None = None

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
            pixels, self.microns_per_pixel, microns_per_pixel, max_pixels=self.max_pixels
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
                whole = _loaded(image, self._pieces)
                self._pixels, self.profile_ignored = _to_rgb(
                    whole, self._orientation, self._profile
                )
                # Pillow would hold its own copy, of four bytes a pixel, beside them.
                image.close()
        return self._pixels


def check_bytes(data: bytes, max_bytes: int) -> None:
    """Refuse a file by its length.

    Raises:
        MissingImageError: ``data`` is empty.
        PayloadTooLargeError: ``data`` is longer than ``max_bytes``.
    """
    if not data:
        raise MissingImageError("The image is empty: 0 bytes arrived.")
    if len(data) > max_bytes:
        raise PayloadTooLargeError(
            f"The image has {len(data)} bytes; at most {max_bytes} are accepted.",
            bytes=len(data),
            max_bytes=max_bytes,
        )


def _is_bare_png(data: bytes) -> bool:
    """Tell whether a file is a PNG of nothing but its header and its pixels."""
    pixels = int.from_bytes(data[_PIXEL_BYTES])
    return (
        data.startswith(PNG_MAGIC)
        and data[_PIXELS] == b"IDAT"
        and len(data) == pixels + _PNG_OVERHEAD
    )


def _open(file: BinaryIO, data: bytes, formats: tuple[str, ...], max_pixels: int) -> Image.Image:
    try:
        return Image.open(file, formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixelsError(
            f"The image declares too many pixels; at most {max_pixels} are accepted.",
            max_pixels=max_pixels,
        ) from error
    except UnidentifiedImageError as error:
        raise unreadable_file(data, formats) from error
    except Exception as error:  # Pillow's plugins raise almost any type on hostile headers
        raise CorruptImageError("The image file's header is damaged.") from error


def _check_header(image: Image.Image, max_pixels: int, parts: FileParts | None) -> None:
    width, height = image.size
    if parts and parts.size and parts.size != image.size:
        raise CorruptImageError("The image's pixels declare another size than the file.")
    if width * height > max_pixels:
        raise TooManyPixelsError(
            f"The image is {width}x{height} px; at most {max_pixels} pixels are accepted.",
            width=width,
            height=height,
            max_pixels=max_pixels,
        )
    if getattr(image, "is_animated", False):
        raise AnimatedImageError("The file holds several frames or pages; send a single image.")
    if image.mode not in _EIGHT_BIT_MODES | _SIXTEEN_BIT_MODES:
        raise UnsupportedImageError(
            f"Pixels of type {image.mode} have no fixed range; send 8-bit RGB or grey."
        )


def _orientation(image: Image.Image, parts: FileParts) -> int:
    """Return the orientation that the file states, 1 to 8, without decoding a pixel."""
    # An AVIF is turned by properties of its own, which Pillow gives as EXIF.
    exif = image.info.get("exif", b"") if image.format == "AVIF" else parts.exif
    return stated_orientation(exif, parts.xmp) if exif or parts.xmp else _UPRIGHT


def _loaded(image: Image.Image, pieces: Sequence[memoryview]) -> Image.Image:
    """Decode an image; a JPEG may lack the marker of its end."""
    try:
        image.load()
    except Exception as error:  # Pillow's decoders raise almost any type on hostile data
        if image.format == "JPEG" and (whole := complete_jpeg(b"".join(pieces))):
            return whole
        raise CorruptImageError("The image file is truncated or damaged.") from error
    return image


def _to_rgb(
    image: Image.Image, orientation: int, profile: bytes | None
) -> tuple[NDArray[np.uint8], bool]:
    """Return the pixels, and whether the profile could not be applied."""
    try:
        if orientation in _TURNS:
            image = image.transpose(_TURNS[orientation])
        return _flatten(image, profile)
    except Exception as error:  # Pillow's decoders raise almost any type on hostile data
        raise CorruptImageError("The image file is truncated or damaged.") from error


def _flatten(image: Image.Image, profile: bytes | None) -> tuple[NDArray[np.uint8], bool]:
    """Lay an image on white, strip by strip: copies of a whole one would not fit beside it."""
    width, height = image.size
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    is_ignored = False
    for top in range(0, height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, height)
        strip = image if bottom - top == height else image.crop((0, top, width, bottom))
        strip = _opaque(strip, transparent=image.has_transparency_data)
        if profile is not None:
            is_ignored = not profile_fits(profile, strip.mode)
            strip = to_srgb(strip, profile)
        pixels[top:bottom] = np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))
    return pixels, is_ignored


def _opaque(strip: Image.Image, *, transparent: bool) -> Image.Image:
    """Return a strip on white, of mode L, RGB or CMYK."""
    if strip.mode in _SIXTEEN_BIT_MODES:
        return Image.fromarray((np.asarray(strip, dtype=np.uint16) // 257).astype(np.uint8))
    if transparent and strip.mode in _GREY_MODES:
        # It stays grey: its profile may be one of grey.
        grey = strip.convert("LA")
        strip = Image.new("L", grey.size, "white")
        strip.paste(grey.getchannel("L"), mask=grey.getchannel("A"))
    elif transparent:
        rgba = strip.convert("RGBA")
        strip = Image.new("RGB", rgba.size, "white")
        strip.paste(rgba, mask=rgba.getchannel("A"))
    return strip if strip.mode in _OPAQUE_SPACES else strip.convert("RGB")
