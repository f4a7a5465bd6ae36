"""Results already given, and results on their way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from cachetools import TLRUCache

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

Key = tuple[object, ...]
T = TypeVar("T")


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


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    passengers: int = 0


class Flights(Generic[T]):
    """Identical computations in flight at once are one; it ends when nobody waits for it."""

    def __init__(self) -> None:
        """Start with none in flight."""
        self._flights: dict[Key, _Flight[T]] = {}

    def __contains__(self, key: Key) -> bool:
        """Tell whether the computation of this key is in flight."""
        return key in self._flights

    async def join(self, key: Key, compute: Callable[[], Coroutine[None, None, T]]) -> T:
        """Return what ``compute`` returns, started here or by an earlier caller of the same key.

        An error reaches every caller. A cancelled caller leaves; the last one cancels the task.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = _Flight(asyncio.create_task(compute()))
            self._flights[key] = flight
            flight.task.add_done_callback(lambda _: self._land(key, flight))
        flight.passengers += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.passengers -= 1
            if not flight.passengers:
                flight.task.cancel()
                # A newcomer must not board a flight that is being cancelled.
                self._land(key, flight)

    def _land(self, key: Key, flight: _Flight[T]) -> None:
        """Forget a flight, but not a later one of the same key."""
        if self._flights.get(key) is flight:
            del self._flights[key]
