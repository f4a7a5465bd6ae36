"""Computed results: in this process, in Redis for all processes, or still being computed."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import contextmanager
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Final, Generic, Literal, NamedTuple, TypeVar

from cachetools import TLRUCache

from hf_space.cache import scripts

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Coroutine, Iterable, Iterator

    from hf_space.cache.redis import RedisConnection
    from hf_space.settings import Settings

Key = tuple[object, ...]
"""Everything a result depends on; the first part is the SHA-256 of the image, hexadecimal."""
T = TypeVar("T")
StepT = TypeVar("StepT")

_PREFIX: Final = "biopsia:result:"
# When each result expires, and how much each and all of them weigh.
_INDEX: Final = "biopsia:results"
_SIZES: Final = "biopsia:results:sizes"
# Images whose results were dropped, with the time, so that other processes drop them too.
_DROPPED: Final = "biopsia:results:dropped"
_IMAGE_DIGEST_BYTES: Final = 16
_GROUP: Final = 16
# Beyond this, results are not queued for a slow Redis: they are in memory anyway.
_MOST_WAITING: Final = 128
_DROP_SECONDS: Final = 5.0


class _Entry(NamedTuple):
    value: bytes
    expires: float


class MemoryCache:
    """Entries expire by age.

    The least recently used are evicted earlier when the total size exceeds the limit.
    """

    def __init__(self, max_bytes: int, seconds: float) -> None:
        """Make an empty cache.

        Args:
            max_bytes: Largest total size of the entries; 0 stores nothing.
            seconds: How long an entry lasts at most.
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
        """Store an entry, unless it alone is larger than the whole cache may be.

        Args:
            key: The key of the entry.
            value: Its content.
            seconds: How long it lasts, if it was stored elsewhere before.
        """
        if len(value) <= self._entries.maxsize:
            left = self._seconds if seconds is None else min(seconds, self._seconds)
            self._entries[key] = _Entry(value, monotonic() + left)

    def drop(self, images: Container[str]) -> None:
        """Drop all entries of images, named as `_image_name` does."""
        for key in [key for key in self._entries if _image_name(key[0]) in images]:
            self._entries.pop(key, None)


class ResultCache:
    """A cache of two levels with the same size limit; the result of a key never changes."""

    def __init__(
        self, memory: MemoryCache, connection: RedisConnection | None, max_bytes: int, seconds: int
    ) -> None:
        """Put a process's own cache before the shared one.

        Args:
            memory: The process's own cache.
            connection: The connection to Redis, if there is one.
            max_bytes: Largest total size of the results in Redis; 0 stores none there.
            seconds: How long a result lasts there.
        """
        self._memory = memory
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._waiting: dict[str, bytes] = {}
        self._sending: asyncio.Task[None] | None = None
        self._to_drop: set[str] = set()
        self._heard_of = 0
        shared = connection if max_bytes else None
        self._get = shared.script(scripts.GET) if shared else None
        self._put = shared.script(scripts.PUT) if shared else None
        self._drop = shared.script(scripts.DROP) if shared else None

    @classmethod
    def from_settings(cls, settings: Settings, connection: RedisConnection | None) -> ResultCache:
        """Make an empty cache before Redis, if there is one."""
        most, seconds = settings.cache_bytes, settings.cache_seconds
        return cls(MemoryCache(most, seconds), connection, most, seconds)

    async def get(self, key: Key) -> tuple[bytes, Literal["memory", "redis"]] | None:
        """Return a result and where it was found, or None."""
        local = self._memory.get(key)
        if local is not None:
            return local, "memory"
        if self._get is None:
            return None
        image, _, field = _name(key).partition(":")
        found = await self._get([_PREFIX + image], [field])
        if found is None:
            return None
        value, milliseconds = found
        self._memory.put(key, value, seconds=milliseconds / 1000)
        return value, "redis"

    def put(self, key: Key, value: bytes) -> None:
        """Store a result, unless it alone is larger than the whole cache may be.

        Redis gets it a moment later, together with other new results; callers do not wait for that.
        """
        self._memory.put(key, value)
        wanted = self._put is not None and len(value) <= self._max_bytes
        if wanted and len(self._waiting) < _MOST_WAITING:
            self._waiting[_name(key)] = value
            if self._sending is None or self._sending.done():
                self._sending = asyncio.create_task(self._send())

    async def forget(self, images: Iterable[str]) -> None:
        """Drop all results of images: here at once, and in Redis as soon as it can be reached.

        Other processes drop theirs within seconds, see `keep_forgetting`.

        Args:
            images: Their SHA-256, hexadecimal.
        """
        names = {_image_name(image) for image in images}
        self._memory.drop(names)
        if self._drop:
            for name in [name for name in self._waiting if _image_of(name) in names]:
                del self._waiting[name]
            self._to_drop |= names
            # A result that is queued for Redis would be stored after the deletion.
            await self.settle()
            await self._share_drops()

    async def keep_forgetting(self) -> None:
        """Drop, every few seconds, what other processes have dropped; runs until cancelled."""
        while self._drop:
            await self._share_drops()
            await asyncio.sleep(_DROP_SECONDS)

    async def _share_drops(self) -> None:
        """Send Redis the images dropped by this process, and get those dropped by others."""
        assert self._drop is not None  # noqa: S101 -- called only then
        names = set(self._to_drop)
        limits = (_PREFIX, self._seconds, self._heard_of)
        heard = await self._drop([_INDEX, _SIZES, _DROPPED], [*limits, *names])
        if heard is not None:
            self._to_drop -= names
            self._heard_of, *others = heard
            self._memory.drop({name.decode() for name in others})

    async def settle(self) -> None:
        """Wait until Redis has the stored results."""
        if self._sending is not None:
            await self._sending

    async def _send(self) -> None:
        assert self._put is not None  # noqa: S101 -- only then does anything wait
        while self._waiting:
            group = dict(islice(self._waiting.items(), _GROUP))
            entries = [part for entry in group.items() for part in entry]
            limits = (self._seconds, self._max_bytes)
            await self._put([_INDEX, _SIZES], [_PREFIX, *limits, *entries])
            for name in group:
                self._waiting.pop(name, None)


