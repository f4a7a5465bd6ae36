"""A connection pool to PostgreSQL or SQLite, with its tables brought up to date."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hf_space.history.database.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

_CONNECT_SECONDS: Final = 2.0
# Longer than another process may need to bring back what waits on disk.
_SQLITE_LOCK_SECONDS: Final = 15.0
_CLOSE_SECONDS: Final = 2.0
_DRIVERS: Final = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
}
# SQLite's own defaults are for a single process that must survive a power cut between any two
# commits; a history may lose the last moment then. Deleted images are overwritten, not unlinked.
_SQLITE_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "secure_delete=ON",
    f"busy_timeout={int(_SQLITE_LOCK_SECONDS * 1000)}",
)
# What hosts write into addresses for PostgreSQL's own library; the driver has its own ways.
_LEFT_OUT: Final = (
    *("application_name", "channel_binding", "connect_timeout", "gssencmode"),
    *("keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval"),
)
_WRITING: Final = "biopsia_writing"


class Database:
    """The pool, and the two kinds of transactions; nothing is connected before `open`."""

    def __init__(self, url: str, *, plan_each: bool = False) -> None:
        """Prepare for `postgresql://...` or `sqlite:///...`; raises ValueError for others.

        Args:
            url: The address.
            plan_each: Let PostgreSQL plan each statement for its values. Without it, it soon uses
                one plan for all, which is quicker for inserts and ruinous for rare filters.
        """
        parsed = _with_driver(_parsed(url))
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._file = Path(parsed.database or "") if self.is_sqlite else None
        self._engine = (
            _sqlite_engine(parsed)
            if self.is_sqlite
            else _postgres_engine(parsed, plan_each=plan_each)
        )

    async def open(self) -> None:
        """Create or upgrade the tables; of several processes, one does it and the others wait."""
        if self._file:
            await asyncio.to_thread(self._file.parent.mkdir, parents=True, exist_ok=True)
        async with self.writing() as connection:
            await connection.run_sync(upgrade)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a transaction to read in, whose statements all see the same state."""
        # SQLite's own do. On PostgreSQL it is said as the transaction begins, and costs nothing.
        level = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        async with self._engine.execution_options(**level).connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a transaction, which is committed unless an exception leaves it."""
        async with self._engine.execution_options(**{_WRITING: True}).begin() as connection:
            yield connection

    async def connect_to_insert(self) -> AsyncConnection:
        """Give a connection of PostgreSQL's on which every statement is a transaction of its own.

        Whoever keeps it closes it; it is not looked after, so that nothing is asked in between.
        """
        engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        return await engine.connect()

    async def close(self) -> None:
        """Close all connections; one whose other end is silent is left to itself."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._engine.dispose()


def is_unreachable(error: BaseException) -> bool:
    """Tell whether an error means that the database is away, not that a statement is wrong."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, InterfaceError | OperationalError)
    # SQLAlchemy passes on what the driver raises while it connects.
    of_driver = type(error).__module__.startswith("asyncpg.")
    return of_driver or isinstance(error, OSError | PoolTimeoutError)


def describe(error: BaseException) -> str:
    """Return an error's kind for the log; its text may hold addresses and values."""
    cause = getattr(error, "orig", None) or error
    return type(cause.__cause__ or cause).__name__


def is_conflict(error: DBAPIError) -> bool:
    """Tell whether a transaction lost to another, by PostgreSQL's choice, and is to be repeated."""
    return getattr(error.orig, "sqlstate", None) in {"40001", "40P01"}


def is_refusal(error: BaseException) -> bool:
    """Tell whether the values themselves are refused, so that trying again cannot help."""
    # The driver of PostgreSQL does not tell bad data by its class.
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return isinstance(error, DataError | IntegrityError) or state.startswith(("22", "23"))


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        # The message may hold a part of the password.
        message = "this is no address of a database, as postgresql://user@host:5432/name is"
        raise ValueError(message) from None


def _with_driver(url: URL) -> URL:
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise ValueError(f"no database of kind {url.drivername!r}: use postgresql or sqlite")
    mode = url.query.get("sslmode")
    url = url.difference_update_query(["sslmode", *_LEFT_OUT])
    if mode is not None:
        url = url.update_query_dict({"ssl": mode})
    unknown = url.query.keys() - {"ssl"}
    if unknown:
        raise ValueError(f"a database address takes no {', '.join(sorted(unknown))}")
    return url.set(drivername=driver)


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
