"""Read from a DICOM file which slide it belongs to, and whether it is whole; pixels are skipped."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from os import SEEK_CUR, SEEK_END
from typing import TYPE_CHECKING, Final

from hf_space.errors import CorruptImageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    _Tag = tuple[int, int]

# VL Whole Slide Microscopy Image Storage.
_SLIDE_CLASS: Final = b"1.2.840.10008.5.1.4.1.1.77.1.6"
# Little endian without the kinds of values. Neither big endian nor deflated slides exist.
_IMPLICIT: Final = b"1.2.840.10008.1.2"
_META_CLASS: Final = (0x0002, 0x0002)
_SYNTAX: Final = (0x0002, 0x0010)
_IMAGE_TYPE: Final = (0x0008, 0x0008)
_CLASS: Final = (0x0008, 0x0016)
_SERIES: Final = (0x0020, 0x000E)
_PIXELS: Final = (0x7FE0, 0x0010)
_WANTED: Final = frozenset({_META_CLASS, _SYNTAX, _IMAGE_TYPE, _CLASS, _SERIES})
# Third value of the image type (PS3.3, section C.8.12.4.1.1); these show more than tissue.
_NO_TISSUE: Final = frozenset({b"LABEL", b"OVERVIEW", b"THUMBNAIL"})
_VOLUME: Final = b"VOLUME"
# The fourth: it was reduced from another level.
_RESAMPLED: Final = b"RESAMPLED"

_MAGIC: Final = b"DICM"
_SUFFIX: Final = ".dcm"

_META_GROUP: Final = 0x0002
_PREAMBLE_BYTES: Final = 128
_ITEM: Final = (0xFFFE, 0xE000)
_ENDS: Final = frozenset({(0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)})
_UNDEFINED: Final = 0xFFFFFFFF
# Their length has four bytes, after two that are reserved (PS3.5, section 7.1.2).
_LONG: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
# Ends encapsulated pixels (PS3.5, section A.4); little or nothing follows.
_DELIMITER: Final = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
_TAIL_BYTES: Final = 1 << 20
# A wanted value is shorter, and a slide has fewer elements: a dozen for each frame at most.
_MOST_BYTES: Final = 1024
_MOST_ELEMENTS: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class SlideInstance:
    """A file with a level of a slide, or a part of one.

    Attributes:
        series: UID of the series, which a slide's levels share.
        is_original: Whether it is as it was scanned, not reduced from another level.
    """

    series: bytes
    is_original: bool


def slide_instance(path: Path) -> SlideInstance | None:
    """Return what a file says of the slide's level in it; None for any other file.

    Only top-level elements count: slides that are referred to have UIDs too. Labels, overviews and
    thumbnails are other files.

    Raises:
        CorruptImageError: It breaks off before its pixels or within them, so that a level or a
            part of one is lost.
        OSError: The file cannot be read.
    """
    found: dict[_Tag, bytes] = {}
    with path.open("rb") as file:
        file.seek(_PREAMBLE_BYTES)
        is_dicom = file.read(len(_MAGIC)) == _MAGIC
        if not is_dicom and path.suffix.lower() != _SUFFIX:
            return None
        try:
            for tag, value in _Header(file).elements():
                found[tag] = value
                if _is_other(found):
                    return None
            kinds = found[_IMAGE_TYPE].split(b"\\")
            return SlideInstance(found[_SERIES], _VOLUME in kinds and _RESAMPLED not in kinds)
        except (struct.error, ValueError, KeyError) as error:
            raise CorruptImageError(
                "A DICOM file of the slide, or beside it, is truncated or damaged."
            ) from error


def _is_other(found: dict[_Tag, bytes]) -> bool:
    """Return whether the values read so far exclude a level of a slide."""
    classes = {found.get(tag, _SLIDE_CLASS) for tag in (_META_CLASS, _CLASS)}
    kinds = frozenset(found.get(_IMAGE_TYPE, b"").split(b"\\"))
    return classes != {_SLIDE_CLASS} or not kinds.isdisjoint(_NO_TISSUE)


class _Header:
    """Goes through a file's elements, each after the other; what is nested in them is skipped."""

    def __init__(self, file: BinaryIO) -> None:
        """Start at the file's position, after the magic."""
        self._file = file
        self._count = 0

    def elements(self) -> Iterator[tuple[_Tag, bytes]]:
        """Yield the wanted tags and values, up to the pixels, which are then complete.

        Raises:
            struct.error: The file ends.
            ValueError: It ends within a value or the pixels, or is stored as nothing that is read
                here.
        """
        syntax = b""
        while (tag := self._tag()) != _PIXELS:
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
        self._check_pixels(self._kind_and_size(implicit=syntax == _IMPLICIT)[1])

    def _check_pixels(self, size: int) -> None:
        start = self._file.tell()
        end = self._file.seek(0, SEEK_END)
        if size != _UNDEFINED:
            is_whole = start + size <= end
        else:
            self._file.seek(max(start, end - _TAIL_BYTES))
            is_whole = _DELIMITER in self._file.read()
        if not is_whole:
            raise ValueError("the pixels end early")

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
