"""Reads a PNG's other content before Pillow reads its pixels.

Pillow would decode the pixels to look behind them, calls a file damaged whose colour profile is
longer than a text may be, unpacks 64 MB of texts, and keeps whatever it does not know.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from hf_space.errors import AnimatedImageError, CorruptImageError
from hf_space.imaging.readers.colour import LARGEST_PROFILE
from hf_space.imaging.readers.metadata import FileParts, as_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
# PNG (third edition), section 5.3: length, type and checksum of a chunk are four bytes each.
_CHUNK_OVERHEAD: Final = 12
# Section 5.4: not critical, private, and meaningless without the picture's own pixels.
_OVERVIEW: Final = b"ovWS"
# What is needed to decode the pixels, and the resolution; Pillow sees nothing else.
_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"IDAT", b"IEND"})
# Far more than of a file whose pixels come in pieces of a kilobyte.
_MOST_CHUNKS: Final = 1 << 17
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp\0"


def png_parts(data: bytes) -> FileParts:
    """Take a PNG apart; a file that is damaged elsewhere stays so.

    Raises:
        AnimatedImageError: It says that it is an animation; opening one takes a picture's memory.
        CorruptImageError: It has far too many chunks.
    """
    exif = xmp = b""
    profile: bytes | None = None
    whole, kept, pieces = memoryview(data), 0, list[memoryview]()
    for place, end in _chunks(data):
        kind = data[place + 4 : place + 8]
        if kind in _KEPT or end > len(data):
            continue
        if kind == b"acTL":
            raise AnimatedImageError("The file is an animation; send a single image.")
        if kind == b"eXIf":
            exif = data[place + 8 : end - 4]
        elif kind == b"iTXt" and data.startswith(_XMP_KEYWORD, place + 8):
            xmp = data[place + 8 : end - 4]
        elif kind == b"iCCP" and profile is None:
            profile = _profile(data[place + 4 : end])
        pieces += as_pieces(whole[kept:place])
        kept = end
    return FileParts([*pieces, *as_pieces(whole[kept:])], exif, xmp, profile)


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
                raise CorruptImageError(f"The overview of the slide does not have {size} bytes.")
            return overview
    return None


def _chunks(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each chunk begins and ends."""
    place = len(PNG_MAGIC)
    for _ in range(_MOST_CHUNKS):
        end = place + int.from_bytes(data[place : place + 4]) + _CHUNK_OVERHEAD
        yield place, end
        place = end
        if place >= len(data):
            return
    raise CorruptImageError(f"The PNG has more than {_MOST_CHUNKS} chunks.")


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
