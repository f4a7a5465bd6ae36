"""Reconnects to the database, and inserts the records that wait on disk."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DBAPIError

from hf_space.history.database.connection import answered_within
from hf_space.history.database.errors import describe, fault_of, is_refusal
from hf_space.history.writing.writer import GROUP_RECORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hf_space.history.database.connection import Database
    from hf_space.history.record import Record
    from hf_space.history.writing.spool import Spool
    from hf_space.history.writing.writer import Writer

_OPEN_SECONDS: Final = 10.0

logger = logging.getLogger(__name__)


class Recovery:
    """Works in the background, from `start` to `close`."""

    def __init__(self, database: Database, spool: Spool, writer: Writer) -> None:
        """Open a database for a writer, and empty a spool through it."""
        self._database = database
        self._spool = spool
        self._writer = writer
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the database, if it can be reached; else try again until it can."""
        error = await self._open()
        if error:
            logger.warning("the history is not available yet: %s", describe(error))
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop; what is still on disk waits for the next start."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._recover()
            except Exception as error:  # the next round may succeed
                self._writer.note_failure(error)
            await asyncio.sleep(self._writer.retry_seconds)

    async def _recover(self) -> None:
        await self._writer.count_spooled()
        if self._writer.state == "unavailable" and not await self._open():
            logger.info("the history is available again")
        if self._writer.state == "ready":
            await self._writer.check()
            await self._empty_spool()

    async def _open(self) -> Exception | None:
        """Open the database and let the writer use it, or return why it cannot be opened."""
        try:
            async with answered_within(_OPEN_SECONDS):
                await self._database.open()
        except Exception as error:
            self._writer.fault = fault_of(error)
            return error
        self._writer.fault = None
        return None

    async def _empty_spool(self) -> None:
        while await self._writer.count_spooled():
            async with self._spool.moving(GROUP_RECORDS) as records:
                try:
                    await self._writer.insert(records)
                except DBAPIError as error:
                    if not is_refusal(error):
                        raise
                    await self._insert_one_by_one(records)

    async def _insert_one_by_one(self, records: Sequence[Record]) -> None:
        """Find the record that the database refuses, so that it does not hold up the others."""
        for record in records:
            try:
                await self._writer.insert([record])
            except DBAPIError as error:
                if not is_refusal(error):
                    raise
                self._writer.count_outcomes([self._writer.note_refusal(record)])
