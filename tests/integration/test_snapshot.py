"""Data that are read together are of one moment, on every pair of stores."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from hf_space.history.database.statements import insert_records
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.reading.statistics import read_statistics
from hf_space.history.writing.spool import Spool
from hf_space.schemas.history import ReviewRequest, Statistics, StatisticsQuery
from tests.record_factory import NOON, make_record
from tests.stores import Store

OWNER = b"o" * 32
LABELS = {"benign": "no_idc", "malignant": "idc"}


class Interrupted:
    """A connection on which something happens after each statement."""

    def __init__(self, connection: AsyncConnection, happen: Callable[[], Awaitable[None]]) -> None:
        self._connection = connection
        self._happen = happen

    async def execute(self, statement: Any) -> Any:
        result = await self._connection.execute(statement)
        await self._happen()
        return result


def test_all_numbers_are_of_one_moment_whoever_adds_meanwhile(store: Store) -> None:
    async def scenario() -> Statistics:
        database = store.database()
        history = HistoryRepository(database, Spool(store.folder, max_records=0))

        async def add() -> None:
            record = make_record(OWNER, NOON)
            async with database.writing() as connection:
                await insert_records(connection, [record])
            await history.review(OWNER, record.id, ReviewRequest(opinion="agree"), LABELS)

        await database.open()
        await add()
        async with database.reading() as connection:
            seen = cast("AsyncConnection", Interrupted(connection, add))
            statistics = await read_statistics(seen, OWNER, StatisticsQuery())
        await database.close()
        return statistics

    statistics = asyncio.run(scenario())
    (day,) = statistics.days
    assert statistics.total == day.malignant == statistics.agreement.reviewed == 1
