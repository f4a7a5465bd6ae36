"""The one picture of a GIF, found before Pillow reads the file.

Pillow decodes a picture to look behind it, and fills another of the same size for what is to be
shown after it.
"""

from __future__ import annotations

import re
from typing import Final

from hf_space.errors import AnimatedImageError

# GIF89a, sections 17 to 27: where blocks begin, and what is in front of them.
GIF_MAGICS: Final = (b"GIF87a", b"GIF89a")
_BLOCK: Final = re.compile(rb"[!,;]")
_HEADER_BYTES: Final = 13
_SCREEN_FLAGS: Final = 10
_PICTURE_BYTES: Final = 10
_PICTURE_FLAGS: Final = 9
_CONTROL: Final = b"!\xf9"
_CONTROL_FLAGS: Final = 3
_DISPOSAL: Final = 0b00011100


def still_gif(data: bytes) -> bytes:
    """Return a GIF's picture without comments, and without what is to be done after showing it.

    One without a picture is returned as it is.

    Raises:
        AnimatedImageError: There is a second picture.
    """
    if len(data) <= _SCREEN_FLAGS:
        return data
    head = place = _HEADER_BYTES + _palette_bytes(data[_SCREEN_FLAGS])
    control = picture = b""
    # As Pillow does, bytes between blocks are passed over.
    while (found := _BLOCK.search(data, place)) and found[0] != b";":
        start = found.start()
        place = _end(data, start)
        if found[0] == b"," and picture:
            raise AnimatedImageError("The file holds several frames; send a single image.")
        if found[0] == b",":
            picture = data[start:place]
        elif data.startswith(_CONTROL, start) and not picture:
            control = data[start:place]
    return data[:head] + _without_disposal(control) + picture if picture else data


def _end(data: bytes, start: int) -> int:
    """Return where a block ends; its content is parted into pieces with their lengths."""
    place = start + 2
    if data.startswith(b",", start):
        flags = data[start + _PICTURE_FLAGS : start + _PICTURE_BYTES]
        place = start + _PICTURE_BYTES + (_palette_bytes(flags[0]) if flags else 0) + 1
    while place < len(data) and data[place]:
        place += data[place] + 1
    return place + 1


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _without_disposal(control: bytes) -> bytes:
    if len(control) <= _CONTROL_FLAGS + 1:
        return b""
    flags = control[_CONTROL_FLAGS] & ~_DISPOSAL
    return control[:_CONTROL_FLAGS] + bytes([flags]) + control[_CONTROL_FLAGS + 1 :]
