"""Identifiers that sort by time, and hold it; docs/decisions/0017 says why they are made here."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

_NANOSECONDS_PER_MILLISECOND: Final = 1_000_000
_RANDOM_BITS: Final = 62
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7() -> UUID:
    """Return a version 7 UUID (RFC 9562) with its 12 `rand_a` bits used as a finer clock.

    Two ids made at least 245 ns apart sort in the order they were made (section 6.2, method 3).
    """
    return _at(time.time_ns(), secrets.randbits(_RANDOM_BITS))


def time_of(identifier: UUID) -> datetime:
    """Return when a version 7 UUID of `uuid7` was made, in UTC, to the microsecond."""
    milliseconds, fraction = identifier.int >> 80, identifier.int >> 64 & 0xFFF
    return _EPOCH + timedelta(milliseconds=milliseconds, microseconds=fraction * 1000 >> 12)


def first_id_at(moment: datetime) -> UUID:
    """Return the least id that `uuid7` could make at a time, or later; the time has a zone."""
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    return _at(max(0, microseconds) * 1000, 0)


def _at(nanoseconds: int, random_bits: int) -> UUID:
    milliseconds, rest = divmod(nanoseconds, _NANOSECONDS_PER_MILLISECOND)
    # Rounded up, so that the time of the least id at a moment is that moment, not one before.
    fraction = min(-(-(rest << 12) // _NANOSECONDS_PER_MILLISECOND), 0xFFF)
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << _RANDOM_BITS | random_bits
    return UUID(int=value)
