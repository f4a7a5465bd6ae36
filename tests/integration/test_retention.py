"""Records leave when their time is over, once, whoever else is at work."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from hf_space.history_schemas import HistoryQuery, ReviewRequest, StatisticsQuery
from hf_space.store.history import History
from hf_space.store.insert import insert_records
from hf_space.store.record import Record
from hf_space.store.spool import Spool
from hf_space.store.tallies import quarter_of
from tests.record_factory import make_record
from tests.stores import Store, Visitor, client_of

OWNERS = [bytes([number]) * 32 for number in range(1, 4)]
LABELS = {"benign": "no_idc", "malignant": "idc"}


async def keep(store: Store, records: list[Record]) -> None:
    database = store.database()
    await database.open()
    async with database.writing() as connection:
        await insert_records(connection, records)
    await database.close()


def aged(days: float, number: int) -> list[Record]:
    now = datetime.now(UTC)
    return [
        make_record(OWNERS[n % len(OWNERS)], now - timedelta(days=days, seconds=n))
        for n in range(number)
    ]


def test_of_four_processes_each_record_is_deleted_by_one(store: Store) -> None:
    async def scenario() -> None:
        await keep(store, [*aged(31, 300), *aged(29, 60)])
        databases = [store.database() for _ in range(4)]
        histories = [
            History(database, Spool(store.folder, max_records=0)) for database in databases
        ]
        before = datetime.now(UTC) - timedelta(days=30)
        deleted = await asyncio.gather(*(history.purge(before) for history in histories))
        assert sum(deleted) == 300
        assert await histories[0].purge(before) == 0
        for owner in OWNERS:
            page = await histories[1].page(owner, HistoryQuery(limit=200))
            statistics = await histories[2].statistics(owner, StatisticsQuery())
            assert len(page.items) == statistics.total == 20
        for database in databases:
            await database.close()

    asyncio.run(scenario())


def test_the_boundary_is_the_beginning_of_a_quarter_of_an_hour(store: Store) -> None:
    before = datetime(2026, 3, 1, 12, 10, tzinfo=UTC)
    beginning = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert quarter_of(before) == quarter_of(beginning)
    kept = make_record(OWNERS[0], beginning)
    gone = make_record(OWNERS[0], beginning - timedelta(microseconds=1))

    async def scenario() -> None:
        await keep(store, [kept, gone])
        database = store.database()
        history = History(database, Spool(store.folder, max_records=0))
        await history.review(OWNERS[0], gone.id, ReviewRequest(opinion="agree"), LABELS)
        assert await history.purge(before) == 1
        page = await history.page(OWNERS[0], HistoryQuery())
        assert [item.id for item in page.items] == [kept.id]
        statistics = await history.statistics(OWNERS[0], StatisticsQuery())
        assert (statistics.total, statistics.agreement.reviewed) == (1, 0)
        await database.close()

    asyncio.run(scenario())


def test_a_service_deletes_when_it_starts(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hf_space.store.retention")
    asyncio.run(keep(store, [*aged(8, 12), *aged(6, 6)]))
    with client_of(store.settings(retention_days=7)) as client:
        visitor = Visitor(client)
        assert visitor.ids() == []
        portal, history = client.portal, client.app.state.archive.history  # type: ignore[attr-defined]
        assert portal is not None
        for _ in range(100):
            if "deleted" in caplog.text:
                break
            portal.call(asyncio.sleep, 0.05)
        left = [portal.call(history.statistics, owner, StatisticsQuery()) for owner in OWNERS]
    assert [statistics.total for statistics in left] == [2, 2, 2]
    assert "retention deleted 12 records" in caplog.text
