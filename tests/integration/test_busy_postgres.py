"""A PostgreSQL that cancels statements, or whose tables others hold, is away for now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx2
import pytest

from tests.server import RunningServer, running_server
from tests.services import Postgres
from tests.stores import Store, Visitor, patch
from tests.waiting import wait_until

DATABASE = "busy"
HELD = "LOCK TABLE predictions, reviews, tallies IN ACCESS EXCLUSIVE MODE"
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = 'busy' AND application_name = 'biopsia'"
)
WAITING = (
    "SELECT 1 FROM pg_stat_activity"
    " WHERE datname = 'busy' AND application_name = 'biopsia' AND wait_event_type = 'Lock'"
)
CANCEL = WAITING.replace("1", "pg_cancel_backend(pid)")


@pytest.fixture(scope="module")
def server(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    postgres.start()
    store = Store(tmp_path_factory.mktemp("busy"), postgres.create_database(DATABASE), None)
    with running_server(**store.environment()) as server:
        yield server
    postgres.drop_database(DATABASE)


@pytest.fixture
def visitor(server: RunningServer) -> Iterator[Visitor]:
    """A newcomer."""
    wait_until(lambda: health(server)["status"] == "ok")
    with httpx2.Client(base_url=server.url, timeout=60) as client:
        yield Visitor(client)


def health(server: RunningServer) -> dict[str, Any]:
    body: dict[str, Any] = httpx2.get(f"{server.url}/health/").json()
    return body


def address(postgres: Postgres) -> str:
    return postgres.url.rpartition("/")[0] + f"/{DATABASE}"


@asynccontextmanager
async def limited(postgres: Postgres, setting: str) -> AsyncIterator[asyncpg.Connection]:
    """Set a limit for new connections of the service, cut the old ones, and give one without."""
    connection = await asyncpg.connect(address(postgres), server_settings={setting: "0"})
    try:
        await connection.execute(f"ALTER DATABASE {DATABASE} SET {setting} = '200ms'")
        await connection.execute(CUT)
        yield connection
    finally:
        await connection.execute(f"ALTER DATABASE {DATABASE} RESET {setting}")
        await connection.execute(CUT)
        await connection.close()


@pytest.mark.parametrize("setting", ["statement_timeout", "lock_timeout"])
def test_what_waits_too_long_for_a_table_is_asked_to_come_again(
    setting: str, server: RunningServer, visitor: Visitor, postgres: Postgres
) -> None:
    identifier = visitor.predict(patch(1))["id"]
    number = {"statement_timeout": 2, "lock_timeout": 3}[setting]

    def ask() -> dict[str, Any]:
        for method, path in (
            ("GET", "/history/"),
            ("GET", f"/history/{identifier}"),
            ("GET", "/history/export.json"),
            ("GET", "/stats/"),
            ("DELETE", f"/history/{identifier}"),
            ("DELETE", "/history/"),
        ):
            answer = visitor.ask(method, path)
            assert answer.status_code == 503, (method, path)
            assert answer.json()["error"]["code"] == "history_unavailable"
        assert visitor.review(identifier, opinion="agree").status_code == 503
        return visitor.predict(patch(number))

    async def meet() -> dict[str, Any]:
        async with limited(postgres, setting) as connection, connection.transaction():
            await connection.execute(HELD)
            return await asyncio.to_thread(ask)

    answer = asyncio.run(meet())
    assert not answer["saved"]
    assert "save_delayed" in {warning["code"] for warning in answer["warnings"]}
    wait_until(lambda: answer["id"] in visitor.ids())
    assert identifier in visitor.ids()
    assert "Traceback" not in server.log.read_text("utf-8")


def test_a_statement_that_an_administrator_cancels_is_no_error_of_ours(
    server: RunningServer, visitor: Visitor, postgres: Postgres
) -> None:
    visitor.predict(patch(4))

    async def meet() -> set[int]:
        connection = await asyncpg.connect(address(postgres))
        try:
            async with connection.transaction():
                await connection.execute(HELD)
                asked = asyncio.create_task(asyncio.to_thread(visitor.ask, "GET", "/history/"))
                while not asked.done():
                    await connection.execute(CANCEL)
                    await connection.execute("SELECT pg_sleep(0.05)")
                return {(await asked).status_code}
        finally:
            await connection.close()

    assert asyncio.run(meet()) == {503}
    assert "Traceback" not in server.log.read_text("utf-8")


def test_a_visitor_whose_transaction_gives_way_to_another_is_asked_to_come_again(
    server: RunningServer, visitor: Visitor, postgres: Postgres
) -> None:
    """A deadlock: each holds what the other wants, and PostgreSQL ends one of them."""
    identifier = visitor.predict(patch(5))["id"]

    async def meet() -> int:
        connection = await asyncpg.connect(
            address(postgres), server_settings={"deadlock_timeout": "30s"}
        )
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE tallies IN ACCESS EXCLUSIVE MODE")
                asked = asyncio.create_task(
                    asyncio.to_thread(visitor.ask, "DELETE", f"/history/{identifier}")
                )
                while not await connection.fetchval(WAITING):
                    await connection.execute("SELECT pg_sleep(0.05)")
                await connection.execute("LOCK TABLE predictions IN ACCESS EXCLUSIVE MODE")
                return (await asked).status_code
        finally:
            await connection.close()

    assert asyncio.run(meet()) == 503
    assert "Traceback" not in server.log.read_text("utf-8")
