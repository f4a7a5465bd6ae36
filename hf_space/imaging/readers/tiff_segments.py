"""Decode one image of a TIFF strip by strip, or tile by tile, under limits.

tifffile knows the layouts and imagecodecs the compressions. What a segment declares is checked
first, so that a small file cannot ask for much memory or time.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from operator import add
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tifffile

from hf_space.errors import CorruptImageError, TooManyPixelsError, UnsupportedImageError
from hf_space.imaging.readers.file_bytes import FileBytes
from hf_space.imaging.readers.tiff_compressions import COMPRESSIONS, DECLARED_SIZES, JPEG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hf_space.imaging.readers.file_bytes import ByteSource

# It logs remarks about a file; real errors are raised.
logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)

_PLANAR: Final = 2
_MOST_SAMPLES: Final = 16
_MOST_SEGMENTS: Final = 50_000
# Bytes of a decoded segment for each accepted pixel: 16-bit RGBA in a single strip.
_BYTES_PER_PIXEL: Final = 8
# A last strip or tile may hold more than its share.
_SLACK_PIXELS: Final = 1 << 16
_BAND_ROWS: Final = 256
# Without tifffile's vendor-specific handling, which reads far more than the requested image.
_NO_VENDOR: Final[dict[str, Any]] = {f"is_{flag}": False for flag in tifffile.TIFF.FILE_FLAGS}


@dataclass(frozen=True, slots=True)
class Segments:
    """The strips or tiles of one image.

    Attributes:
        page: What tifffile says of the image.
        height: Rows of a strip or tile.
        width: Columns of a strip or tile.
    """

    page: tifffile.TiffPage
    height: int
    width: int
    _data: ByteSource

    @property
    def planes(self) -> int:
        """Planes that are stored one after another."""
        return self.page.samplesperpixel if self.page.planarconfig == _PLANAR else 1

    @property
    def across(self) -> int:
        """Segments side by side."""
        return -(-self.page.imagewidth // self.width)

    @property
    def down(self) -> int:
        """Segments one below another."""
        return -(-self.page.imagelength // self.height)

    @property
    def are_complete(self) -> bool:
        """Whether the file lists the number of segments that the image's size needs."""
        listed = min(len(self.page.dataoffsets), len(self.page.databytecounts))
        return listed >= self.across * self.down * self.planes

    @property
    def end(self) -> int:
        """Where the last segment ends in the file."""
        return max(map(add, self.page.dataoffsets, self.page.databytecounts), default=0)

    def bands(self) -> Iterator[tuple[int, NDArray[Any], NDArray[np.bool_] | None]]:
        """Yield the image in bands of whole rows of segments.

        Yields:
            The band's first row; its samples (rows, columns, samples), as stored; and where the
            file holds nothing, bool (rows, columns), or None if it holds all.
        """
        rows = max(1, _BAND_ROWS // self.height)
        for first in range(0, self.down, rows):
            top = first * self.height
            yield (top, *self._band(range(first, min(first + rows, self.down)), range(self.across)))

    def window(
        self, left: int, top: int, width: int, height: int
    ) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Decode a part of the image, of which only the segments that it touches are read.

        Returns:
            Samples (height, width, samples), and where the file holds nothing, as in `bands`.
        """
        rows = range(top // self.height, -(-(top + height) // self.height))
        columns = range(left // self.width, -(-(left + width) // self.width))
        band, missing = self._band(rows, columns)
        above, before = top - rows.start * self.height, left - columns.start * self.width
        part = np.s_[above : above + height, before : before + width]
        return band[part], None if missing is None else missing[part]

    def _band(self, rows: range, columns: range) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        page = self.page
        top, left = rows.start * self.height, columns.start * self.width
        height = min(rows.stop * self.height, page.imagelength) - top
        width = min(columns.stop * self.width, page.imagewidth) - left
        band = np.zeros((height, width, page.samplesperpixel), page.dtype)
        missing = None
        for plane in range(self.planes):
            for row in rows:
                for column in columns:
                    place = np.s_[
                        row * self.height - top : (row + 1) * self.height - top,
                        column * self.width - left : (column + 1) * self.width - left,
                    ]
                    segment = self._segment((plane * self.down + row) * self.across + column)
                    if segment is None:
                        missing = np.zeros(band.shape[:2], bool) if missing is None else missing
                        missing[place] = True
                    else:
                        _put(band, place, plane if self.planes > 1 else None, segment)
        return band, missing

    def _segment(self, index: int) -> NDArray[Any] | None:
        page = self.page
        if index >= min(len(page.dataoffsets), len(page.databytecounts)):
            raise CorruptImageError("The TIFF lacks some of its strips or tiles.")
        start, size = int(page.dataoffsets[index]), int(page.databytecounts[index])
        if size == 0:
            return None
        content = self._data[start : start + size]
        if len(content) < size:
            raise CorruptImageError("The TIFF is truncated.")
        self._check_content(content)
        if page.compression not in JPEG and page.is_subsampled:
            return self._subsampled(content, index)
        tables = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}
        found, _, _ = page.decode(content, index, **(tables if page.compression in JPEG else {}))
        return None if found is None else np.asarray(found)[0]

    def _check_content(self, content: bytes) -> None:
        """Refuse a segment whose own header declares far more pixels than its place holds."""
        peek = DECLARED_SIZES.get(int(self.page.compression))
        if peek:
            width, height = peek(content)
            if width * height > 4 * self.width * self.height + _SLACK_PIXELS:
                raise CorruptImageError("A strip or tile of the TIFF is larger than its place.")

    def _subsampled(self, content: bytes, index: int) -> NDArray[Any]:
        """Spread YCbCr that shares its chroma among neighbours (TIFF 6.0, section 21)."""
        page = self.page
        horizontal, vertical = (int(step) for step in page.subsampling or (2, 2))
        first_row = index // self.across * self.height
        tiled_rows = self.height if page.is_tiled else page.imagelength - first_row
        rows = -(-min(self.height, tiled_rows) // vertical)
        columns = -(-self.width // horizontal)
        unit = horizontal * vertical + 2
        decompress = (
            None if page.compression == 1 else tifffile.TIFF.DECOMPRESSORS[page.compression]
        )
        size = rows * columns * unit
        raw = decompress(content, out=size) if decompress else content
        units = np.frombuffer(raw, np.uint8, size).reshape(rows, columns, unit)
        luma = units[..., :-2].reshape(rows, columns, vertical, horizontal)
        chroma = units[..., -2:].repeat(vertical, axis=0).repeat(horizontal, axis=1)
        luma = luma.swapaxes(1, 2).reshape(*chroma.shape[:2], 1)
        return np.concatenate([luma, chroma], axis=2)[: self.height, : self.width]


def open_segments(
    data: ByteSource, place: int, *, max_pixels: int, is_whole: bool = True
) -> Segments:
    """Return the strips or tiles of the image whose directory is at a place.

    Args:
        data: The file's content; its directories were walked before.
        place: Where the directory begins.
        max_pixels: Largest accepted width times height; of one strip or tile only, unless
            ``is_whole``.
        is_whole: Whether the whole image is to be read, or parts of it.

    Raises:
        UnsupportedImageError: The compression is not read here, or there are far too many strips
            or tiles.
        TooManyPixelsError: The image, or one segment of it, is too large.
        CorruptImageError: The directory is damaged.
    """
    page = _page(data, place)
    if page.compression not in COMPRESSIONS:
        name = _name(tifffile.COMPRESSION, page.compression)
        raise UnsupportedImageError(
            f"TIFF with the compression {name} is not supported; save it uncompressed, or with "
            "LZW or JPEG.",
            compression=name,
        )
    if page.samplesperpixel > _MOST_SAMPLES:
        raise UnsupportedImageError(
            f"TIFF with {page.samplesperpixel} samples in each pixel is not supported; send RGB."
        )
    if page.dtype is None or page.dtype.kind not in "buif":
        raise UnsupportedImageError(
            f"TIFF with pixels of {page.bitspersample} bits and format {int(page.sampleformat)} "
            "is not supported; send 8-bit RGB or grey."
        )
    height, width = (
        (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
    )
    if min(height, width, page.imagewidth, page.imagelength, page.samplesperpixel) < 1:
        raise CorruptImageError("The TIFF's directory is damaged.")
    segments = Segments(page, int(height), int(width), data)
    _check_segment(segments, max_pixels)
    if is_whole:
        _check_size(segments, max_pixels)
    return segments


def _page(data: ByteSource, place: int) -> tifffile.TiffPage:
    try:
        content = data.rewound() if isinstance(data, FileBytes) else io.BytesIO(data[:])
        file = tifffile.TiffFile(content, name="image", **_NO_VENDOR)
        file.filehandle.seek(place)
        return tifffile.TiffPage(file, index=0)
    except Exception as error:  # tifffile raises almost any type on hostile directories
        raise CorruptImageError("The TIFF's directory is damaged.") from error


def _check_segment(segments: Segments, max_pixels: int) -> None:
    page = segments.page
    area = segments.height * segments.width
    pixel_bytes = page.samplesperpixel * np.dtype(page.dtype).itemsize // segments.planes
    most = max(max_pixels, _SLACK_PIXELS)
    if area * pixel_bytes > _BYTES_PER_PIXEL * most:
        raise _too_many_pixels(
            f"A strip or tile of {segments.width}x{segments.height} px takes {area * pixel_bytes} "
            f"bytes; at most {_BYTES_PER_PIXEL * most} are accepted.",
            max_pixels,
        )


def _check_size(segments: Segments, max_pixels: int) -> None:
    page = segments.page
    count = segments.across * segments.down * segments.planes
    area = segments.height * segments.width
    most = max(max_pixels, _SLACK_PIXELS)
    size = f"{segments.width}x{segments.height} px"
    if page.imagewidth * page.imagelength > max_pixels:
        raise _too_many_pixels(
            f"The image is {page.imagewidth}x{page.imagelength} px; at most {max_pixels} pixels "
            "are accepted.",
            max_pixels,
        )
    if count // segments.planes * area > 4 * most:
        raise _too_many_pixels(
            f"The strips or tiles of {size} hold {count // segments.planes * area} pixels; at most "
            f"{4 * most} are accepted.",
            max_pixels,
        )
    if count > _MOST_SEGMENTS:
        raise UnsupportedImageError(
            f"TIFF in {count} strips or tiles is not supported; save it in at most "
            f"{_MOST_SEGMENTS}, which are larger.",
            segments=count,
            max_segments=_MOST_SEGMENTS,
        )


def _too_many_pixels(message: str, max_pixels: int) -> TooManyPixelsError:
    return TooManyPixelsError(message, max_pixels=max_pixels)


def _put(
    band: NDArray[Any], place: tuple[slice, slice], plane: int | None, segment: NDArray[Any]
) -> None:
    target = band[place] if plane is None else band[(*place, slice(plane, plane + 1))]
    rows, columns = target.shape[:2]
    target[...] = segment[:rows, :columns]


def _name(kind: Any, number: int) -> str:
    try:
        return str(kind(number).name)
    except ValueError:
        return str(int(number))
