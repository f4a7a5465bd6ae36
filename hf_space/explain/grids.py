"""Arrays of numbers as they are sent, with null for none, and as they are kept, compressed."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_DECIMALS: Final = 6


def nullable(values: NDArray[np.float64]) -> list[list[float | None]]:
    """Return an array (rows, columns) as lists, with None in place of NaN."""
    return [[None if value != value else value for value in row] for row in values.tolist()]


def pack(values: Sequence[Sequence[float | None]]) -> bytes:
    """Return rows of numbers, or None, as compressed single precision floats."""
    return zlib.compress(np.array(values, dtype="<f4").tobytes(), level=1)


def unpack(packed: bytes, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return what was packed, float64 (rows, columns), to six decimals; NaN for none."""
    values = np.frombuffer(zlib.decompress(packed), dtype="<f4").astype(np.float64)
    return np.round(values, _DECIMALS).reshape(shape)
