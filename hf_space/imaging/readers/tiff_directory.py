"""Walk the directories of a TIFF, untrusted, before any library reads it.

Everything a directory states is limited here: entries, values, directories, loops.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hf_space.errors import AnimatedImageError, CorruptImageError, UnsupportedImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.imaging.readers.file_bytes import ByteSource

# Tags of TIFF 6.0 and its supplements.
SUBFILE_TYPE: Final = 254
OLD_SUBFILE_TYPE: Final = 255
WIDTH: Final = 256
HEIGHT: Final = 257
BITS: Final = 258
COMPRESSION: Final = 259
PHOTOMETRIC: Final = 262
DESCRIPTION: Final = 270
ORIENTATION: Final = 274
SAMPLES: Final = 277
ROWS_PER_STRIP: Final = 278
X_RESOLUTION: Final = 282
Y_RESOLUTION: Final = 283
PAGE_NAME: Final = 285
RESOLUTION_UNIT: Final = 296
TILE_WIDTH: Final = 322
TILE_HEIGHT: Final = 323
SUB_DIRECTORIES: Final = 330
SAMPLE_FORMAT: Final = 339
DEPTH: Final = 32997
ICC_PROFILE: Final = 34675

_CLASSIC, _BIG = 42, 43
# Bytes of a value and how `struct` names it, by TIFF's number of its type; a rational is two.
_TYPES: Final = {
    **{1: (1, "B"), 2: (1, "s"), 3: (2, "H"), 4: (4, "I"), 5: (8, "I"), 6: (1, "b"), 7: (1, "s")},
    **{8: (2, "h"), 9: (4, "i"), 10: (8, "i"), 11: (4, "f"), 12: (8, "d"), 13: (4, "I")},
    **{16: (8, "Q"), 17: (8, "q"), 18: (8, "Q")},
}
_BYTES: Final = frozenset({1, 2, 6, 7})
_RATIONALS: Final = frozenset({5, 10})
_MOST_ENTRIES: Final = 1024
_MOST_VALUES: Final = 1 << 20
_MOST_DIRECTORIES: Final = 256
# Of an entry that is read as numbers: one for each sample, or the places of sub-directories.
_MOST_NUMBERS: Final = {BITS: 16, SUB_DIRECTORIES: _MOST_DIRECTORIES}
_SLACK_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: int
    count: int
    place: int


@dataclass(frozen=True, slots=True)
class Directory:
    """What a TIFF says of one of its images.

    Attributes:
        place: Where it begins in the file.
        following: Where the next one begins; 0 for the last.
    """

    place: int
    following: int
    _data: ByteSource
    _order: str
    _entries: dict[int, list[_Entry]] = field(repr=False)

    def __contains__(self, tag: int) -> bool:
        """Tell whether there is an entry."""
        return tag in self._entries

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Return an entry's numbers; none where it is missing or of another type.

        Raises:
            UnsupportedImageError: There are far more than the tag can mean.
        """
        for entry in self._entries.get(tag, ()):
            most = _MOST_NUMBERS.get(tag, 1)
            # Many directories may share one long value: a small file would take minutes.
            if entry.count > most:
                raise UnsupportedImageError(
                    f"TIFF with {entry.count} values in the tag {tag} is not supported; at most "
                    f"{most} are read.",
                    tag=tag,
                )
            return self._unpacked(entry, entry.count)
        return ()

    def first(self, tag: int) -> float | None:
        """Return an entry's first number; None where it is missing or of another type."""
        for entry in self._entries.get(tag, ()):
            return next(iter(self._unpacked(entry, min(entry.count, 1))), None)
        return None

    def number(self, tag: int, default: int) -> int:
        """Return an entry's first number as a whole one."""
        value = self.first(tag)
        return int(value) if value is not None and abs(value) < 1 << 62 else default

    def _unpacked(self, entry: _Entry, count: int) -> tuple[float, ...]:
        code = _TYPES[entry.kind][1]
        if code == "s":
            return ()
        parts = 2 * count if entry.kind in _RATIONALS else count
        values = _unpack(f"{self._order}{parts}{code}", self._data, entry.place)
        if entry.kind in _RATIONALS:
            pairs = zip(values[::2], values[1::2], strict=True)
            return tuple(above / below if below else 0.0 for above, below in pairs)
        return values

    def content(self, tag: int) -> bytes | None:
        """Return an entry's bytes."""
        for entry in self._entries.get(tag, ()):
            return self._data[entry.place : entry.place + entry.count * _TYPES[entry.kind][0]]
        return None

    def texts(self, tag: int, most_bytes: int | None = None) -> list[str]:
        """Return the texts of all entries of a tag; one may occur more than once.

        Args:
            tag: The tag.
            most_bytes: How much to read of each; None: all.
        """
        contents = (
            self._data[entry.place : entry.place + min(entry.count, most_bytes or entry.count)]
            for entry in self._entries.get(tag, ())
            if entry.kind in _BYTES
        )
        return [_text(content) for content in contents]


