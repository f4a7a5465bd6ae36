"""A real Redis that stops and starts again: no call waits for it, none fails."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import uvloop
from redis import Redis as RedisClient

from hf_space.access.rate_limit import Limiter
from hf_space.cache.redis import RedisConnection
from hf_space.cache.result_cache import MemoryCache, ResultCache
from hf_space.errors import RateLimitedError
from tests.caching import put
from tests.waiting import next_turn, until

if TYPE_CHECKING:
    from tests.services import Redis

# The service's event loop and the standard one report lost connections differently.
RUNNERS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
Runner = Callable[[Awaitable[Any]], Any]

ECHO = "return ARGV[1]"


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hf_space.cache.redis")


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[RedisConnection]:
    """Each search for an unreachable Redis, noted when it begins; they follow one another soon."""
    begun: list[RedisConnection] = []
    find = RedisConnection._find

    async def noted(connection: RedisConnection) -> None:
        begun.append(connection)
        await find(connection)

    monkeypatch.setattr(RedisConnection, "_find", noted)
    monkeypatch.setattr("hf_space.cache.redis._SEARCH_SECONDS", 0.2)
    return begun


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine must not look like a Redis that is unreachable."""
    monkeypatch.setattr("hf_space.cache.redis._CALL_SECONDS", 20.0)


@asynccontextmanager
async def _started(url: str) -> AsyncIterator[RedisConnection]:
    connection = RedisConnection(url)
    try:
        await connection.start()
        yield connection
    finally:
        await connection.close()


async def _until(connection: RedisConnection, state: str) -> None:
    await until(lambda: connection.state == state)


def _lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage().partition(" (")[0]) for record in caplog.records]


LOST, BACK = ("WARNING", "Redis is unreachable"), ("INFO", "Redis is back")


@RUNNERS
@pytest.mark.usefixtures("patience", "redis_url")
def test_memory_takes_over_from_a_killed_redis_until_it_is_back(
    run: Runner,
    redis_server: Redis,
    caplog: pytest.LogCaptureFixture,
    searches: list[RedisConnection],
) -> None:
    async def scenario() -> None:
        async with _started(redis_server.url) as connection:
            cache = ResultCache(MemoryCache(1000, 60), connection, 1000, 60)
            limiter = Limiter(0, 2, connection)
            await put(cache, ("before",), b"1")
            await limiter.charge(owner=None, address="192.0.2.1", cost=2)
            redis_server.kill()
            await asyncio.gather(*(cache.get((number,)) for number in range(100)))
            await put(cache, ("meanwhile",), b"2")
            assert await cache.get(("before",)) == (b"1", "memory")
            assert await cache.get(("meanwhile",)) == (b"2", "memory")
            # The process's own buckets were full.
            await limiter.charge(owner=None, address="192.0.2.1", cost=2)
            with pytest.raises(RateLimitedError):
                await limiter.charge(owner=None, address="192.0.2.1", cost=2)
            assert connection.state == "unavailable"
            # The second begins when the first has failed.
            await until(lambda: len(searches) == 2)
            assert _lines(caplog) == [LOST]
            redis_server.start()
            await _until(connection, "ready")
            # Another process finds new results; the scripts are loaded again.
            await put(cache, ("after",), b"3")
            other = ResultCache(MemoryCache(1000, 60), connection, 1000, 60)
            assert await other.get(("after",)) == (b"3", "redis")
            assert await other.get(("meanwhile",)) is None

    run(scenario())
    assert _lines(caplog) == [LOST, BACK]