class _Computation(Generic[T, StepT]):
    """A task, the callers that wait for it, and the steps it has reported so far."""

    def __init__(self, compute: Callable[[Callable[[StepT], None]], Coroutine[None, None, T]]):
        self.waiting = 0
        self._steps: list[StepT] = []
        self._listeners: list[Callable[[StepT], None]] = []
        self.task = asyncio.create_task(compute(self._tell))

    def _tell(self, step: StepT) -> None:
        self._steps.append(step)
        for listen in self._listeners:
            listen(step)

    @contextmanager
    def waited_for(self, listen: Callable[[StepT], None] | None) -> Iterator[None]:
        """Add a caller, and report all steps to it, including earlier ones."""
        self.waiting += 1
        if listen:
            for step in self._steps:
                listen(step)
            self._listeners.append(listen)
        try:
            yield
        finally:
            if listen:
                self._listeners.remove(listen)
            self.waiting -= 1


class SingleFlight(Generic[T, StepT]):
    """Runs identical computations once; a computation is cancelled when no caller waits for it."""

    def __init__(self) -> None:
        """Start with none running."""
        self._running: dict[Key, _Computation[T, StepT]] = {}

    def __contains__(self, key: Key) -> bool:
        """Tell whether the computation of this key is running."""
        return key in self._running

    async def run(
        self,
        key: Key,
        compute: Callable[[Callable[[StepT], None]], Coroutine[None, None, T]],
        listen: Callable[[StepT], None] | None,
    ) -> T:
        """Return what ``compute`` returns, started here or by an earlier caller of the same key.

        An error reaches every caller. A cancelled caller leaves; the last one cancels the task.

        Args:
            key: Says which computations are identical.
            compute: Gets a function that reports its steps.
            listen: Called with all steps in order, including those before this caller joined.
        """
        computation = self._running.get(key)
        if computation is None:
            computation = _Computation(compute)
            self._running[key] = computation
            computation.task.add_done_callback(lambda _: self._forget(key, computation))
        try:
            with computation.waited_for(listen):
                return await asyncio.shield(computation.task)
        finally:
            if not computation.waiting:
                computation.task.cancel()
                # A new caller must not join a computation that is being cancelled.
                self._forget(key, computation)

    def _forget(self, key: Key, computation: _Computation[T, StepT]) -> None:
        """Forget a computation, but not a later one of the same key."""
        if self._running.get(key) is computation:
            del self._running[key]


def _name(key: Key) -> str:
    return f"{_image_name(key[0])}:{hashlib.sha256(repr(key).encode()).hexdigest()}"


def _image_name(image: object) -> str:
    """Return the name of an image in Redis, from which its SHA-256 cannot be found."""
    return hashlib.blake2b(repr(image).encode(), digest_size=_IMAGE_DIGEST_BYTES).hexdigest()


def _image_of(name: str) -> str:
    return name.partition(":")[0]
