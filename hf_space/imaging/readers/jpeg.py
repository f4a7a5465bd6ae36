"""What a JPEG holds beside its pixels, read before Pillow does.

Pillow keeps every segment: 10 MB of empty ones took 320 MB. And libjpeg decodes every scan of the
whole picture, however little it holds: 100 KB took minutes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hf_space.errors import CorruptImageError
from hf_space.imaging.readers.metadata import EXIF_PREFIX, FileParts, as_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

JPEG_MAGIC: Final = b"\xff\xd8\xff"
START_OF_SCAN: Final = 0xDA
PROGRESSIVE: Final = 0xC2

_START: Final = b"\xff\xd8"
_END: Final = 0xD9
# ITU T.81, table B.1: frames, and what else is needed to decode them.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE_FRAMES: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_TABLES: Final = frozenset({0xC4, 0xCC, 0xDB, 0xDD})
_LEFT_OUT: Final = frozenset({*range(0xE0, 0xF0), 0xDC, 0xFE})
# JFIF 1.02 and Adobe's technical note 5116: what decoders look at of each.
_JFIF, _JFIF_BYTES = 0xE0, 14
_ADOBE, _ADOBE_BYTES = 0xEE, 12
_EXIF_OR_XMP: Final = 0xE1
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
# ICC.1, annex B.4: behind the name a profile's parts have their number, from 1, and how many.
_PROFILE: Final = 0xE2
_PROFILE_NAME: Final = b"ICC_PROFILE\0"
_PROFILE_HEAD: Final = 14
# Between segments bytes are passed over; restarts have no content.
_MARKER: Final = re.compile(rb"\xff+([\x02-\xcf\xd8-\xfe])")
# As above, but in coded data, where a stuffed zero follows a byte of ones.
_MARKER_IN_SCAN: Final = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
# Four of each kind of table are in use at a time; a profile, or XMP with pictures, takes hundreds.
_MOST_TABLE_BYTES: Final = 1 << 16
_MOST_SEGMENTS: Final = 2048
# Programs write ten, and those that look for the smallest file some twenty.
_MOST_SCANS: Final = 100


class _Segment(NamedTuple):
    kind: int
    start: int
    end: int


def jpeg_parts(data: bytes) -> FileParts:
    """Take a JPEG apart; a file that is damaged elsewhere stays so.

    Raises:
        CorruptImageError: It has far too many segments, tables or scans, or a second frame.
    """
    stated: dict[int, bytes] = {}
    profile: list[bytes] = []
    exif: list[bytes] = []
    xmp, tables, pixels = b"", bytearray(), len(data)
    for kind, start, end in _header(data):
        content = data[start:end]
        if kind == START_OF_SCAN:
            pixels = start - 4
        elif kind == _JFIF and content.startswith(b"JFIF\0"):
            stated[kind] = content[:_JFIF_BYTES]
        elif kind == _ADOBE and content.startswith(b"Adobe"):
            stated[kind] = content[:_ADOBE_BYTES]
        elif kind == _EXIF_OR_XMP and content.startswith(EXIF_PREFIX):
            exif.append(content.removeprefix(EXIF_PREFIX))
        elif kind == _EXIF_OR_XMP and content.startswith(_XMP):
            xmp = content.removeprefix(_XMP)
        elif kind == _PROFILE and content.startswith(_PROFILE_NAME):
            profile.append(content)
        elif kind not in _LEFT_OUT:
            tables += _segment(kind, content)
    head = b"".join(_segment(kind, content) for kind, content in stated.items())
    pieces = as_pieces(_START, head, tables, memoryview(data)[pixels:])
    return FileParts(pieces, b"".join(exif), xmp, _joined(profile) if profile else None)


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Return the width and height in pixels that a JPEG declares.

    Raises:
        CorruptImageError: It declares none, or is refused as `jpeg_parts` does.
    """
    for kind, start, end in _header(data):
        if kind in _FRAMES and end - start > 5:
            # Precision, height, width.
            height, width = data[start + 1 : start + 3], data[start + 3 : start + 5]
            return int.from_bytes(width), int.from_bytes(height)
    raise CorruptImageError("The JPEG declares no size.")


def segments_with_scans(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and content of each segment; the coded data between them are passed over."""
    for kind, start, end in _segments(data, 2, _MARKER_IN_SCAN):
        yield kind, data[start:end]


def _header(data: bytes) -> list[_Segment]:
    """Return the segments up to the start of the first scan, with it."""
    found: list[_Segment] = []
    table_bytes = frames = 0
    for segment in _segments(data, len(_START), _MARKER):
        found.append(segment)
        if segment.kind == START_OF_SCAN:
            _check_scans(data, found)
            break
        frames += segment.kind in _FRAMES
        if segment.kind not in _LEFT_OUT:
            table_bytes += segment.end - segment.start
        known = segment.kind in _FRAMES | _TABLES | _LEFT_OUT
        if not known or frames > 1 or table_bytes > _MOST_TABLE_BYTES:
            raise CorruptImageError("The JPEG's header is damaged.")
    return found


def _check_scans(data: bytes, header: list[_Segment]) -> None:
    """Refuse a picture in far too many scans; of one whose first scan has all, no more are read."""
    frame = next((each for each in header if each.kind in _FRAMES), None)
    scan = header[-1]
    if frame is None or (
        frame.kind not in _PROGRESSIVE_FRAMES
        and data[scan.start : scan.start + 1] >= data[frame.start + 5 : frame.start + 6]
    ):
        return
    scans = 1
    for each in _segments(data, scan.end, _MARKER_IN_SCAN):
        scans += each.kind == START_OF_SCAN
        if scans > _MOST_SCANS:
            raise CorruptImageError(f"The JPEG has more than {_MOST_SCANS} scans.")


def _segments(data: bytes, place: int, marker: re.Pattern[bytes]) -> Iterator[_Segment]:
    """Yield the segments from a place on, up to the marker of the end or where the file ends."""
    for _ in range(_MOST_SEGMENTS):
        found = marker.search(data, place)
        if not found or data[found.end() - 1] == _END:
            return
        start = found.end()
        place = start + max(2, int.from_bytes(data[start : start + 2]))
        yield _Segment(data[start - 1], start + 2, place)
    raise CorruptImageError(f"The JPEG has more than {_MOST_SEGMENTS} segments.")


def _segment(kind: int, content: bytes) -> bytes:
    return bytes((0xFF, kind)) + (len(content) + 2).to_bytes(2) + content


def _joined(parts: list[bytes]) -> bytes:
    """Join the parts of a profile; nothing where some are missing."""
    parts = sorted(parts)
    complete = parts[0][_PROFILE_HEAD - 1 : _PROFILE_HEAD] == bytes((len(parts) & 0xFF,))
    return b"".join(part[_PROFILE_HEAD:] for part in parts) if complete else b""
