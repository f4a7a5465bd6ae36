from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from hf_space.history.database.connection import Database, answered_within
from hf_space.history.database.errors import describe, fault_of, is_unreachable
from hf_space.history.record import group_size

MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    "parameters",
    [
        "sslmode=require&channel_binding=require",
        "connect_timeout=10&application_name=lab",
        "sslmode=disable",
    ],
)
def test_addresses_as_hosts_hand_them_out_are_taken(parameters: str) -> None:
    for scheme in ("postgres", "postgresql", "postgresql+asyncpg"):
        assert not Database(f"{scheme}://u:p@host/name?{parameters}").is_sqlite


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u:secret@host/name", "mysql"),
        ("postgresql://u:secret@host/name?colour=red", "does not accept colour"),
        ("no address: secret", "not the address of a database"),
    ],
)
def test_an_address_that_cannot_work_is_refused_at_once(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_an_operator_is_told_how_long_an_answer_was_waited_for() -> None:
    async def wait() -> None:
        async with answered_within(0.01):
            await asyncio.Event().wait()

    async def give_up_in_the_driver() -> None:
        async with answered_within(60):
            raise TimeoutError("10.0.0.1")

    with pytest.raises(TimeoutError) as waited:
        asyncio.run(wait())
    assert describe(waited.value) == "no answer within 0 s"
    assert is_unreachable(waited.value)
    with pytest.raises(TimeoutError) as given_up:
        asyncio.run(give_up_in_the_driver())
    assert describe(given_up.value) == "no answer in time"


def test_the_log_says_which_database_gets_its_tables(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        database = Database(f"sqlite:///{tmp_path}/spool.sqlite3")
        await database.open()
        await database.close()

    caplog.set_level(logging.INFO, logger="hf_space")
    asyncio.run(scenario())
    told = [record.getMessage() for record in caplog.records if record.name.startswith("hf_space")]
    assert told
    assert all(text.startswith("spool.sqlite3: running upgrade ") for text in told)


@pytest.mark.parametrize(
    ("weights", "size"),
    [
        ([], 0),
        ([100 * MEGABYTE], 1),
        ([MEGABYTE] * 10, 4),
        ([3 * MEGABYTE, 3 * MEGABYTE], 1),
        ([1000] * 64, 64),
    ],
)
def test_a_group_is_some_megabytes_or_a_single_record(weights: list[int], size: int) -> None:
    assert group_size(weights) == size


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (asyncpg.InvalidPasswordError("secret"), "refused"),
        (asyncpg.InvalidCatalogNameError("secret"), "refused"),
        (asyncpg.ReadOnlySQLTransactionError("secret"), "read_only"),
        (asyncpg.DiskFullError("secret"), "full"),
        (asyncpg.TooManyConnectionsError("secret"), "busy"),
        (asyncpg.QueryCanceledError("secret"), "busy"),
        (asyncpg.LockNotAvailableError("secret"), "busy"),
        (asyncpg.CannotConnectNowError("secret"), "unreachable"),
        (ConnectionRefusedError(), "unreachable"),
        (TimeoutError(), "unreachable"),
        (ValueError("secret"), "unusable"),
    ],
)
def test_a_fault_of_postgresql_has_a_word(error: Exception, fault: str) -> None:
    assert fault_of(error) == fault


@pytest.mark.parametrize(
    "kind",
    [
        asyncpg.QueryCanceledError,
        asyncpg.AdminShutdownError,
        asyncpg.LockNotAvailableError,
        asyncpg.IdleInTransactionSessionTimeoutError,
        asyncpg.DeadlockDetectedError,
        asyncpg.SerializationError,
        asyncpg.OutOfMemoryError,
    ],
)
def test_a_statement_that_cannot_be_served_now_is_told_from_one_that_is_wrong(
    kind: type[asyncpg.PostgresError],
) -> None:
    assert is_unreachable(DBAPIError("SELECT 1", {}, kind("secret")))
    assert not is_unreachable(DBAPIError("SELECT", {}, asyncpg.PostgresSyntaxError("secret")))


def lock(file: Path) -> None:
    with closing(sqlite3.connect(file)) as one, closing(sqlite3.connect(file, timeout=0)) as other:
        one.execute("BEGIN EXCLUSIVE")
        other.execute("SELECT * FROM a")


def write_only_read(file: Path) -> None:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        connection.execute("INSERT INTO a VALUES (1)")


def fill(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA max_page_count = 2")
        connection.execute("INSERT INTO a VALUES (randomblob(100000))")


def damage(file: Path) -> None:
    file.write_bytes(b"x" * 10_000)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("SELECT * FROM a")


def move(file: Path) -> None:
    with closing(sqlite3.connect(file.parent)) as connection:
        connection.execute("SELECT * FROM a")


def misspell(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("SELEKT 1")


@pytest.mark.parametrize(
    ("happen", "fault"),
    [
        (lock, "busy"),
        (write_only_read, "read_only"),
        (fill, "full"),
        (damage, "damaged"),
        (move, "unreachable"),
        (misspell, "unusable"),
    ],
)
def test_a_fault_of_sqlite_has_a_word(
    happen: Callable[[Path], None], fault: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE a (b)")
    with pytest.raises(sqlite3.Error) as caught:
        happen(file)
    assert fault_of(caught.value) == fault
