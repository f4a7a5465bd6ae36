"""The Lua scripts that read and store results in Redis."""

from __future__ import annotations

from typing import Final

# All results of an image are one hash, so that they can be dropped although Redis has evicted the
# index. A result's name is that of its image, 32 letters, a colon, and its field in the hash.

GET: Final = """
local value = redis.call('HGET', KEYS[1], ARGV[1])
return value and {value, redis.call('PTTL', KEYS[1])}
"""

_STRIKE: Final = """
local index, sizes = KEYS[1], KEYS[2]

local function strike(name)
  redis.call('ZREM', index, name)
  local size = redis.call('HGET', sizes, name)
  if size then
    redis.call('HINCRBY', sizes, 'total', -size)
    redis.call('HDEL', sizes, name)
  end
end
"""

# The oldest are removed first. Frequent requests are answered from the memory of each process, so
# Redis does not know when a result was last used.
PUT: Final = (
    _STRIKE
    + """
local prefix, seconds, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000

local function place(name)
  return prefix .. string.sub(name, 1, 32), string.sub(name, 34)
end

local function drop(name)
  redis.call('HDEL', place(name))
  strike(name)
end

local function total()
  return tonumber(redis.call('HGET', sizes, 'total') or 0)
end

local function keep(name, value)
  -- First, because a Redis that is full refuses only what a script writes first.
  local image, field = place(name)
  redis.call('HSET', image, field, value)
  -- The others that an image has do not last longer for this one.
  if redis.call('TTL', image) < 0 then
    redis.call('EXPIRE', image, seconds)
  end
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
for at = 6, #ARGV, 2 do
  keep(ARGV[at], ARGV[at + 1])
end
redis.call('EXPIRE', index, seconds)
redis.call('EXPIRE', sizes, seconds)
"""
)

# Drops the results of images, records that for the other processes, and returns the time with all
# images recorded since the given time.
DROP: Final = (
    _STRIKE
    + """
local dropped = KEYS[3]
local prefix, seconds, since = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

if #ARGV > 3 then
  redis.call('ZREMRANGEBYSCORE', dropped, '-inf', now - seconds * 1000000)
  for place = 4, #ARGV do
    local image = prefix .. ARGV[place]
    for _, field in ipairs(redis.call('HKEYS', image)) do
      strike(ARGV[place] .. ':' .. field)
    end
    redis.call('UNLINK', image)
    -- A Redis that is full takes no notes; what it had is gone all the same.
    redis.pcall('ZADD', dropped, now, ARGV[place])
  end
  redis.call('EXPIRE', dropped, seconds)
end
local heard = redis.call('ZRANGEBYSCORE', dropped, since, '+inf')
table.insert(heard, 1, now)
return heard
"""
)
