"""A connection pool to PostgreSQL or SQLite, with its tables brought up to date."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hf_space.history.database.address import parse_address
from hf_space.history.database.erasure import (
    close_to_others,
    compact,
    create_private,
    empty_log,
)
from hf_space.history.database.errors import NoAnswerError, is_conflict
from hf_space.history.database.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

Work = Callable[[AsyncConnection], Awaitable[None]]
"""Statements to execute on a connection."""

_CONNECT_SECONDS: Final = 2.0
# Longer than another process may need to insert the records that wait on disk.
_SQLITE_LOCK_SECONDS: Final = 15.0
_CLOSE_SECONDS: Final = 2.0
# SQLite's own defaults are for a single process that must survive a power cut between any two
# commits; a history may lose the last moment then. Deleted images are overwritten, not unlinked.
_SQLITE_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "secure_delete=ON",
    # Statements sort and undo the records themselves, so temporary data must not stay on disk.
    "temp_store=MEMORY",
    f"busy_timeout={int(_SQLITE_LOCK_SECONDS * 1000)}",
)
_WRITING: Final = "biopsia_writing"

logger = logging.getLogger(__name__)


class Database:
    """The pool, and the two kinds of transactions; nothing is connected before `open`."""

    def __init__(self, url: str, *, plan_each: bool = False) -> None:
        """Prepare for `postgresql://...` or `sqlite:///...`; raises ValueError for others.

        Args:
            url: The address.
            plan_each: Let PostgreSQL plan each statement for its values. Without it, it soon uses
                one plan for all, which is quicker for inserts and ruinous for rare filters.
        """
        parsed = parse_address(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._file = Path(parsed.database or "") if self.is_sqlite else None
        self._engine = (
            _sqlite_engine(parsed)
            if self.is_sqlite
            else _postgres_engine(parsed, plan_each=plan_each)
        )
        self._opened = asyncio.Event()

    async def open(self) -> None:
        """Create or upgrade the tables; of several processes, one does it and the others wait."""
        if self._file:
            await asyncio.to_thread(create_private, self._file)
        async with self.writing() as connection:
            await connection.run_sync(upgrade)
        if self._file:
            await asyncio.to_thread(close_to_others, self._file)
        self._opened.set()

    async def opened(self) -> None:
        """Wait until `open` has succeeded once."""
        await self._opened.wait()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a transaction to read in, whose statements all see the same state."""
        # SQLite's transactions do this anyway. On PostgreSQL it is set at the start and costs
        # nothing.
        level = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        async with self._engine.execution_options(**level).connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a transaction, which is committed unless an exception leaves it."""
        async with self._engine.execution_options(**{_WRITING: True}).begin() as connection:
            yield connection

    async def erase(self, *, thoroughly: bool = False) -> bool:
        """Leave no copy of deleted rows in SQLite's files; PostgreSQL vacuums by itself.

        Args:
            thoroughly: Rewrite the database, rather than only empty its log.

        Returns:
            Whether it was done. If it cannot be done now, because others use the database or the
            disk is full, this is logged; the rows are deleted all the same.
        """
        if self._file is None:
            return True
        try:
            return await asyncio.to_thread(compact if thoroughly else empty_log, self._file)
        except sqlite3.Error as error:
            logger.warning("deleted rows are overwritten later: %s", type(error).__name__)
            return False

    async def connect_to_insert(self) -> AsyncConnection:
        """Return a PostgreSQL connection on which every statement is a transaction of its own.

        The caller closes it. Unlike a connection from `writing`, it is not tested before each use.
        """
        engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        return await engine.connect()

    async def close(self) -> None:
        """Close all connections, without waiting for one that does not respond."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._engine.dispose()


@asynccontextmanager
async def answered_within(seconds: float) -> AsyncIterator[None]:
    """Cancel what takes longer than some seconds, and raise NoAnswerError."""
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError as error:
        # Drivers have limits of their own.
        if not limit.expired():
            raise
        raise NoAnswerError(f"no answer within {seconds:.0f} s") from error


class WriteSession:
    """Runs one piece of work at a time; on PostgreSQL, over one connection that stays open."""

    def __init__(self, database: Database) -> None:
        """Write to a database; nothing is connected yet."""
        self._database = database
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()

    async def run(self, work: Work, *, seconds: float) -> None:
        """Run work that, done twice, does no harm; once more after a restart or a conflict.

        On SQLite the work is one transaction, on PostgreSQL each of its statements is.

        Raises:
            NoAnswerError: It takes longer than some seconds.
            DBAPIError: The database is unreachable, or refuses a value.
            OSError: It cannot be connected to.
        """
        async with self._turn:
            if self._database.is_sqlite:
                async with answered_within(seconds), self._database.writing() as connection:
                    await work(connection)
            else:
                await self._run_twice(work, seconds)

    async def check(self, *, seconds: float) -> None:
        """Raise an error, as `run` does, if the database is unreachable."""
        if self._database.is_sqlite:
            async with answered_within(seconds), self._database.reading():
                return
        # It also prevents the connection from being closed as idle.
        await self.run(_select_one, seconds=seconds)

    async def close(self) -> None:
        """Close the connection."""
        async with self._turn:
            await self._disconnect()

    async def _run_twice(self, work: Work, seconds: float) -> None:
        was_connected = self._connection is not None
        try:
            await self._run_once(work, seconds)
        except DBAPIError as error:
            # A restart of the database shows only now, on a connection from before it.
            restarted = was_connected and error.connection_invalidated
            if not (restarted or is_conflict(error)):
                raise
            await self._run_once(work, seconds)

    async def _run_once(self, work: Work, seconds: float) -> None:
        try:
            async with answered_within(seconds):
                if self._connection is None:
                    self._connection = await self._database.connect_to_insert()
                await work(self._connection)
                # For SQLAlchemy only: to the database each statement was a transaction.
                await self._connection.commit()
        except BaseException:
            await self._disconnect()
            raise

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError, OSError):
                await connection.invalidate()
                await connection.close()


def is_postgresql(connection: AsyncConnection) -> bool:
    """Tell whether a connection leads to PostgreSQL, rather than SQLite."""
    return connection.dialect.name == "postgresql"


async def try_lock(connection: AsyncConnection, number: int) -> bool:
    """Take a lock for the rest of the transaction; False where another process has it.

    On SQLite, which has one writer at a time, the transaction is such a lock.
    """
    if not is_postgresql(connection):
        return True
    query = text("SELECT pg_try_advisory_xact_lock(:number)")
    return bool((await connection.execute(query, {"number": number})).scalar_one())


async def _select_one(connection: AsyncConnection) -> None:
    await connection.execute(select(1))


def _postgres_engine(url: URL, *, plan_each: bool) -> AsyncEngine:
    settings = {"application_name": "biopsia", "jit": "off"}
    if plan_each:
        settings["plan_cache_mode"] = "force_custom_plan"
    return create_async_engine(
        url,
        pool_pre_ping=True,
        pool_timeout=_CONNECT_SECONDS,
        hide_parameters=True,
        connect_args={
            "timeout": _CONNECT_SECONDS,
            "server_settings": settings,
        },
    )


def _sqlite_engine(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url, hide_parameters=True, connect_args={"timeout": _SQLITE_LOCK_SECONDS}
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    # Python's driver would begin transactions by itself, and not before changes of tables.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING)
    # A transaction that reads first and writes later fails when another wrote in between.
    connection.execute(text("BEGIN IMMEDIATE" if writing else "BEGIN"))
