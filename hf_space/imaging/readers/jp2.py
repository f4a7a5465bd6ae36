"""What a JPEG 2000 file says of itself, read before OpenJPEG does.

OpenJPEG takes 11 KB for each tile and half of one for each precinct, however few pixels they have:
200 bytes took 700 MB.
"""

from __future__ import annotations

import struct
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from hf_space.errors import CorruptImageError, UnsupportedImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

# ISO/IEC 15444-1, annex I: a box begins with its length and type, four bytes each; a length of 1
# is followed by the true one in eight bytes, one of 0 means all that follows.
_BOX_OVERHEAD: Final = 8
_LONG_BOX_OVERHEAD: Final = 16
_HEADER: Final = b"jp2h"
_COLOUR: Final = b"colr"
_CODESTREAM: Final = b"jp2c"
# The box of the colour begins with method, precedence and approximation; 2 and 3 are profiles.
_PROFILES: Final = frozenset({2, 3})
_PROFILE: Final = 3
_MOST_BOXES: Final = 1000

# Annex A: markers of a codestream. Only the start and the data have no length.
_CODESTREAM_MAGIC: Final = b"\xff\x4f\xff\x51"
JP2_MAGICS: Final = (b"\0\0\0\x0cjP  \r\n\x87\n", _CODESTREAM_MAGIC)
"""How a file begins, in boxes or bare."""

_TILE_PART, _DATA, _END = b"\xff\x90", b"\xff\x93", b"\xff\xd9"
_STYLE, _STYLE_OF_COMPONENT = b"\xff\x52", b"\xff\x53"
_SIZE: Final = struct.Struct(">HH8IH")
_STYLE_HEAD: Final = 5
_OWN_PRECINCTS: Final = 1
_WHOLE_PRECINCT: Final = 0xFF
_RESOLUTIONS, _MOST_RESOLUTIONS = 8, 33

# A few small tiles are a small image's; many, of which each has 2048 pixels, take 5 bytes a pixel.
_TILES, _PIXELS_PER_TILE = 64, 2048
_PRECINCTS, _PIXELS_PER_PRECINCT = 4096, 128
_MOST_COMPONENTS: Final = 16
_LEAST_BLOCK: Final = 8
_PACKETS: Final = 1 << 16
_MOST_SEGMENTS: Final = 1 << 18


class _Size(NamedTuple):
    width: int
    height: int
    tile_width: int
    tile_height: int
    tiles: int
    components: int


def jp2_profile(data: bytes) -> bytes | None:
    """Return the ICC profile; None where the file states none, or is a bare codestream."""
    header = _first(data, _HEADER, 0, len(data))
    colour = header and _first(data, _COLOUR, *header)
    if not colour or data[colour[0]] not in _PROFILES:
        return None
    return data[colour[0] + _PROFILE : colour[1]]


def jp2_size(data: bytes) -> tuple[int, int]:
    """Return the width and height in pixels that the codestream declares, bare or in boxes.

    Raises:
        CorruptImageError: There is no codestream, or its headers are damaged.
        UnsupportedImageError: It is cut into far too many parts for its pixels.
    """
    start = _codestream(data)
    if not data.startswith(_CODESTREAM_MAGIC, start):
        raise CorruptImageError("The JPEG 2000 file has no codestream.")
    try:
        size = _size(data, start + len(_CODESTREAM_MAGIC))
        _check_tiles(size)
        for layers, content in _styles(data, start + 2, size.components):
            _check_style(size, layers, content)
    except (IndexError, struct.error) as error:
        raise CorruptImageError("The JPEG 2000 file is damaged.") from error
    return size.width, size.height


def _codestream(data: bytes) -> int:
    if data.startswith(_CODESTREAM_MAGIC):
        return 0
    found = _first(data, _CODESTREAM, 0, len(data))
    return found[0] if found else len(data)


