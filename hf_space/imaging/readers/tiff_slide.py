"""Decode parts of a TIFF on disk: OME-TIFF with its SubIFDs, ImageJ, COG, JPEG 2000 and others."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.errors import BiopsiaError, CorruptImageError, UnsupportedImageError
from hf_space.imaging.readers import tiff_directory as tags
from hf_space.imaging.readers.base import Level
from hf_space.imaging.readers.tiff import stated_scales
from hf_space.imaging.readers.tiff_directory import TiffDirectories
from hf_space.imaging.readers.tiff_pages import find_levels
from hf_space.settings import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from hf_space.imaging.readers.file_bytes import FileBytes
    from hf_space.imaging.readers.tiff_colour import ToRgb
    from hf_space.imaging.readers.tiff_segments import Segments

_UPRIGHT: Final = 1
# PhotometricInterpretation of RGB, and of YCbCr, which is decoded to it.
_RGB: Final = frozenset({2, 6})


class TiffSource:
    """Decodes the tiles or strips of a TIFF that a part touches; a `LevelSource`."""

    def __init__(self, data: FileBytes) -> None:
        """Read the directories; no pixel is decoded.

        Args:
            data: The file, which is closed with this.

        Raises:
            ImageError: The file is damaged, holds several pictures, is turned, or has pixels or a
                compression that cannot be read in parts.
            OSError: The file cannot be read.
        """
        self._data = data
        try:
            with _damage(), np.errstate(all="ignore"):
                self._read_directories()
                self._segments = [self._opened(places) for places in self._places]
        except BaseException:
            self._data.close()
            raise

    def _read_directories(self) -> None:
        directories = TiffDirectories(self._data)
        try:
            pages = find_levels(directories)
            main = pages[0].directory
            scales = stated_scales(pages[0])
        finally:
            # Levels that were lost would only make it slow; a copy that broke off is to be told.
            _check_end(directories)
        if main.number(tags.ORIENTATION, _UPRIGHT) != _UPRIGHT:
            raise UnsupportedImageError(
                "A rotated or mirrored TIFF cannot be read in parts; save it upright."
            )
        self._places = [page.places for page in pages]
        self._profile = main.content(tags.ICC_PROFILE)
        width, height = pages[0].size
        self.levels = tuple(
            Level(*page.size, max(width / page.size[0], height / page.size[1])) for page in pages
        )
        self.bounds = (0, 0, width, height)
        self.stated_scales = tuple(scales)
        self.properties: Mapping[str, str] = {"format": "TIFF"}
        self.profile: bytes | None = None
        self.profile_ignored = False

    def _opened(self, places: tuple[int, ...]) -> list[tuple[Segments, ToRgb]]:
        """Open an image, or each of its colours."""
        return [self._opened_page(place, is_plane=len(places) > 1) for place in places]

    def _opened_page(self, place: int, *, is_plane: bool) -> tuple[Segments, ToRgb]:
        # Only here: it takes a while to import, and no other format needs it.
        from hf_space.imaging.readers.tiff_colour import ToRgb
        from hf_space.imaging.readers.tiff_segments import open_segments

        segments = open_segments(self._data, place, max_pixels=MAX_PIXELS, is_whole=False)
        if segments.end > len(self._data):
            raise CorruptImageError("The TIFF is truncated.")
        if not segments.are_complete:
            raise CorruptImageError("The TIFF lacks some of its strips or tiles.")
        is_rgb = is_plane or int(segments.page.photometric) in _RGB
        # Applied to what was averaged, it takes a sixteenth of the time or less.
        self.profile = self._profile if is_rgb else None
        convert = ToRgb(segments.page, None if is_rgb else self._profile)
        if convert.is_float:
            raise UnsupportedImageError(
                "Floating point pixels of a slide have no fixed range; save it as 8-bit RGB."
            )
        self.profile_ignored = convert.profile_ignored
        return segments, convert

    def tile_rows(self, level: int) -> int:
        """Return how many rows of a level are stored together."""
        return self._segments[level][0][0].height

    def read_window(
        self, level: int, left: int, top: int, width: int, height: int
    ) -> NDArray[np.uint8]:
        """Decode a part of a level, see `LevelSource.read_window`."""
        window = (left, top, width, height)
        with _damage(), np.errstate(all="ignore"):
            planes = [_converted(*opened, window) for opened in self._segments[level]]
        return planes[0] if len(planes) == 1 else np.dstack([plane[..., 0] for plane in planes])

    def close(self) -> None:
        """Close the file."""
        self._data.close()


def _converted(
    segments: Segments, convert: ToRgb, window: tuple[int, int, int, int]
) -> NDArray[np.uint8]:
    samples, missing = segments.window(*window)
    pixels = convert(samples)
    return pixels if missing is None else np.where(missing[..., None], np.uint8(255), pixels)


@contextmanager
def _damage() -> Iterator[None]:
    """Tell what goes wrong in a file as such; what its drive reports stays an OSError."""
    try:
        yield
    except BiopsiaError:
        raise
    except Exception as error:  # decoders raise almost any type on hostile data
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise CorruptImageError("The TIFF is truncated or damaged.") from error


def _check_end(directories: TiffDirectories) -> None:
    if directories.is_cut_off:
        raise CorruptImageError("The TIFF is truncated.")
