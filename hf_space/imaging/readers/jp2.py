"""Find the colour profile of a JPEG 2000 file, which Pillow passes over."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# ISO/IEC 15444-1, annex I: a box begins with its length and type, four bytes each.
_BOX_OVERHEAD: Final = 8
_HEADER: Final = b"jp2h"
_COLOUR: Final = b"colr"
# The box of the colour begins with method, precedence and approximation; 2 and 3 are profiles.
_PROFILES: Final = frozenset({2, 3})
_PROFILE: Final = 3
_MOST_BOXES: Final = 1000


def jp2_profile(data: bytes) -> bytes | None:
    """Return the ICC profile; None where the file states none, or is a bare codestream."""
    header = _first(data, _HEADER, 0, len(data))
    colour = header and _first(data, _COLOUR, *header)
    if not colour or data[colour[0]] not in _PROFILES:
        return None
    return data[colour[0] + _PROFILE : colour[1]]


def _first(data: bytes, kind: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Return where the content of the first box of a kind begins and ends."""
    boxes = islice(_boxes(data, start, end), _MOST_BOXES)
    return next(((first, last) for found, first, last in boxes if found == kind), None)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + _BOX_OVERHEAD < end:
        length = int.from_bytes(data[start : start + 4])
        if length <= _BOX_OVERHEAD or start + length > end:
            return
        yield data[start + 4 : start + 8], start + _BOX_OVERHEAD, start + length
        start += length
