"""Results already given, in the memory of the process."""

from __future__ import annotations

from time import monotonic
from typing import NamedTuple

from cachetools import TLRUCache

Key = tuple[object, ...]


class _Entry(NamedTuple):
    value: bytes
    expires: float


class MemoryCache:
    """Entries leave when they are old.

    The least recently used leave earlier, when all of them weigh more than the limit.
    """

    def __init__(self, max_bytes: int, seconds: float) -> None:
        """Make an empty cache.

        Args:
            max_bytes: Most that all entries may weigh; 0 keeps nothing.
            seconds: How long an entry is kept at most.
        """
        self._seconds = seconds
        self._entries: TLRUCache[Key, _Entry, float] = TLRUCache(
            max_bytes,
            ttu=lambda _key, entry, _now: entry.expires,
            timer=monotonic,
            getsizeof=lambda entry: len(entry.value),
        )

    def get(self, key: Key) -> bytes | None:
        """Return the entry, which is then the most recently used one, or None."""
        entry = self._entries.get(key)
        return entry and entry.value

    def put(self, key: Key, value: bytes, *, seconds: float | None = None) -> None:
        """Keep an entry, unless it alone is heavier than the whole cache may be.

        Args:
            key: What the entry is found by.
            value: Its content.
            seconds: How long it is kept, for one that has been kept elsewhere before.
        """
        if len(value) <= self._entries.maxsize:
            left = self._seconds if seconds is None else min(seconds, self._seconds)
            self._entries[key] = _Entry(value, monotonic() + left)