def _size(data: bytes, place: int) -> _Size:
    _, _, right, below, left, top, *tile, components = _SIZE.unpack_from(data, place)
    width, height, tile_width, tile_height = right - left, below - top, tile[0], tile[1]
    if min(width, height, tile_width, tile_height, components) < 1:
        raise CorruptImageError("The JPEG 2000 file declares no pixels.")
    across, down = -(-(right - tile[2]) // tile_width), -(-(below - tile[3]) // tile_height)
    shown = min(width, tile_width), min(height, tile_height)
    return _Size(width, height, *shown, across * down, components)


def _check_tiles(size: _Size) -> None:
    most = _TILES + size.width * size.height // _PIXELS_PER_TILE
    if size.tiles > most or size.components > _MOST_COMPONENTS:
        raise _too_many("tiles", size.tiles, most)


def _styles(data: bytes, place: int, components: int) -> Iterator[tuple[int, bytes]]:
    """Yield layers and coding style of each header, those of single components too."""
    part, layers = place, 1
    for _ in range(_MOST_SEGMENTS):
        kind = data[place : place + 2]
        if kind == _DATA:
            if not part:
                return
            place = part
            continue
        if kind in {_END, b""}:
            return
        length = int.from_bytes(data[place + 2 : place + 4])
        content = data[place + 4 : place + 2 + length]
        if kind == _TILE_PART:
            rest = int.from_bytes(content[2:6])
            # One of length 0 reaches to the end.
            part = place + rest if rest else 0
        elif kind == _STYLE:
            layers = int.from_bytes(content[2:4])
            yield layers, content[:1] + content[_STYLE_HEAD:]
        elif kind == _STYLE_OF_COMPONENT:
            yield layers, content[1 if components < 257 else 2 :]
        place += 2 + max(length, 2)
    raise CorruptImageError(f"The JPEG 2000 file has more than {_MOST_SEGMENTS} segments.")


def _check_style(size: _Size, layers: int, style: bytes) -> None:
    """Refuse small blocks, and more precincts or packets than there are pixels for."""
    flags, levels, block_width, block_height = style[:4]
    # As exponents of 2, less 2.
    if block_width + block_height + 4 < _LEAST_BLOCK or levels + 1 > _MOST_RESOLUTIONS:
        raise UnsupportedImageError("JPEG 2000 in blocks of so few pixels is not supported.")
    whole = bytes((_WHOLE_PRECINCT,)) * (levels + 1)
    sides = style[6 : 7 + levels] if flags & _OWN_PRECINCTS else whole
    precincts = (
        size.tiles
        * size.components
        * sum(
            _precincts(size.tile_width, size.tile_height, levels - resolution, side)
            for resolution, side in enumerate(sides)
        )
    )
    pixels = size.width * size.height
    in_tiles = _RESOLUTIONS * size.tiles * size.components
    most = _PRECINCTS + pixels // _PIXELS_PER_PRECINCT + in_tiles
    if precincts > most or precincts * layers > _PACKETS + pixels:
        raise _too_many("precincts", precincts, most)


def _precincts(width: int, height: int, halvings: int, exponents: int) -> int:
    across = -(-width // (1 << halvings + (exponents & 0x0F)))
    return across * -(-height // (1 << halvings + (exponents >> 4)))


def _too_many(name: str, count: int, most: int) -> UnsupportedImageError:
    return UnsupportedImageError(
        f"JPEG 2000 in {count} {name} is not supported; for so few pixels at most {most} are.",
        **{name: count},
    )


def _first(data: bytes, kind: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Return where the content of the first box of a kind begins and ends."""
    boxes = islice(_boxes(data, start, end), _MOST_BOXES)
    return next(((first, last) for found, first, last in boxes if found == kind), None)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + _BOX_OVERHEAD < end:
        length, overhead = int.from_bytes(data[start : start + 4]), _BOX_OVERHEAD
        if length == 1:
            place = start + _BOX_OVERHEAD
            length, overhead = int.from_bytes(data[place : place + 8]), _LONG_BOX_OVERHEAD
        elif length == 0:
            length = end - start
        kind, last = data[start + 4 : start + 8], start + length
        # A picture that is cut off may be of use.
        if length <= overhead or (last > end and kind != _CODESTREAM):
            return
        yield kind, start + overhead, min(last, end)
        start = last
