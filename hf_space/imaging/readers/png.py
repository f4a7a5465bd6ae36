"""Reads a PNG's other content before Pillow reads its pixels.

Pillow would decode the pixels to look behind them, calls a file damaged whose colour profile is
longer than a text may be, and unpacks 64 MB of texts, which it keeps.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PIL import Image

from hf_space.errors import AnimatedImageError, CorruptImageError
from hf_space.imaging.readers.colour import LARGEST_PROFILE

if TYPE_CHECKING:
    from collections.abc import Iterator

PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
PNG_TEXTS: Final = (b"tEXt", b"zTXt", b"iTXt")
"""Kinds of chunks with texts."""

# PNG (third edition), section 5.3: length, type and checksum of a chunk are four bytes each.
_CHUNK_OVERHEAD: Final = 12
# Section 5.4: not critical, private, and meaningless without the picture's own pixels.
_OVERVIEW: Final = b"ovWS"
# What Pillow does not see.
_LEFT_OUT: Final = frozenset({b"iCCP", *PNG_TEXTS})
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp\0"


@dataclass(frozen=True, slots=True)
class PngParts:
    """A PNG, taken apart.

    Attributes:
        picture: The file without its colour profile and its texts.
        metadata: An image of no pixels with the EXIF and XMP, wherever they stand in the file.
        profile: The ICC profile; empty where it is damaged or longer than `LARGEST_PROFILE`, None
            where there is none.
    """

    picture: bytes
    metadata: Image.Image
    profile: bytes | None


def png_parts(data: bytes) -> PngParts:
    """Take a PNG apart; a file that is damaged elsewhere stays so.

    Raises:
        AnimatedImageError: It says that it is an animation; opening one takes a picture's memory.
    """
    metadata = Image.new("1", (0, 0))
    profile: bytes | None = None
    pieces: list[bytes] = []
    copied = 0
    for place, end in _chunks(data):
        kind = data[place + 4 : place + 8]
        if kind == b"acTL":
            raise AnimatedImageError("The file is an animation; send a single image.")
        if kind == b"eXIf":
            metadata.info["exif"] = b"Exif\0\0" + data[place + 8 : end - 4]
        elif kind == b"iTXt" and data.startswith(_XMP_KEYWORD, place + 8):
            metadata.info["xmp"] = data[place + 8 : end - 4]
        elif kind == b"iCCP" and end <= len(data) and profile is None:
            profile = _profile(data[place + 4 : end])
        if kind in _LEFT_OUT and end <= len(data):
            pieces.append(data[copied:place])
            copied = end
    return PngParts(b"".join([*pieces, data[copied:]]) if pieces else data, metadata, profile)


def png_overview(data: bytes, size: int) -> bytes | None:
    """Return the overview that the site adds to the picture of a slide; None where there is none.

    Args:
        data: The file.
        size: How many bytes it has.

    Raises:
        CorruptImageError: It is damaged, or has another size.
    """
    for place, end in _chunks(data):
        if data[place + 4 : place + 8] == _OVERVIEW:
            unpacking = zlib.decompressobj()
            try:
                overview = unpacking.decompress(data[place + 8 : end - 4], size + 1)
            except zlib.error as error:
                raise CorruptImageError("The overview of the slide is damaged.") from error
            if len(overview) != size:
                raise CorruptImageError(f"The overview of the slide has not {size} bytes.")
            return overview
    return None


def _chunks(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each chunk begins and ends."""
    place = len(PNG_MAGIC)
    while place < len(data):
        end = place + int.from_bytes(data[place : place + 4]) + _CHUNK_OVERHEAD
        yield place, end
        place = end


def _profile(chunk: bytes) -> bytes:
    """Unpack a profile (section 11.3.2.3: name, method, compressed profile)."""
    if zlib.crc32(chunk[:-4]) != int.from_bytes(chunk[-4:]):
        return b""
    _, _, packed = chunk[4:-4].partition(b"\0")
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(packed[1:], LARGEST_PROFILE + 1)
    except zlib.error:
        return b""
    return profile if unpacking.eof and packed[:1] == b"\0" else b""
