"""Read the size that a JPEG XL codestream declares, without decoding it."""

from __future__ import annotations

from typing import Final

from hf_space.errors import CorruptImageError

_CODESTREAM: Final = b"\xff\x0a"
_CONTAINER: Final = b"\0\0\0\x0cJXL \r\n\x87\n"
_HEADER_BYTES: Final = 16
_INDEX_BYTES: Final = 4
# ISO/IEC 18181-1, annex D.2: bits of a side after its selector, and ratios of width to height.
_SIDE_BITS: Final = (9, 13, 18, 30)
_RATIOS: Final = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def jpeg_xl_size(data: bytes) -> tuple[int, int]:
    """Return the width and height in pixels that a codestream, bare or in boxes, declares.

    Raises:
        CorruptImageError: There is no codestream.
    """
    start = _codestream(data)
    if start < 0 or len(data) < start + _HEADER_BYTES:
        raise CorruptImageError("The JPEG XL data are damaged.")
    bits = _Bits(int.from_bytes(data[start + 2 : start + _HEADER_BYTES], "little"))
    is_small = bool(bits.take(1))
    height = _side(bits, is_small)
    ratio = bits.take(3)
    if ratio == 0:
        return _side(bits, is_small), height
    across, down = _RATIOS[ratio - 1]
    return height * across // down, height


def _codestream(data: bytes) -> int:
    if data.startswith(_CODESTREAM):
        return 0
    if not data.startswith(_CONTAINER):
        return -1
    whole, part = data.find(b"jxlc"), data.find(b"jxlp")
    return whole + 4 if whole >= 0 else part + 4 + _INDEX_BYTES if part >= 0 else -1


class _Bits:
    def __init__(self, value: int) -> None:
        self._value = value

    def take(self, count: int) -> int:
        taken = self._value & ((1 << count) - 1)
        self._value >>= count
        return taken


def _side(bits: _Bits, is_small: bool) -> int:  # noqa: FBT001 -- as the standard writes it
    if is_small:
        return 8 * (bits.take(5) + 1)
    return bits.take(_SIDE_BITS[bits.take(2)]) + 1
