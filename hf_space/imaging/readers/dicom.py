"""Read from a DICOM file which slide it belongs to: a few elements of its header, no pixels."""

from __future__ import annotations

import struct
from os import SEEK_CUR
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    _Tag = tuple[int, int]

# VL Whole Slide Microscopy Image Storage.
_SLIDE_CLASS: Final = b"1.2.840.10008.5.1.4.1.1.77.1.6"
# Little endian without the kinds of values. Neither big endian nor deflated slides exist.
_IMPLICIT: Final = b"1.2.840.10008.1.2"
_SYNTAX: Final = (0x0002, 0x0010)
_IMAGE_TYPE: Final = (0x0008, 0x0008)
_CLASS: Final = (0x0008, 0x0016)
_SERIES: Final = (0x0020, 0x000E)
_WANTED: Final = frozenset({_SYNTAX, _IMAGE_TYPE, _CLASS, _SERIES})
# Third value of the image type (PS3.3, section C.8.12.4.1.1); these show more than tissue.
_NO_TISSUE: Final = frozenset({b"LABEL", b"OVERVIEW", b"THUMBNAIL"})

_META_GROUP: Final = 0x0002
_PREAMBLE_BYTES: Final = 128
_ITEM: Final = (0xFFFE, 0xE000)
_ENDS: Final = frozenset({(0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)})
_UNDEFINED: Final = 0xFFFFFFFF
# Their length has four bytes, after two that are reserved (PS3.5, section 7.1.2).
_LONG: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
# A wanted value is shorter, and a slide has fewer elements before its series.
_MOST_BYTES: Final = 1024
_MOST_ELEMENTS: Final = 100_000


def slide_series(path: Path) -> bytes | None:
    """Return the UID of the series of a slide's level; None for any other file.

    Only what stands at the top counts: slides that are referred to have UIDs too. Labels, overviews
    and thumbnails are other files, and so is what is damaged before the UID.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        file.seek(_PREAMBLE_BYTES)
        if file.read(4) != b"DICM":
            return None
        try:
            found = dict(_Header(file).elements())
        except (struct.error, ValueError):
            return None
    kinds = frozenset(found.get(_IMAGE_TYPE, b"").split(b"\\"))
    is_level = found.get(_CLASS) == _SLIDE_CLASS and kinds.isdisjoint(_NO_TISSUE)
    return found.get(_SERIES) if is_level else None


class _Header:
    """Goes through a file's elements, each after the other; what is nested in them is skipped."""

    def __init__(self, file: BinaryIO) -> None:
        """Begin where the file stands, after the magic."""
        self._file = file
        self._count = 0

    def elements(self) -> Iterator[tuple[_Tag, bytes]]:
        """Yield tag and value of what is wanted, up to the UID of the series.

        Raises:
            struct.error: The file ends.
            ValueError: It ends within a value, or is stored as nothing that is read here.
        """
        syntax, tag = b"", (0, 0)
        while tag < _SERIES:
            tag = self._tag()
            # The meta information is explicit, whatever follows.
            implicit = tag[0] != _META_GROUP and syntax == _IMPLICIT
            kind, size = self._kind_and_size(implicit=implicit)
            if size == _UNDEFINED:
                self._skip_nested(implicit=implicit or kind == b"UN")
            elif tag not in _WANTED or size > _MOST_BYTES:
                self._file.seek(size, SEEK_CUR)
            else:
                value = self._value(size)
                syntax = value if tag == _SYNTAX else syntax
                yield tag, value

    def _tag(self) -> _Tag:
        self._count += 1
        if self._count > _MOST_ELEMENTS:
            raise ValueError("too many elements")
        group, element = struct.unpack("<HH", self._file.read(4))
        return group, element

    def _kind_and_size(self, *, implicit: bool) -> tuple[bytes, int]:
        if implicit:
            return b"", self._size("<I")
        kind = self._file.read(2)
        if not (kind.isalpha() and kind.isupper()):
            raise ValueError("no explicit element")
        return kind, self._size("<2xI" if kind in _LONG else "<H")

    def _value(self, size: int) -> bytes:
        value = self._file.read(size)
        if len(value) < size:
            raise ValueError("the value ends early")
        return value.rstrip(b"\0 ")

    def _size(self, layout: str) -> int:
        return int(struct.unpack(layout, self._file.read(struct.calcsize(layout)))[0])

    def _skip_nested(self, *, implicit: bool) -> None:
        """Skip the items of a sequence without a length, and all such that are in them."""
        # Of each that is open; what is of unknown kind is implicit (PS3.5, section 6.2.2).
        nested = [implicit]
        while nested:
            tag, kind = self._tag(), b""
            if tag == _ITEM or tag in _ENDS:
                size = self._size("<I")
            else:
                kind, size = self._kind_and_size(implicit=nested[-1])
            if tag in _ENDS:
                nested.pop()
            elif size == _UNDEFINED:
                nested.append(nested[-1] or kind == b"UN")
            else:
                self._file.seek(size, SEEK_CUR)
