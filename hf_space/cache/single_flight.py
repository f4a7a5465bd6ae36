"""Join identical computations that run at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from hf_space.cache.memory import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


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
