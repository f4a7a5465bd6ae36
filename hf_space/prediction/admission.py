"""A gate that bounds the memory of large images."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from hf_space.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# A large image in work takes some 10 bytes a pixel; those that wait take their file's only.
_AT_ONCE: Final = 2
_WAITING: Final = 16


class LargeImageGate:
    """Lets in a few at a time, and lets a few more wait."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        """Begin with nobody inside, and let in so many at once."""
        self._room = asyncio.Semaphore(at_once)
        self._waiting = 0

    def check(self) -> None:
        """Raise BusyError where many wait."""
        if self._waiting >= _WAITING:
            raise BusyError(f"{self._waiting} large images wait")

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Wait for a place and hold it; who cannot wait long calls `check` just before."""
        self._waiting += 1
        try:
            await self._room.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._room.release()
