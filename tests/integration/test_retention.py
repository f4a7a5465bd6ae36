"""Records are deleted after the retention period, once, also with several processes."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from hf_space.errors import HistoryUnavailableError
from hf_space.history.database.connection import Database
from hf_space.history.database.statements import insert_records, quarter_of
from hf_space.history.database.tables import VERDICT_COUNTS, predictions, tallies
from hf_space.history.machine_clock import boot_id, uptime
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.record import Record
from hf_space.history.retention import Retention
from hf_space.history.writing.spool import Spool
from hf_space.schemas.history import HistoryQuery, ReviewRequest, StatisticsQuery
from hf_space.schemas.ids import never_before, time_of, uuid7
from tests.record_factory import make_record
from tests.server import ROOT
from tests.stores import Store, Visitor, client_of, patch
from tests.waiting import until, wait_until

OWNERS = [bytes([number]) * 32 for number in range(1, 4)]
LABELS = {"benign": "no_idc", "malignant": "idc"}
# A process that is ready reports it, and waits for the others.
PURGE = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
from hf_space.history.database.connection import Database
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.writing.spool import Spool

async def purge(url, folder, before):
    database = Database(url)
    history = HistoryRepository(database, Spool(Path(folder), max_records=0))
    async with database.reading():
        print("ready", flush=True)
        sys.stdin.readline()
    print(await history.purge(datetime.fromisoformat(before)))
    await database.close()

asyncio.run(purge(*sys.argv[1:]))
"""


@asynccontextmanager
async def history_of(
    store: Store, spool: Spool | None = None
) -> AsyncIterator[tuple[HistoryRepository, Database]]:
    """Give a history, and the database behind it."""
    database = store.database()
    try:
        yield HistoryRepository(database, spool or Spool(store.folder, max_records=0)), database
    finally:
        await database.close()


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


