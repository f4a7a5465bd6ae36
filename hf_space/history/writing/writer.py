"""Writes groups of records, at the least cost that their database allows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hf_space.history.database.connection import is_conflict
from hf_space.history.writing.insert import insert_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hf_space.history.database.connection import Database
    from hf_space.history.database.record import Record

Work = Callable[[AsyncConnection], Awaitable[None]]

_WRITE_SECONDS: Final = 3.0
# Image files may be kept too: this much more for each byte, on a slow line.
_SECONDS_PER_BYTE: Final = 1 / 1_000_000


class Writer:
    """One at a time; on PostgreSQL by a connection that it keeps."""

    def __init__(self, database: Database) -> None:
        """Write to a database; nothing is connected yet."""
        self._database = database
        self._kept: AsyncConnection | None = None
        self._turn = asyncio.Lock()

    async def write(self, records: Sequence[Record]) -> None:
        """Insert all records or none, each once.

        Raises:
            TimeoutError: The database does not answer.
            DBAPIError: It is away, or refuses a record.
            OSError: It cannot be connected to.
        """
        weight = sum(record.weight for record in records)
        limit = _WRITE_SECONDS + weight * _SECONDS_PER_BYTE
        async with self._turn:
            if self._database.is_sqlite:
                async with asyncio.timeout(limit), self._database.writing() as connection:
                    await insert_records(connection, records)
            else:
                await self._on_kept(lambda connection: insert_records(connection, records), limit)

    async def check(self) -> None:
        """Raise an error, as `write` does, if the database is away."""
        if self._database.is_sqlite:
            async with asyncio.timeout(_WRITE_SECONDS), self._database.reading():
                return
        async with self._turn:
            # It keeps the connection from being cut because nothing went over it, too.
            await self._on_kept(_ask, _WRITE_SECONDS)

    async def close(self) -> None:
        """Let go of the connection."""
        async with self._turn:
            await self._let_go()

    async def _on_kept(self, work: Work, limit: float) -> None:
        was_kept = self._kept is not None
        try:
            await self._try_on_kept(work, limit)
        except DBAPIError as error:
            # A restart of the database shows only now, on a connection from before it.
            restarted = was_kept and error.connection_invalidated
            if not (restarted or is_conflict(error)):
                raise
            await self._try_on_kept(work, limit)

    async def _try_on_kept(self, work: Work, limit: float) -> None:
        try:
            async with asyncio.timeout(limit):
                if self._kept is None:
                    self._kept = await self._database.connect_to_insert()
                await work(self._kept)
                # For SQLAlchemy only: to the database each statement was a transaction.
                await self._kept.commit()
        except BaseException:
            await self._let_go()
            raise

    async def _let_go(self) -> None:
        connection, self._kept = self._kept, None
        if connection is not None:
            with suppress(DBAPIError, OSError):
                await connection.invalidate()
                await connection.close()


async def _ask(connection: AsyncConnection) -> None:
    await connection.execute(select(1))