class TiffDirectories:
    """The directories of a TIFF; only a limited number is read.

    Attributes:
        is_cut_off: Whether anything read so far points beyond the end of the file.
    """

    def __init__(self, data: ByteSource) -> None:
        """Read the header.

        Raises:
            CorruptImageError: It is damaged.
        """
        self._data = data
        self._read = 0
        self.is_cut_off = False
        self._order = "<" if data[:2] == b"II" else ">"
        try:
            (version,) = _unpack(f"{self._order}H", data, 2)
            self._is_big = version == _BIG
            place = 8 if self._is_big else 4
            (self._first,) = _unpack(f"{self._order}{self._offset}", data, place)
        except struct.error as error:
            raise CorruptImageError("The TIFF's header is damaged.") from error

    @property
    def _offset(self) -> str:
        return "Q" if self._is_big else "I"

    def chain(self) -> Iterator[Directory]:
        """Yield the directories, each read when asked for.

        Raises:
            CorruptImageError: One is damaged, or they form a loop.
            AnimatedImageError: Far too many were read.
        """
        place, seen = self._first, set[int]()
        while place:
            if place in seen:
                raise CorruptImageError("The TIFF's pages form a loop.")
            seen.add(place)
            directory = self.read(place)
            yield directory
            # Some programs leave a stray number behind the last one.
            place = directory.following
            if place >= len(self._data):
                self.is_cut_off = True
                return

    def read(self, place: int) -> Directory:
        """Read the directory at a place.

        Raises:
            CorruptImageError: It is damaged.
            AnimatedImageError: Far too many were read, in the chain and below it.
        """
        if self._read == _MOST_DIRECTORIES:
            raise AnimatedImageError(
                f"The TIFF holds more than {_MOST_DIRECTORIES} pages and copies; send a single "
                "image."
            )
        self._read += 1
        count_code, entry_size = ("Q", 20) if self._is_big else ("H", 12)
        try:
            (count,) = _unpack(f"{self._order}{count_code}", self._data, place)
            start = place + struct.calcsize(f"<{count_code}")
            if not 0 < count <= _MOST_ENTRIES:
                raise CorruptImageError("The TIFF's directory is damaged.")
            entries = self._entries(start, count, entry_size)
            following = self._following(start + count * entry_size)
        except struct.error as error:
            self.is_cut_off = True
            raise CorruptImageError("The TIFF's directory is cut off or damaged.") from error
        return Directory(place, following, self._data, self._order, entries)

    def _following(self, place: int) -> int:
        try:
            return int(_unpack(f"{self._order}{self._offset}", self._data, place)[0])
        except struct.error:
            return 0

    def _entries(self, start: int, count: int, size: int) -> dict[int, list[_Entry]]:
        found: dict[int, list[_Entry]] = {}
        total = 0
        for place in range(start, start + count * size, size):
            tag, entry = self._entry(place)
            if entry is None:
                continue
            total += entry.count * _TYPES[entry.kind][0]
            # Many entries that share one long value would fill memory.
            if total > len(self._data) + _SLACK_BYTES:
                raise CorruptImageError("The TIFF's directory declares more than the file holds.")
            found.setdefault(tag, []).append(entry)
        return found

    def _entry(self, place: int) -> tuple[int, _Entry | None]:
        code = self._offset
        tag, kind, count = _unpack(f"{self._order}HH{code}", self._data, place)
        if kind not in _TYPES:
            return tag, None
        inline = struct.calcsize(f"<{code}")
        size = count * _TYPES[kind][0]
        value = place + 4 + inline
        if size > inline:
            (value,) = _unpack(f"{self._order}{code}", self._data, value)
        if value + size > len(self._data):
            self.is_cut_off = True
            return tag, None
        if count > _MOST_VALUES and kind not in _BYTES:
            raise CorruptImageError("The TIFF's directory has far too many values.")
        return tag, _Entry(kind, count, value)


def _unpack(form: str, data: ByteSource, place: int) -> tuple[Any, ...]:
    # A negative place would count from the end of a slice.
    return struct.unpack(form, data[max(place, 0) : max(place, 0) + struct.calcsize(form)])


def _text(content: bytes) -> str:
    content = content.rstrip(b"\0").replace(b"\0", b"\n")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")
