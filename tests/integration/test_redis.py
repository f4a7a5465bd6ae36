"""Data that processes share through a real Redis: results and rate limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from time import monotonic
from typing import Any

import pytest
from redis import Redis

from hf_space.access.rate_limit import Allowance, Limiter
from hf_space.cache.redis import RedisConnection
from hf_space.cache.result_cache import MemoryCache, ResultCache
from hf_space.errors import RateLimitedError
from tests.caching import put
from tests.waiting import until, wait_until

OWNER = b"o" * 32
ADDRESS = "192.0.2.1"
BINARY = bytes(range(256))


@pytest.fixture
def url(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty Redis that is not given up, however busy the machine is."""
    monkeypatch.setattr("hf_space.cache.redis._CALL_SECONDS", 20.0)
    return redis_url


@pytest.fixture
def redis(url: str) -> Iterator[Any]:
    """A client that looks at what is in Redis; untyped, as it is at once both kinds of client."""
    with Redis.from_url(url) as client:
        yield client


@asynccontextmanager
async def _connections(url: str, count: int) -> AsyncIterator[list[RedisConnection]]:
    """Links of as many processes."""
    async with AsyncExitStack() as stack:
        connections = [RedisConnection(url) for _ in range(count)]
        for connection in connections:
            stack.push_async_callback(connection.close)
            await connection.start()
            assert connection.state == "ready"
        yield connections


def _cache(
    connection: RedisConnection | None, max_bytes: int = 100_000, seconds: int = 3600
) -> ResultCache:
    return ResultCache(MemoryCache(max_bytes, seconds), connection, max_bytes, seconds)


def _sizes(redis: Any) -> dict[tuple[bytes, bytes], int]:
    """Return the size of all results in Redis by image, independent of the index."""
    return {
        (image, rest): redis.hstrlen(image, rest)
        for image in redis.scan_iter("biopsia:result:*")
        for rest in redis.hkeys(image)
    }


def _total(redis: Any) -> int:
    return int(redis.hget("biopsia:results:sizes", "total") or 0)


def test_a_result_of_one_process_is_found_by_another_and_then_in_its_memory(url: str) -> None:
    async def scenario() -> list[object]:
        async with _connections(url, 2) as connections:
            one, other = (_cache(connection) for connection in connections)
            # Not a text in any encoding, as keys and values may be.
            key = (b"\xff\x00", "revision", None, 4.0, True)
            await put(one, key, BINARY)
            assert await other.get((*key, "else")) is None
            return [await cache.get(key) for cache in (one, other, other)]

    assert asyncio.run(scenario()) == [(BINARY, "memory"), (BINARY, "redis"), (BINARY, "memory")]


