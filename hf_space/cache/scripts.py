"""What Redis runs to read and to store results."""

from __future__ import annotations

from typing import Final

GET: Final = """
local value = redis.call('GET', KEYS[1])
return value and {value, redis.call('PTTL', KEYS[1])}
"""

# The oldest leave first: processes answer what is asked often from their own memory, so that when
# it was last asked for is not known here.
PUT: Final = """
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

# Drops the results of images, notes that for the other processes, and returns the time with what
# was noted since the time given. An image's name is 32 letters, which a result's name begins with.
DROP: Final = """
local index, sizes, dropped = KEYS[1], KEYS[2], KEYS[3]
local prefix, seconds, since = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local images = {}
for place = 4, #ARGV do
  images[ARGV[place]] = true
end
if #ARGV > 3 then
  for _, name in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    if images[string.sub(name, 1, 32)] then
      redis.call('UNLINK', prefix .. name)
      redis.call('ZREM', index, name)
      local size = redis.call('HGET', sizes, name)
      if size then
        redis.call('HINCRBY', sizes, 'total', -size)
        redis.call('HDEL', sizes, name)
      end
    end
  end
  redis.call('ZREMRANGEBYSCORE', dropped, '-inf', now - seconds * 1000000)
  for place = 4, #ARGV do
    -- A Redis that is full takes no notes; what it had is gone all the same.
    redis.pcall('ZADD', dropped, now, ARGV[place])
  end
  redis.call('EXPIRE', dropped, seconds)
end
local heard = redis.call('ZRANGEBYSCORE', dropped, since, '+inf')
table.insert(heard, 1, now)
return heard
"""
