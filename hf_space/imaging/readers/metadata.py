"""What a still image says beside its pixels, found before Pillow reads the file.

Pillow keeps every segment and text of a file, and copies the value of each entry of its EXIF, which
may all be the same one: 2 MB took 7 GB.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from hf_space.errors import AnimatedImageError, CorruptImageError
from hf_space.imaging.readers import tiff_directory as tags

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from hf_space.imaging.readers.tiff_directory import Directory

EXIF_PREFIX: Final = b"Exif\0\0"
"""What stands in front of EXIF in a JPEG, and may elsewhere."""

_UPRIGHT: Final = 1
_XMP_ORIENTATION: Final = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')


# Each takes some two hundred bytes; of more, their content is put together.
_MOST_PIECES: Final = 1024


class PiecesFile(io.RawIOBase):
    """Pieces of bytes that are read like one file; a copy of them would be a second file."""

    def __init__(self, pieces: Sequence[memoryview]) -> None:
        """Read some pieces, none of them empty."""
        self._pieces = pieces
        self._starts = list(accumulate((len(piece) for piece in pieces), initial=0))
        self._place = 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read from any place."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._starts[-1]}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Read into a buffer what is left of one piece; returns how many bytes."""
        index = bisect_right(self._starts, self._place) - 1
        if index >= len(self._pieces):
            return 0
        found = self._pieces[index][self._place - self._starts[index] :][: len(buffer)]
        buffer[: len(found)] = found
        self._place += len(found)
        return len(found)


@dataclass(frozen=True, slots=True)
class FileParts:
    """A file, taken apart.

    Attributes:
        pieces: The file without what is not needed to decode it; Pillow reads no more.
        exif: Its EXIF, a small TIFF; empty where there is none.
        xmp: Its XMP; empty where there is none.
        profile: The ICC profile; empty where it is damaged or too long, None where there is none.
        size: Width and height that the pixels declare, where what is around them may say otherwise.
    """

    pieces: Sequence[memoryview] = ()
    exif: bytes = b""
    xmp: bytes = b""
    profile: bytes | None = None
    size: tuple[int, int] | None = None

    @property
    def picture(self) -> bytes:
        """The pieces, put together."""
        return b"".join(self.pieces)

    def opened(self) -> BinaryIO:
        """Return the pieces as one file."""
        if len(self.pieces) > _MOST_PIECES:
            return io.BytesIO(self.picture)
        return io.BufferedReader(PiecesFile(self.pieces))


def as_pieces(*contents: bytes | bytearray | memoryview) -> list[memoryview]:
    """Return contents as pieces of a file, which copies none."""
    return [memoryview(content) for content in contents if content]


def exif_directory(exif: bytes) -> Directory | None:
    """Return the first directory of EXIF; None where it is damaged, or there is none."""
    try:
        return next(tags.TiffDirectories(exif.removeprefix(EXIF_PREFIX)).chain(), None)
    except (AnimatedImageError, CorruptImageError):
        # A picture can be used without.
        return None


def stated_orientation(exif: bytes, xmp: bytes) -> int:
    """Return the orientation that EXIF states, or else XMP; 1, upright, where neither does."""
    directory = exif_directory(exif)
    if directory and tags.ORIENTATION in directory:
        return directory.number(tags.ORIENTATION, _UPRIGHT)
    found = _XMP_ORIENTATION.search(xmp)
    return int(found[1]) if found else _UPRIGHT