def test_the_memory_of_another_process_keeps_it_no_longer_than_redis(
    url: str, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = 0.0
    monkeypatch.setattr("hf_space.cache.result_cache.monotonic", lambda: monotonic() + passed)

    async def scenario() -> None:
        nonlocal passed
        async with _connections(url, 2) as connections:
            one, other = (_cache(connection) for connection in connections)
            await put(one, ("k",), b"value")
            ((name, _),) = _sizes(redis)
            assert 3500 < redis.ttl(name) <= 3600
            redis.pexpire(name, 20_000)
            assert await other.get(("k",)) == (b"value", "redis")
            assert await other.get(("k",)) == (b"value", "memory")
            # It expires in Redis at the same time as here, and not earlier.
            redis.delete(name)
            passed = 20.1
            assert await other.get(("k",)) is None

    asyncio.run(scenario())


def test_all_results_together_stay_below_the_bound_whoever_puts_them(url: str, redis: Any) -> None:
    most, heaviest = 20_000, 0

    async def fill(cache: ResultCache, process: int) -> None:
        nonlocal heaviest
        for number in range(60):
            await put(cache, (process, number), bytes(1 + number * 701 % 3000))
            heaviest = max(heaviest, sum(_sizes(redis).values()))

    async def scenario() -> None:
        async with _connections(url, 3) as connections:
            caches = [_cache(connection, most) for connection in connections]
            await asyncio.gather(*(fill(cache, i) for i, cache in enumerate(caches)))
            fresh = _cache(connections[0], most)
            assert await fresh.get((1, 59)) is not None
            assert await fresh.get((1, 0)) is None

    asyncio.run(scenario())
    kept = _sizes(redis)
    assert most - 3000 < heaviest <= most
    assert sum(kept.values()) == _total(redis) <= most
    assert redis.zcard("biopsia:results") == len(kept)


@pytest.mark.parametrize(("most", "kept"), [(0, 0), (255, 0), (256, 1)])
def test_what_alone_is_too_heavy_is_kept_nowhere(
    most: int, kept: int, url: str, redis: Any
) -> None:
    async def scenario() -> object:
        async with _connections(url, 1) as (connection,):
            cache = _cache(connection, most)
            await put(cache, ("k",), BINARY)
            return await cache.get(("k",))

    assert bool(asyncio.run(scenario())) is bool(kept)
    assert len(_sizes(redis)) == kept


def test_a_result_that_comes_again_counts_once(url: str, redis: Any) -> None:
    async def scenario() -> None:
        async with _connections(url, 1) as (connection,):
            cache = _cache(connection)
            for size in (1000, 10, 500):
                await put(cache, ("k",), bytes(size))

    asyncio.run(scenario())
    assert list(_sizes(redis).values()) == [500]
    assert _total(redis) == 500


def test_expired_results_leave_the_index(url: str, redis: Any) -> None:
    async def scenario() -> None:
        async with _connections(url, 1) as (connection,):
            await put(_cache(connection, seconds=1), ("short",), bytes(300))
            await put(_cache(connection), ("long",), bytes(200))
            await until(lambda: list(_sizes(redis).values()) == [200])
            assert _total(redis) == 500
            await put(_cache(connection), ("longest",), bytes(100))

    asyncio.run(scenario())
    assert sorted(_sizes(redis).values()) == [100, 200]
    assert _total(redis) == 300
    assert redis.zcard("biopsia:results") == 2


def test_the_results_of_an_image_expire_with_the_first(url: str, redis: Any) -> None:
    async def scenario() -> None:
        async with _connections(url, 1) as (connection,):
            await put(_cache(connection), ("k", 1), b"value")
            ((name, _),) = _sizes(redis)
            redis.pexpire(name, 20_000)
            await put(_cache(connection), ("k", 2), b"value")
            assert 0 < redis.pttl(name) <= 20_000
            assert len(_sizes(redis)) == 2

    asyncio.run(scenario())


def test_a_service_that_does_nothing_leaves_nothing(url: str, redis: Any) -> None:
    async def scenario() -> None:
        async with _connections(url, 1) as (connection,):
            await put(_cache(connection, seconds=1), ("k",), BINARY)

    asyncio.run(scenario())
    wait_until(lambda: not list(redis.scan_iter("biopsia:result*")))


@pytest.mark.parametrize("lost", ["biopsia:results", "biopsia:results:sizes"])
def test_the_cache_recovers_when_redis_evicts_its_index(lost: str, url: str, redis: Any) -> None:
    async def scenario() -> None:
        async with _connections(url, 1) as (connection,):
            cache = _cache(connection, 1000)
            for number in range(3):
                await put(cache, (number,), bytes(300))
            redis.delete(lost)
            for number in range(3, 20):
                await put(cache, (number,), bytes(300))
            assert await _cache(connection, 1000).get((19,)) == (bytes(300), "redis")
            assert connection.state == "ready"

    asyncio.run(scenario())
    assert _total(redis) == 900
    # Results that are missing in the index are removed when they expire.
    assert sum(_sizes(redis).values()) <= 2 * 900


def test_processes_together_never_grant_more_than_a_bucket_holds(url: str) -> None:
    async def grants(limiter: Limiter) -> int:
        granted = 0
        for _ in range(40):
            with suppress(RateLimitedError):
                await limiter.charge(owner=OWNER, address=ADDRESS)
                granted += 1
        return granted

    async def scenario() -> int:
        async with _connections(url, 4) as connections:
            limiters = [Limiter(5, 1000, connection) for connection in connections]
            charges = (grants(limiter) for limiter in limiters for _ in range(5))
            return sum(await asyncio.gather(*charges))

    # A token refills only every twelve seconds, so that a slow machine changes nothing.
    assert asyncio.run(scenario()) == 5


def test_redis_and_memory_count_alike(url: str) -> None:
    async def charges(limiter: Limiter) -> list[object]:
        seen: list[object] = []
        for cost in (1, 2, 0, 900, 3, 1):
            try:
                allowance = await limiter.charge(owner=OWNER, address=ADDRESS, cost=cost)
                assert isinstance(allowance, Allowance)
                seen.append((allowance.limit, allowance.remaining))
            except RateLimitedError as error:
                seen.append((error.details["scope"], error.details["remaining"]))
        return seen

    async def scenario() -> None:
        async with _connections(url, 1) as (connection,):
            # One token takes a minute or half of it, so that a slow machine changes nothing.
            for limits in ((5, 4), (4, 5), (4, 0), (0, 2)):
                shared, own = Limiter(*limits, connection), Limiter(*limits, None)
                assert await charges(shared) == await charges(own)
                await connection.script("redis.call('FLUSHDB')")([], [])

    asyncio.run(scenario())


def test_what_is_refused_takes_nothing_from_either_bucket(url: str) -> None:
    async def scenario() -> None:
        async with _connections(url, 1) as (connection,):
            limiter = Limiter(5, 3, connection)
            await limiter.charge(owner=OWNER, address=ADDRESS, cost=3)
            with pytest.raises(RateLimitedError) as caught:
                await limiter.charge(owner=OWNER, address=ADDRESS, cost=2)
            assert caught.value.details["scope"] == "address"
            assert caught.value.retry_after_seconds in range(20, 41)
            allowance = await limiter.charge(owner=OWNER, address="192.0.2.2", cost=2)
            assert allowance
            assert allowance.remaining == 0

    asyncio.run(scenario())


def test_redis_learns_no_address_and_forgets_buckets_that_are_full(url: str, redis: Any) -> None:
    async def scenario() -> None:
        async with _connections(url, 1) as (connection,):
            limiter = Limiter(600, 600, connection)
            await limiter.charge(owner=OWNER, address=ADDRESS, cost=300)

    asyncio.run(scenario())
    buckets = list(redis.scan_iter("biopsia:limit:*"))
    assert len(buckets) == 2
    for bucket in buckets:
        assert ADDRESS.encode() not in bucket
        # Three hundred of ten a second.
        assert 0 < redis.pttl(bucket) <= 30_000
