"""Results already given: in the process, and behind it in Redis for all processes."""

from __future__ import annotations

import asyncio
import hashlib
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from hf_space.cache.memory import MemoryCache

if TYPE_CHECKING:
    from hf_space.cache.memory import Key
    from hf_space.cache.redis import RedisLink
    from hf_space.settings import Settings

_PREFIX: Final = "biopsia:result:"
# When each result expires, and how much each and all of them weigh.
_INDEX: Final = "biopsia:results"
_SIZES: Final = "biopsia:results:sizes"
_GROUP: Final = 16
# More do not wait for a slow Redis: the results are in memory anyway.
_MOST_WAITING: Final = 128

_GET: Final = """
local value = redis.call('GET', KEYS[1])
return value and {value, redis.call('PTTL', KEYS[1])}
"""

# The oldest leave first: processes answer what is asked often from their own memory, so that when
# it was last asked for is not known here.
_PUT: Final = """
local index, sizes = KEYS[1], KEYS[2]
local prefix, seconds, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000

local function strike(name)
  redis.call('ZREM', index, name)
  local size = redis.call('HGET', sizes, name)
  if size then
    redis.call('HINCRBY', sizes, 'total', -size)
    redis.call('HDEL', sizes, name)
  end
end

local function drop(name)
  redis.call('UNLINK', prefix .. name)
  strike(name)
end

local function total()
  return tonumber(redis.call('HGET', sizes, 'total') or 0)
end

local function keep(name, value)
  -- First, because a Redis that is full refuses only what a script writes first.
  redis.call('SET', prefix .. name, value, 'EX', seconds)
  strike(name)
  while total() + #value > most do
    local oldest = redis.call('ZRANGE', index, 0, 0)[1]
    if not oldest then
      -- Redis itself has evicted the index, so the total means nothing any more.
      redis.call('DEL', sizes)
      break
    end
    drop(oldest)
  end
  redis.call('ZADD', index, now + seconds, name)
  redis.call('HSET', sizes, name, #value)
  redis.call('HINCRBY', sizes, 'total', #value)
end

-- The first one before all else, for the same reason.
keep(ARGV[4], ARGV[5])
-- Only so many, because nobody else is served meanwhile; the rest leaves with later calls.
for _, expired in ipairs(redis.call('ZRANGEBYSCORE', index, '-inf', now, 'LIMIT', 0, 100)) do
  drop(expired)
end
for place = 6, #ARGV, 2 do
  keep(ARGV[place], ARGV[place + 1])
end
redis.call('EXPIRE', index, seconds)
redis.call('EXPIRE', sizes, seconds)
"""


class ResultCache:
    """Two levels, of which each has the same bound; results never change under their key."""

    def __init__(
        self, memory: MemoryCache, link: RedisLink | None, max_bytes: int, seconds: int
    ) -> None:
        """Put a process's own cache before the shared one.

        Args:
            memory: The process's own.
            link: The way to Redis, if there is one.
            max_bytes: Most that all results in Redis may weigh; 0 keeps none there.
            seconds: How long a result is kept there.
        """
        self._memory = memory
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._waiting: dict[str, bytes] = {}
        self._sending: asyncio.Task[None] | None = None
        shared = link if max_bytes else None
        self._get = shared.script(_GET) if shared else None
        self._put = shared.script(_PUT) if shared else None

    @classmethod
    def from_settings(cls, settings: Settings, link: RedisLink | None) -> ResultCache:
        """Make an empty cache before Redis, if there is one."""
        most, seconds = settings.cache_bytes, settings.cache_seconds
        return cls(MemoryCache(most, seconds), link, most, seconds)

    async def get(self, key: Key) -> tuple[bytes, Literal["memory", "redis"]] | None:
        """Return a result and where it was found, or None."""
        kept = self._memory.get(key)
        if kept is not None:
            return kept, "memory"
        if self._get is None:
            return None
        found = await self._get([_PREFIX + _name(key)], [])
        if found is None:
            return None
        value, milliseconds = found
        self._memory.put(key, value, seconds=milliseconds / 1000)
        return value, "redis"

    def put(self, key: Key, value: bytes) -> None:
        """Keep a result, unless it alone is heavier than all of them may be.

        Redis gets it a moment later, with those that come meanwhile: nobody waits for that.
        """
        self._memory.put(key, value)
        wanted = self._put is not None and len(value) <= self._max_bytes
        if wanted and len(self._waiting) < _MOST_WAITING:
            self._waiting[_name(key)] = value
            if self._sending is None or self._sending.done():
                self._sending = asyncio.create_task(self._send())

    async def settle(self) -> None:
        """Wait until Redis has what was put."""
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
                del self._waiting[name]


def _name(key: Key) -> str:
    return hashlib.sha256(repr(key).encode()).hexdigest()
