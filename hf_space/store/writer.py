"""Writes groups of records, at the least cost that their database allows."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DBAPIError

from hf_space.store.insert import insert_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from hf_space.store.database import Database
    from hf_space.store.record import Record

_WRITE_SECONDS: Final = 3.0


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
        async with self._turn:
            if self._database.is_sqlite:
                async with (
                    asyncio.timeout(_WRITE_SECONDS),
                    self._database.writing() as connection,
                ):
                    await insert_records(connection, records)
                return
            was_kept = self._kept is not None
            try:
                await self._write_kept(records)
            except DBAPIError as error:
                # A restart of the database shows only now, on a connection from before it.
                if not (was_kept and error.connection_invalidated):
                    raise
                await self._write_kept(records)

    async def close(self) -> None:
        """Let go of the connection."""
        async with self._turn:
            await self._let_go()

    async def _write_kept(self, records: Sequence[Record]) -> None:
        try:
            async with asyncio.timeout(_WRITE_SECONDS):
                if self._kept is None:
                    self._kept = await self._database.connect_to_insert()
                await insert_records(self._kept, records)
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
