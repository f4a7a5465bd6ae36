"""Identifiers that sort by time."""

from __future__ import annotations

import os
import time
from uuid import UUID

_NANOSECONDS_PER_MILLISECOND = 1_000_000


def uuid7() -> UUID:
    """Return a version 7 UUID (RFC 9562) with its 12 `rand_a` bits used as a finer clock.

    Two ids made at least 245 ns apart sort in the order they were made (section 6.2, method 3).
    """
    milliseconds, rest = divmod(time.time_ns(), _NANOSECONDS_PER_MILLISECOND)
    fraction = (rest << 12) // _NANOSECONDS_PER_MILLISECOND
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | fraction << 64
    value |= 0b10 << 62 | int.from_bytes(os.urandom(8)) & (1 << 62) - 1
    return UUID(int=value)
