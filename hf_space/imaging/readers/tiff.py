"""Read TIFF with tifffile and imagecodecs: every layout, compression and pyramid of the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from PIL import Image

from hf_space.errors import (
    CorruptImageError,
    TooManyPixelsError,
    UnsupportedImageError,
)
from hf_space.imaging.readers import tiff_directory as tags
from hf_space.imaging.readers.base import Level
from hf_space.imaging.readers.pillow import check_bytes
from hf_space.imaging.readers.scales import (
    agreed,
    aperio_scale,
    imagej_scale,
    resolution_scale,
)
from hf_space.imaging.readers.tiff_directory import TiffDirectories
from hf_space.imaging.readers.tiff_pages import find_levels
from hf_space.imaging.resolution import LEVEL_TOLERANCE, resample
from hf_space.messages.errors import unsupported_format
from hf_space.settings import MAX_PIXELS, MAX_UPLOAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import NDArray

    from hf_space.imaging.readers.scales import Scale
    from hf_space.imaging.readers.tiff_pages import Page

_UPRIGHT: Final = 1
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
_CANON_RAW: Final = slice(8, 10)


class TiffReader:
    """Reads the main image of a TIFF; an `hf_space.imaging.readers.base.ImageReader`.

    A pyramid, an Aperio slide or an OME-TIFF has one level for each reduced copy. Only the level
    that is needed is decoded, band by band, and held until the reader is closed.
    """

    formats: ClassVar[tuple[str, ...]] = ("TIFF",)
    suffixes: ClassVar[tuple[str, ...]] = (".tif", ".tiff", ".btf", ".svs")
    signatures: ClassVar[tuple[bytes, ...]] = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

    def __init__(
        self, data: bytes, *, max_bytes: int = MAX_UPLOAD_BYTES, max_pixels: int = MAX_PIXELS
    ) -> None:
        """Read the directories; no pixel is decoded.

        Args:
            data: The file's content.
            max_bytes: Largest accepted ``len(data)``.
            max_pixels: Largest accepted width times height, of the level that is read and of what
                is returned.

        Raises:
            PayloadTooLargeError: ``data`` is longer than ``max_bytes``.
            UnsupportedImageError: It is a camera's raw file, or a tag has far too many values.
            TooManyPixelsError: Every level has more than ``max_pixels``.
            AnimatedImageError: The file has more than one picture.
            CorruptImageError: A directory is damaged.
        """
        check_bytes(data, max_bytes)
        if data[_CANON_RAW] == b"CR":
            kind = "A camera's raw file"
            raise UnsupportedImageError(unsupported_format(kind, "en"), format=kind)
        self._data = data
        self.max_pixels = max_pixels
        try:
            self._read_directories(TiffDirectories(data))
        except (TypeError, ValueError, OverflowError) as error:  # numbers that cannot be
            raise CorruptImageError("The TIFF's directory is damaged.") from error
        self._check_pixels(self.levels[-1])
        self.profile_ignored = False
        self._pixels: tuple[int, NDArray[np.uint8]] | None = None

    def _read_directories(self, directories: TiffDirectories) -> None:
        pages = find_levels(directories)
        if pages[0].is_tiled and directories.is_cut_off:
            # A stray number after the last strip is harmless; after tiles it means a lost level.
            raise CorruptImageError("The TIFF is truncated.")
        main = pages[0].directory
        self._places = [page.places for page in pages]
        self._profile = main.content(tags.ICC_PROFILE)
        self._orientation = main.number(tags.ORIENTATION, _UPRIGHT)
        is_sideways = self._orientation in _SIDEWAYS
        sizes = [page.size[::-1] if is_sideways else page.size for page in pages]
        self.width, self.height = sizes[0]
        self.levels: tuple[Level, ...] = tuple(
            Level(width, height, max(self.width / width, self.height / height))
            for width, height in sizes
        )
        scales = stated_scales(pages[0])
        self.stated_scales = tuple(scale[::-1] if is_sideways else scale for scale in scales)
        self.microns_per_pixel = agreed(self.stated_scales)
        self.properties: Mapping[str, str] = {"format": "TIFF"}

    def read_region(
        self, x: int, y: int, width: int, height: int, microns_per_pixel: float | None = None
    ) -> NDArray[np.uint8]:
        """Read a rectangle from the coarsest level that still has its detail.

        See `ImageReader.read_region`.

        Raises:
            TooManyPixelsError: The level that is needed has more than ``max_pixels``.
        """
        if not (0 <= x < x + width <= self.width and 0 <= y < y + height <= self.height):
            raise ValueError(f"{width}x{height} px at ({x}, {y}) lie outside of the image")
        if microns_per_pixel is None:
            return self._level(0)[y : y + height, x : x + width]
        if self.microns_per_pixel is None:
            raise ValueError("the scale of the image is unknown")
        across, down = self.microns_per_pixel
        index = self._level_for(microns_per_pixel / max(across, down))
        pixels = self._crop(index, x, y, width, height)
        if pixels.shape[:2] == (height, width) and across == down == microns_per_pixel:
            return pixels
        rows, columns = pixels.shape[:2]
        scale = (across * width / columns, down * height / rows)
        return resample(pixels, scale, microns_per_pixel, max_pixels=self.max_pixels)

    def thumbnail(self, max_side: int) -> NDArray[np.uint8]:
        """Return the whole image, at most ``max_side`` long, uint8 (h, w, 3), RGB."""
        index = self._level_for(max(self.width, self.height) / max_side)
        pixels = self._pixels[1] if self._pixels else self._level(self._within_limit(index))
        picture = Image.fromarray(pixels)
        picture.thumbnail((max_side, max_side), reducing_gap=2.0)
        return np.asarray(picture)

    def close(self) -> None:
        """Release the pixels."""
        self._pixels = None

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the reader."""
        self.close()

    def _level_for(self, downsample: float) -> int:
        """Return the coarsest level that is reduced no more than that."""
        enough = [
            index
            for index, level in enumerate(self.levels)
            if level.downsample <= downsample * LEVEL_TOLERANCE
        ]
        return enough[-1] if enough else 0

    def _within_limit(self, index: int) -> int:
        """Return a level, or the next coarser one that has no more than ``max_pixels``."""
        coarser = enumerate(self.levels[index:], index)
        return next(i for i, each in coarser if each.width * each.height <= self.max_pixels)

    def _crop(self, index: int, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        level = self.levels[index]
        across, down = self.width / level.width, self.height / level.height
        left, top = round(x / across), round(y / down)
        right, bottom = round((x + width) / across), round((y + height) / down)
        pixels = self._level(index)
        left, top = min(left, level.width - 1), min(top, level.height - 1)
        return pixels[top : max(bottom, top + 1), left : max(right, left + 1)]

    def _level(self, index: int) -> NDArray[np.uint8]:
        if self._pixels is None or self._pixels[0] != index:
            self._check_pixels(self.levels[index])
            self._pixels = None
            pixels, self.profile_ignored = self._decoded(index)
            self._pixels = (index, _turned(pixels, self._orientation))
        return self._pixels[1]

    def _decoded(self, index: int) -> tuple[NDArray[np.uint8], bool]:
        # Only here: it takes a while to import, and no other format needs it.
        from hf_space.imaging.readers.tiff_decoding import decode_page

        return decode_page(
            self._data, self._places[index], profile=self._profile, max_pixels=self.max_pixels
        )

    def _check_pixels(self, level: Level) -> None:
        if level.width * level.height > self.max_pixels:
            raise TooManyPixelsError(
                f"The image is {level.width}x{level.height} px at the level to be read; at most "
                f"{self.max_pixels} pixels are accepted.",
                width=level.width,
                height=level.height,
                max_pixels=self.max_pixels,
            )


def stated_scales(page: Page) -> list[Scale]:
    """Return every plausible scale that a TIFF states of its main image, in x and in y."""
    main = page.directory
    across, down = (main.first(tag) for tag in (tags.X_RESOLUTION, tags.Y_RESOLUTION))
    unit = main.number(tags.RESOLUTION_UNIT, 2)
    scales: list[Scale] = []
    for text in main.texts(tags.DESCRIPTION):
        scales += imagej_scale(text, across, down)
        scales += aperio_scale(text)
    scales += [image.scale for image in page.described if image.scale]
    # ImageJ's resolution counts pixels per its own unit, whatever the tag of the unit says.
    in_own_unit = any(imagej_scale(text, across, down) for text in main.texts(tags.DESCRIPTION))
    return scales if in_own_unit else scales + resolution_scale(across, down, unit)


def _turned(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn an image upright (TIFF 6.0, section 8, Orientation)."""
    turns = {
        2: lambda: pixels[:, ::-1],
        3: lambda: pixels[::-1, ::-1],
        4: lambda: pixels[::-1],
        5: lambda: pixels.transpose(1, 0, 2),
        6: lambda: np.rot90(pixels, -1),
        7: lambda: pixels[::-1, ::-1].transpose(1, 0, 2),
        8: lambda: np.rot90(pixels),
    }
    return np.ascontiguousarray(turns[orientation]()) if orientation in turns else pixels
