"""Keep the EXIF of an AVIF from Pillow, which would read all of it."""

from __future__ import annotations

import re
from typing import Final

from hf_space.imaging.readers.metadata import FileParts, as_pieces

AVIF: Final = re.compile(rb"....ftypavi[fs]", re.DOTALL)
"""How a file begins."""

# ISO/IEC 14496-12, section 8.11.6: an item has version and flags, its number, which has four bytes
# from version 3 on, that of its protection, and its type.
_EXIF_ITEM: Final = re.compile(rb"(infe[\x02\x03].{3}(?:..|....)..)Exif", re.DOTALL)
# A type that nobody reads.
_HIDDEN: Final = rb"\1free"
# How the TIFF begins that EXIF is, with its directory following at once.
_EXIF: Final = re.compile(rb"II\*\0\x08\0\0\0|MM\0\*\0\0\0\x08")
_MOST_EXIF_BYTES: Final = 1 << 20


def avif_parts(data: bytes) -> FileParts:
    """Take an AVIF apart; it is turned by properties of its own, which remain."""
    picture, hidden = _EXIF_ITEM.subn(_HIDDEN, data)
    if not hidden:
        return FileParts(as_pieces(data))
    found = _EXIF.search(data)
    start = found.start() if found else len(data)
    exif = data[start : start + _MOST_EXIF_BYTES]
    return FileParts(as_pieces(picture), exif)
