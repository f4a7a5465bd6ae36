"""A history that a test writes to directly, with records a quarter of an hour apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hf_space.history.database.connection import Database
from hf_space.history.database.statements import insert_records
from hf_space.history.database.tables import predictions
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.record import Record
from hf_space.history.writing.spool import Spool
from hf_space.schemas.history import Statistics, StatisticsQuery
from tests.record_factory import NOON, make_record
from tests.recount import assert_counts
from tests.stores import Store

OWNER, OTHER = b"o" * 32, b"x" * 32
QUARTER = timedelta(minutes=15)
Scenario = Callable[["Desk"], Awaitable[None]]


def image(number: int) -> dict[str, Any]:
    return {"sha256": f"{number:064x}"}


def made(number: int, quarters: float = 0, owner: bytes = OWNER, **facts: Any) -> Record:
    """Return a record of an image, some quarters of an hour after noon."""
    facts = {"image": image(number)} | facts
    return make_record(owner, NOON + quarters * QUARTER, **facts)


class Desk:
    """A history, and what writes to it."""

    def __init__(self, database: Database, spool: Spool) -> None:
        self.database, self.spool = database, spool
        self.history = HistoryRepository(database, spool)

    async def insert(self, *records: Record) -> None:
        async with self.database.writing() as connection:
            await insert_records(connection, records)

    async def statistics(self, owner: bytes = OWNER, **query: Any) -> Statistics:
        await assert_counts(self.database)
        return await self.history.statistics(owner, StatisticsQuery(**query))

    async def totals(self, owner: bytes = OWNER, **query: Any) -> tuple[int, int]:
        found = await self.statistics(owner, **query)
        return found.total, found.duplicates

    async def ids(self) -> list[UUID]:
        async with self.database.reading() as connection:
            mine = select(predictions.c.id).where(predictions.c.owner == OWNER)
            return list((await connection.execute(mine.order_by(predictions.c.id))).scalars())


@asynccontextmanager
async def opened(store: Store) -> AsyncIterator[tuple[Database, Spool]]:
    """Open a store's parts as a process of its own would: only files and servers are shared."""
    database, spool = store.database(), Spool(store.folder, max_records=1000)
    await database.open()
    try:
        yield database, spool
    finally:
        await spool.close()
        await database.close()


def run(store: Store, scenario: Scenario) -> None:
    async def whole() -> None:
        async with opened(store) as parts:
            await scenario(Desk(*parts))

    asyncio.run(whole())