def run_purges(store: Store, before: datetime, number: int) -> list[int]:
    """Purge in several processes that begin at the same time; return what each one deleted."""
    arguments = [store.database_url or file_of(store), str(store.folder), before.isoformat()]
    processes = [
        subprocess.Popen(  # noqa: S603 -- our own interpreter and code
            [sys.executable, "-c", PURGE, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(number)
    ]
    try:
        assert [process.stdout.readline() for process in processes if process.stdout] == (
            ["ready\n"] * number
        )
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        return [int(process.communicate(timeout=60)[0]) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def file_of(store: Store) -> str:
    return f"sqlite:///{store.folder}/data/history.sqlite3"


def test_of_four_processes_each_record_is_deleted_by_one(store: Store) -> None:
    asyncio.run(keep(store, [*aged(31, 2400), *aged(29, 60)]))
    before = datetime.now(UTC) - timedelta(days=30)
    assert sum(run_purges(store, before, 4)) == 2400

    async def scenario() -> None:
        async with history_of(store) as (history, _):
            assert await history.purge(before) == 0
            for owner in OWNERS:
                page = await history.page(owner, HistoryQuery(limit=200))
                statistics = await history.statistics(owner, StatisticsQuery())
                assert len(page.items) == statistics.total == 20

    asyncio.run(scenario())


async def counts_of(database: Database) -> tuple[int, int]:
    """Return how many records there are, and how many are counted."""
    counted = sum(tallies.c[name] for name in VERDICT_COUNTS)
    async with database.reading() as connection:
        records = await connection.execute(select(func.count()).select_from(predictions))
        total = await connection.execute(select(func.coalesce(func.sum(counted), 0)))
        return records.scalar_one(), int(total.scalar_one())


def test_a_backlog_goes_in_steps_and_an_end_halfway_loses_nothing(store: Store) -> None:
    before = datetime.now(UTC) - timedelta(days=30)

    async def scenario() -> None:
        await keep(store, [*aged(31, 2500), *aged(29, 10)])
        async with history_of(store) as (history, database):
            purging = asyncio.create_task(history.purge(before))

            async def has_begun() -> bool:
                assert not purging.done()
                return (await counts_of(database))[0] < 2510

            await until(has_begun)
            purging.cancel()
            await asyncio.wait([purging])
            records, counted = await counts_of(database)
            assert 10 < records == counted < 2510
            assert await history.purge(before) == records - 10
            assert await counts_of(database) == (10, 10)

    asyncio.run(scenario())


def test_what_waited_too_long_for_its_database_goes_too(store: Store) -> None:
    old, new = aged(31, 5), aged(29, 4)

    async def scenario() -> None:
        await keep(store, [*aged(31, 2), *aged(29, 1)])
        spool = Spool(store.folder, max_records=100)
        await spool.add([*old, *new])
        async with history_of(store, spool) as (history, database):
            before = datetime.now(UTC) - timedelta(days=30)
            assert await history.purge(before) == 7
            assert await counts_of(database) == (1, 1)
            async with spool.moving(100) as left:
                assert {record.id for record in left} == {record.id for record in new}
        await spool.close()

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
        history = HistoryRepository(database, Spool(store.folder, max_records=0))
        await history.review(OWNERS[0], gone.id, ReviewRequest(opinion="agree"), LABELS)
        assert await history.purge(before) == 1
        page = await history.page(OWNERS[0], HistoryQuery())
        assert [item.id for item in page.items] == [kept.id]
        statistics = await history.statistics(OWNERS[0], StatisticsQuery())
        assert (statistics.total, statistics.agreement.reviewed) == (1, 0)
        await database.close()

    asyncio.run(scenario())


def test_a_service_deletes_when_it_starts(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hf_space.history.retention")
    asyncio.run(keep(store, [*aged(8, 12), *aged(0, 6)]))
    with client_of(store.settings(retention_days=7)) as client:
        visitor = Visitor(client)
        assert visitor.ids() == []
        portal, history = client.portal, client.app.state.history.repository  # type: ignore[attr-defined]
        assert portal is not None
        wait_until(lambda: "deleted" in caplog.text)
        left = [portal.call(history.statistics, owner, StatisticsQuery()) for owner in OWNERS]
    assert [statistics.total for statistics in left] == [2, 2, 2]
    assert "retention deleted 12 records" in caplog.text


HOUR = timedelta(hours=1)
NOTHING = timedelta(0)


@asynccontextmanager
async def month_of(store: Store) -> AsyncIterator[tuple[HistoryRepository, Database]]:
    """Give a history with a record of each of the last 29 days, and one of a moment ago."""
    await keep(store, [record for days in range(30) for record in aged(days, 1)])
    async with history_of(store) as (history, database):
        yield history, database


@pytest.mark.parametrize("days", [(3650, 4015), (28, 28), (20, 20), (20, 3650)])
def test_a_clock_that_jumps_deletes_little_for_as_long_as_it_is_wrong(
    days: tuple[int, int], store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (timedelta(days=number) for number in days)

    async def scenario() -> None:
        async with month_of(store) as (history, database):
            now = datetime.now(UTC)
            assert await Retention(history, 30, store.folder).purge(now + first, NOTHING) == 0
            # Another process begins where that one ended, and records of the wrong time come.
            retention = Retention(history, 30, store.folder)
            await keep(store, [make_record(OWNERS[0], now + first)])
            for hours in range(25):
                await retention.purge(now + second + hours * HOUR, HOUR)
            # Those of 26 to 29 days; the last of them would have been deleted by then anyway.
            assert (await counts_of(database))[0] == 27
            assert "is the clock right?" in caplog.text
            # Put right, and wrong once more.
            right = now + 26 * HOUR
            assert await retention.purge(right, HOUR) == 0
            assert await retention.purge(right + first, NOTHING) == 0

    asyncio.run(scenario())


def test_a_clock_that_goes_back_deletes_nothing(store: Store) -> None:
    async def scenario() -> None:
        async with month_of(store) as (history, _):
            now = datetime.now(UTC)
            retention = Retention(history, 20, store.folder)
            assert await retention.purge(now, NOTHING) == 9
            assert await retention.purge(datetime(1970, 1, 1, 1, tzinfo=UTC), HOUR) == 0
            # Corrected after a day, retention is where it would have been.
            assert await retention.purge(now + 24 * HOUR, 24 * HOUR) == 1

    asyncio.run(scenario())


@pytest.fixture
def lifted() -> Iterator[None]:
    """Let ids have any time again after a test."""
    yield
    never_before(None)


@pytest.mark.usefixtures("lifted")
def test_records_that_are_made_while_the_clock_is_behind_do_not_go_early(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with month_of(store) as (history, database):
            now = datetime.now(UTC)
            retention = Retention(history, 30, store.folder, never_before)
            assert await retention.purge(now, NOTHING) == 0
            behind = time.time_ns() - 40 * 86_400 * 10**9
            with monkeypatch.context() as patched:
                patched.setattr(time, "time_ns", lambda: behind)
                assert await retention.purge(now - timedelta(days=40), HOUR) == 0
                made = [time_of(uuid7()) for _ in range(5)]
            text = store.folder.joinpath("retention-time").read_text().split()[0]
            noted = datetime.fromisoformat(text)
            assert now - timedelta(minutes=1) < noted <= now
            assert made == [noted + number * timedelta(microseconds=1) for number in range(5)]
            await keep(store, [make_record(OWNERS[0], moment) for moment in made])
            before = (await counts_of(database))[0]
            assert await retention.purge(now + 2 * HOUR, HOUR) == 0
            assert (await counts_of(database))[0] == before
            assert time_of(uuid7()) > datetime.now(UTC) - HOUR

    asyncio.run(scenario())


@pytest.mark.usefixtures("lifted")
def test_a_service_whose_clock_is_behind_gives_no_time_before_the_one_noted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = datetime.now(UTC)
    data = store.folder / "data"
    data.mkdir()
    data.joinpath("retention-time").write_text(noted.isoformat())
    behind = time.time_ns() - 40 * 86_400 * 10**9
    with monkeypatch.context() as patched:
        patched.setattr(time, "time_ns", lambda: behind)
        with client_of(store.settings(retention_days=30)) as client:
            visitor = Visitor(client)
            answers = [visitor.predict(patch(number)) for number in range(2)]
            assert visitor.ids() == [answer["id"] for answer in reversed(answers)]
    assert all(datetime.fromisoformat(answer["created_at"]) >= noted for answer in answers)


def test_an_empty_history_notes_no_time_of_a_clock_that_is_not_set_yet(store: Store) -> None:
    async def scenario() -> None:
        await keep(store, [])
        async with history_of(store) as (history, database):
            now = datetime.now(UTC)
            retention = Retention(history, 30, store.folder)
            assert await retention.purge(datetime(2000, 1, 1, tzinfo=UTC), NOTHING) == 0
            assert not store.folder.joinpath("retention-time").exists()
            await keep(store, [*aged(60, 5), *aged(0, 1)])
            assert await retention.purge(now, HOUR) == 5
            assert (await counts_of(database))[0] == 1

    asyncio.run(scenario())


def test_after_a_time_off_it_goes_on_at_four_times_the_pace(store: Store) -> None:
    async def scenario() -> None:
        async with month_of(store) as (history, _):
            now = datetime.now(UTC)
            assert await Retention(history, 30, store.folder).purge(now, NOTHING) == 0
            later = now + timedelta(days=15)
            again = Retention(history, 30, store.folder)
            assert await again.purge(later, NOTHING) == 0
            assert await again.purge(later + 24 * HOUR, 24 * HOUR) == 3
            assert await again.purge(later + 48 * HOUR, 24 * HOUR) == 4
            assert await again.purge(later + 144 * HOUR, 96 * HOUR) == 13

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("boot", "left"), [(boot_id(), 16), ("another-boot", 30), ("", 30), (None, 30)]
)
def test_a_machine_that_slept_is_up_to_date_at_once(
    boot: str | None, left: int, store: Store
) -> None:
    async def scenario() -> None:
        async with month_of(store) as (history, database):
            slept = timedelta(days=20)
            noted = (datetime.now(UTC) - slept).isoformat()
            if boot is not None:
                noted += f" {boot} {uptime() - slept.total_seconds():.0f}"
            file = store.folder / "retention-time"
            file.write_text(noted)
            purging = asyncio.create_task(Retention(history, 15, store.folder).keep_purging())

            async def has_run() -> bool:
                return file.read_text() != noted

            await until(has_run)
            purging.cancel()
            assert (await counts_of(database))[0] == left

    asyncio.run(scenario())


def test_what_failed_counts_for_the_next_time(store: Store) -> None:
    async def scenario() -> None:
        async with month_of(store) as (history, _):
            now = datetime.now(UTC)
            retention = Retention(history, 30, store.folder)
            assert await retention.purge(now, NOTHING) == 0
            later = now + timedelta(days=4)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(history, "purge", _unavailable)
                with pytest.raises(HistoryUnavailableError):
                    await retention.purge(later, 24 * HOUR)
            assert await retention.purge(later, 24 * HOUR) == 3

    asyncio.run(scenario())


async def _unavailable(_: datetime) -> int:
    raise HistoryUnavailableError("away")


@pytest.mark.parametrize("noted", [None, "", "2026-01-01", "no time"])
def test_where_nothing_is_noted_it_begins_at_the_newest_record(
    noted: str | None, store: Store
) -> None:
    async def scenario() -> None:
        await keep(store, [*aged(31, 4), *aged(2, 1)])
        if noted is not None:
            store.folder.joinpath("retention-time").write_text(noted)
        async with history_of(store) as (history, _):
            now = datetime.now(UTC)
            retention = Retention(history, 30, store.folder)
            assert await retention.purge(now, NOTHING) == 0
            assert await retention.purge(now + 8 * HOUR, 8 * HOUR) == 4

    asyncio.run(scenario())
