"""Reads a JPEG that lacks only its end marker."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image

from hf_space.imaging.readers.jpeg import (
    PROGRESSIVE,
    START_OF_SCAN,
    segments_with_scans,
)

_END: Final = b"\xff\xd9"
_STARTS_OF_FRAME: Final = frozenset({0xC0, 0xC1, 0xC2})
_BLOCK: Final = 64
# What stands in place of missing data; no two decode alike.
_FILLINGS: Final = (b"\x55" * 4096, b"\xaa" * 4096, b"\x00" * 4096)


def complete_jpeg(data: bytes) -> Image.Image | None:
    """Decode a JPEG from which only the end is missing.

    A decoder continues with whatever bytes follow, so if any data are missing, the pixels depend on
    the filling. They are decoded with different fillings and compared; a progressive file must also
    have all its scans.

    Returns:
        The decoded image, or None where data are missing.
    """
    if not _has_all_scans(data):
        return None
    # A lone first byte of the marker.
    data = data.removesuffix(_END[:1])
    first: Image.Image | None = None
    for filling in _FILLINGS:
        try:
            image = Image.open(io.BytesIO(data + filling + _END), formats=("JPEG",))
            image.load()
        except Exception:  # Pillow's decoders raise almost any type on hostile data
            return None
        if first is not None and not np.array_equal(np.asarray(first), np.asarray(image)):
            return None
        first = first or image
    return first


def _has_all_scans(data: bytes) -> bool:
    """Tell whether the scans of a progressive JPEG bring every coefficient to its last bit."""
    components: list[int] = []
    last_bit: dict[tuple[int, int], int] = {}
    progressive = False
    for kind, content in segments_with_scans(data):
        if kind in _STARTS_OF_FRAME and len(content) > 5:
            progressive = kind == PROGRESSIVE
            components = list(content[6 : 6 + 3 * content[5] : 3])
        elif kind == START_OF_SCAN and content and len(content) >= 4 + 2 * content[0]:
            first, last, bits = content[1 + 2 * content[0] : 4 + 2 * content[0]]
            for component in content[1 : 1 + 2 * content[0] : 2]:
                for place in range(first, min(last, _BLOCK - 1) + 1):
                    last_bit[component, place] = bits & 0x0F
    if not progressive:
        return bool(components)
    wanted = ((component, place) for component in components for place in range(_BLOCK))
    return all(last_bit.get(coefficient) == 0 for coefficient in wanted)