@pytest.mark.usefixtures("redis_url")
def test_a_redis_that_hangs_is_waited_for_once(
    redis_server: Redis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with _started(redis_server.url) as connection:
            await _until(connection, "ready")
            caplog.clear()
            echo = connection.script(ECHO)
            redis_server.pause()
            # More than there are connections.
            assert await asyncio.gather(*(echo([], ["x"]) for _ in range(200))) == [None] * 200
            with monkeypatch.context() as patience:
                # A call that waited for it now would wait long.
                patience.setattr("hf_space.cache.redis._CALL_SECONDS", 3600.0)
                async with asyncio.timeout(20):
                    assert await echo([], ["x"]) is None
            assert _lines(caplog) == [LOST]
            redis_server.resume()
            await _until(connection, "ready")
            assert await echo([], ["x"]) == b"x"

    try:
        asyncio.run(scenario())
    finally:
        redis_server.resume()


@pytest.mark.usefixtures("patience", "searches")
def test_a_call_that_fails_late_does_not_lose_a_redis_that_was_found_again(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with _started(redis_url) as connection:
            slow, late = asyncio.Event(), asyncio.Event()

            async def fail(event: asyncio.Event) -> None:
                await event.wait()
                raise ConnectionError

            calls = [
                asyncio.create_task(connection._run(lambda *_, event=event: fail(event), [], []))  # type: ignore[arg-type]
                for event in (slow, late)
            ]
            await next_turn()
            slow.set()
            await _until(connection, "unavailable")
            await _until(connection, "ready")
            late.set()
            assert await asyncio.gather(*calls) == [None, None]
            assert connection.state == "ready"

    asyncio.run(scenario())
    assert _lines(caplog) == [LOST, BACK]


@pytest.mark.usefixtures("redis_url")
def test_a_redis_that_is_away_at_the_start_is_found_later(
    redis_server: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    redis_server.stop()

    async def scenario() -> None:
        async with _started(redis_server.url) as connection:
            assert connection.state == "unavailable"
            redis_server.start()
            await _until(connection, "ready")
            assert await connection.script(ECHO)([], [b"\x00\xff"]) == b"\x00\xff"

    asyncio.run(scenario())
    assert _lines(caplog)[:2] == [LOST, BACK]


@RUNNERS
@pytest.mark.usefixtures("patience", "redis_url")
def test_a_restart_between_two_calls_goes_unnoticed(
    run: Runner, redis_server: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with _started(redis_server.url) as connection:
            echo = connection.script(ECHO)
            await asyncio.gather(*(echo([], ["x"]) for _ in range(50)))
            redis_server.kill()
            redis_server.start()
            assert await asyncio.gather(*(echo([], ["x"]) for _ in range(50))) == [b"x"] * 50

    run(scenario())
    assert _lines(caplog) == []


@RUNNERS
@pytest.mark.usefixtures("patience")
def test_connections_that_were_reset_are_replaced(
    run: Runner, caplog: pytest.LogCaptureFixture
) -> None:
    connections: list[asyncio.StreamWriter] = []
    ended: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        with suppress(ConnectionError):
            while await reader.read(10_000):
                writer.write(b"+OK\r\n")
        writer.close()
        ended.append(writer)

    async def scenario() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, _started(f"redis://127.0.0.1:{port}/0") as connection:
            call = connection.script(ECHO)
            await asyncio.gather(*(call([], ["x"]) for _ in range(5)))
            before = len(connections)
            for writer in connections:
                # To close it now sends a reset.
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, linger
                )
                writer.transport.abort()
            await until(lambda: len(ended) == before)
            assert await asyncio.gather(*(call([], ["x"]) for _ in range(5))) == [b"OK"] * 5
            assert len(connections) > before
        await until(lambda: len(ended) == len(connections))

    run(scenario())
    assert _lines(caplog) == []


@pytest.mark.usefixtures("patience")
def test_a_full_redis_is_of_no_use_until_it_has_room(
    redis_url: str, caplog: pytest.LogCaptureFixture, searches: list[RedisConnection]
) -> None:
    async def scenario() -> None:
        async with _started(redis_url) as connection:
            cache = ResultCache(MemoryCache(1000, 60), connection, 1000, 60)
            client.config_set("maxmemory", 1)
            await put(cache, ("k",), b"value")
            assert connection.state == "unavailable"
            await until(lambda: len(searches) == 2)
            assert _lines(caplog) == [LOST]
            client.config_set("maxmemory", 0)
            await _until(connection, "ready")

    with RedisClient.from_url(redis_url) as client:
        try:
            asyncio.run(scenario())
        finally:
            client.config_set("maxmemory", 0)
    assert _lines(caplog) == [LOST, BACK]


@RUNNERS
@pytest.mark.usefixtures("patience")
def test_calls_that_were_left_do_not_mix_up_the_answers_of_others(
    run: Runner, redis_url: str
) -> None:
    async def scenario() -> None:
        async with _started(redis_url) as connection:
            echo = connection.script(ECHO)
            for moment in range(30):
                calls = [asyncio.ensure_future(echo([], [number])) for number in range(40)]
                for _ in range(moment):
                    await next_turn()
                for call in calls[::2]:
                    call.cancel()
                answers = await asyncio.gather(*calls, return_exceptions=True)
                for number, answer in enumerate(answers):
                    left = number % 2 == 0 and isinstance(answer, asyncio.CancelledError)
                    assert left or answer == str(number).encode()
            assert connection.state == "ready"

    run(scenario())


def test_neither_log_nor_error_holds_the_address(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    where = redis_url.removeprefix("redis://")

    async def scenario() -> None:
        async with _started(f"redis://somebody:secretword@{where}") as connection:
            assert connection.state == "unavailable"

    asyncio.run(scenario())
    assert _lines(caplog) == [LOST]
    assert "secretword" not in caplog.text
    assert where.partition("/")[0] not in caplog.text
    for bad in ("http://somebody:secretword@host", "redis://somebody:secretword/x@host"):
        with pytest.raises(ValueError, match="no address of a Redis") as caught:
            RedisConnection(bad)
        assert "secretword" not in str(caught.value)


def test_it_does_not_connect_before_it_is_started_nor_after_it_is_closed(redis_url: str) -> None:
    async def scenario() -> None:
        connection = RedisConnection(redis_url)
        echo = connection.script(ECHO)
        assert (connection.state, await echo([], ["x"])) == ("unavailable", None)
        await connection.start()
        await _until(connection, "ready")
        await connection.close()
        assert (connection.state, await echo([], ["x"])) == ("unavailable", None)

    asyncio.run(scenario())
