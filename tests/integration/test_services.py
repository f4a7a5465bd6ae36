"""The PostgreSQL and the Redis that other tests rely on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis import Redis as RedisClient
from redis.backoff import NoBackoff
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from tests.services import Postgres, Redis, require, running_postgres, running_redis


def ask(url: str, sql: str, seconds: float = 60) -> object:
    async def fetch() -> object:
        connection = await asyncpg.connect(url, timeout=seconds)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def works_in(folder: Path) -> list[psutil.Process]:
    processes = psutil.process_iter(["cwd"])
    return [process for process in processes if str(folder) in (process.info["cwd"] or "")]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_postgres_comes_back_with_its_data(postgres: Postgres, postgres_url: str, end: str) -> None:
    ask(postgres_url, "CREATE TABLE kept AS SELECT 7 AS number")
    getattr(postgres, end)()
    with pytest.raises(ConnectionRefusedError):
        ask(postgres_url, "SELECT 1")
    postgres.start()
    assert ask(postgres_url, "SELECT number FROM kept") == 7


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_redis_comes_back_with_its_data(redis_server: Redis, redis_url: str, end: str) -> None:
    with RedisClient.from_url(redis_url) as client:
        client.set("kept", "7")
    getattr(redis_server, end)()
    redis_server.start()
    with RedisClient.from_url(redis_url) as client:
        assert client.get("kept") == b"7"


def test_a_paused_postgres_hangs_until_it_is_resumed(postgres: Postgres, postgres_url: str) -> None:
    postgres.pause()
    with pytest.raises(TimeoutError):
        ask(postgres_url, "SELECT 1", seconds=0.2)
    postgres.resume()
    assert ask(postgres_url, "SELECT 1") == 1


def test_a_paused_redis_hangs_until_it_is_resumed(redis_server: Redis, redis_url: str) -> None:
    redis_server.pause()
    with (
        RedisClient.from_url(redis_url, socket_timeout=0.1, retry=Retry(NoBackoff(), 0)) as client,
        pytest.raises(RedisTimeoutError),
    ):
        client.ping()
    redis_server.resume()
    with RedisClient.from_url(redis_url) as client:
        assert client.ping()


def test_each_test_has_an_empty_database(postgres: Postgres) -> None:
    first, second = postgres.create_database("first"), postgres.create_database("second")
    ask(first, "CREATE TABLE mine ()")
    assert ask(second, "SELECT to_regclass('mine')") is None
    postgres.drop_database("first")
    assert ask(postgres.url, "SELECT count(*) FROM pg_database WHERE datname = 'first'") == 0
    postgres.drop_database("second")


def test_servers_run_beside_each_other(redis_server: Redis, redis_url: str) -> None:
    with running_redis() as other, RedisClient.from_url(other.url) as client:
        assert other.port != redis_server.port
        client.set("mine", "1")
        with RedisClient.from_url(redis_url) as here:
            assert here.get("mine") is None


@pytest.mark.usefixtures("postgres")
def test_nothing_of_a_server_is_left() -> None:
    with running_postgres(max_connections="7") as server:
        assert ask(server.url, "SHOW max_connections") == "7"
        folder = server.log.parent
        assert works_in(folder)
    assert not folder.exists()
    assert not works_in(folder)


@pytest.mark.usefixtures("postgres")
def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="shared_buffers"), running_postgres(shared_buffers="x"):
        pass


def test_what_is_missing_skips_here_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    require(None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt install"):
        require("NO TESTS: apt install it")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt install"):
        require("NO TESTS: apt install it")
