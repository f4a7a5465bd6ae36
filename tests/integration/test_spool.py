"""Records that wait on disk for their database: found, bounded, deleted, and brought back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from hf_space.access.visitor import new_token
from hf_space.errors import HistoryUnavailableError, UnknownRecordError
from hf_space.history.database.connection import Database
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.record import Record
from hf_space.history.writing.recovery import Recovery
from hf_space.history.writing.spool import Spool
from hf_space.history.writing.writer import Writer
from hf_space.observability.metrics import Metrics
from hf_space.schemas.history import HistoryQuery, StatisticsQuery
from tests.history_desk import opened
from tests.record_factory import NOON, make_record
from tests.server import free_port
from tests.services import Postgres
from tests.stores import Store, Visitor, client_of, patch
from tests.waiting import until, wait_until

OWNER, OTHER = b"o" * 32, b"x" * 32


def records(number: int, owner: bytes = OWNER) -> list[Record]:
    return [make_record(owner, NOON + timedelta(seconds=place)) for place in range(number)]


def waiting(client: TestClient) -> int:
    found = re.search(r"^biopsia_spool_length (\S+)", client.get("/metrics").text, re.M)
    assert found
    return int(float(found[1]))


def test_a_service_started_without_its_database_becomes_whole(
    shared_store: Store, postgres: Postgres
) -> None:
    postgres.stop()
    with client_of(shared_store.settings()) as client:
        assert client.get("/health/").json()["status"] == "degraded"
        visitor = Visitor(client)
        first = visitor.predict(patch(1))
        assert not first["saved"]
        assert waiting(client) == 1
        postgres.start()
        wait_until(lambda: client.get("/health/").json()["status"] == "ok")
        wait_until(lambda: waiting(client) == 0)
        second = visitor.predict(patch(2))
        assert second["saved"]
        assert visitor.ids() == [second["id"], first["id"]]


def test_what_waits_survives_a_restart_of_the_service(
    shared_store: Store, postgres: Postgres
) -> None:
    postgres.stop()
    token, ids = new_token(), set()
    for restart in range(2):
        with client_of(shared_store.settings()) as client:
            # Reported before anything is added.
            wait_until(lambda number=3 * restart: waiting(client) == number)  # type: ignore[misc]
            for number in range(3):
                ids.add(Visitor(client, token).predict(patch(10 * restart + number))["id"])
            assert waiting(client) == 3 * (restart + 1)
    postgres.start()
    with client_of(shared_store.settings()) as client:
        visitor = Visitor(client, token)
        wait_until(lambda: len(visitor.ids()) == 6)
        assert set(visitor.ids()) == ids
        assert visitor.read("/stats/")["total"] == 6
        wait_until(lambda: waiting(client) == 0)


def test_what_has_no_room_on_disk_is_not_promised(shared_store: Store, postgres: Postgres) -> None:
    postgres.stop()
    with client_of(shared_store.settings(spool_records=3)) as client:
        visitor = Visitor(client)
        answers = [visitor.predict(patch(number)) for number in range(5)]
        codes = [[warning["code"] for warning in answer["warnings"]][-1] for answer in answers]
        assert codes == ["save_delayed"] * 3 + ["not_saved"] * 2
        assert not any(answer["saved"] for answer in answers)
        text = client.get("/metrics").text
        assert 'biopsia_saves_total{outcome="delayed"} 3.0' in text
        assert 'biopsia_saves_total{outcome="lost"} 2.0' in text
        postgres.start()
        wait_until(lambda: client.get("/health/").json()["status"] == "ok")
        wait_until(lambda: waiting(client) == 0)
        assert visitor.ids() == [answer["id"] for answer in answers[2::-1]]


def test_a_folder_that_cannot_be_written_holds_no_answer_up(tmp_path: Path) -> None:
    tmp_path.joinpath("data").write_text("a file where the folder should be")
    with client_of(Store(tmp_path).settings()) as client:
        answer = Visitor(client).predict(patch(1))
    assert answer["probability"] > 0.5
    assert [warning["code"] for warning in answer["warnings"]][-1] == "not_saved"


def test_a_broken_file_does_not_keep_the_database_from_being_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path)
    settings = store.settings()
    settings.data_dir.mkdir()
    settings.data_dir.joinpath("spool.sqlite3").write_bytes(b"no database" * 1000)
    with client_of(settings) as client:
        wait_until(lambda: "the records on disk cannot be read" in caplog.text)
        assert Visitor(client).predict(patch(1))["saved"]
        assert client.get("/health/").json()["status"] == "ok"


class Desk:
    """A database, a spool, and what works with both."""

    def __init__(self, database: Database, spool: Spool) -> None:
        self.database, self.spool = database, spool
        self.history = HistoryRepository(database, spool)
        self.writer = Writer(database, spool, Metrics())
        self.recovery = Recovery(database, spool, self.writer)

    async def total(self, owner: bytes = OWNER) -> int:
        statistics = await self.history.statistics(owner, StatisticsQuery())
        page = await self.history.page(owner, HistoryQuery(limit=200))
        assert len(page.items) == statistics.total
        return statistics.total

    async def until_nothing_waits(self) -> None:
        async def is_empty() -> bool:
            return not await self.spool.length()

        await until(is_empty)

    @asynccontextmanager
    async def recording(self) -> AsyncIterator[None]:
        await self.recovery.start()
        self.writer.start()
        try:
            yield
        finally:
            await self.recovery.close()
            await self.writer.close()


@asynccontextmanager
async def desk_of(store: Store) -> AsyncIterator[Desk]:
    async with opened(store) as parts:
        yield Desk(*parts)


def test_deleting_reaches_what_waits(store: Store) -> None:
    async def scenario() -> None:
        async with desk_of(store) as desk:
            mine, others = records(4), records(2, OTHER)
            await desk.spool.add([*mine, *others])
            await desk.history.delete(OWNER, mine[0].id)
            for owner, record in ((OWNER, mine[0]), (OTHER, mine[1]), (OWNER, others[0])):
                with pytest.raises(UnknownRecordError):
                    await desk.history.delete(owner, record.id)
            assert await desk.history.delete_all(OWNER) == 3
            async with desk.recording():
                await desk.until_nothing_waits()
            assert (await desk.total(), await desk.total(OTHER)) == (0, 2)

    asyncio.run(scenario())


def test_a_record_that_waits_and_is_in_the_database_is_deleted_once(store: Store) -> None:
    async def scenario() -> None:
        async with desk_of(store) as desk:
            for deletion in (
                partial(desk.history.delete_all, OWNER),
                partial(desk.history.purge, datetime(2100, 1, 1, tzinfo=UTC)),
            ):
                saved = records(3)
                async with desk.recording():
                    await desk.writer.insert(saved)
                # The database has inserted all, and one of its answers came too late.
                await desk.spool.add(saved[:1])
                assert await deletion() == 3
            assert await desk.total() == await desk.spool.length() == 0

    asyncio.run(scenario())


def test_deleting_reaches_what_waits_although_the_database_is_away(tmp_path: Path) -> None:
    nowhere = Store(tmp_path, f"postgresql://biopsia@127.0.0.1:{free_port()}/biopsia")

    async def scenario() -> None:
        database, spool = nowhere.database(), Spool(tmp_path, max_records=1000)
        await spool.add(records(3))
        with pytest.raises(HistoryUnavailableError):
            await HistoryRepository(database, spool).delete_all(OWNER)
        assert await spool.length() == 0
        await spool.close()
        await database.close()

    asyncio.run(scenario())


async def has_records(desk: Desk) -> bool:
    return bool((await desk.history.page(OWNER, HistoryQuery())).items)


def test_nothing_comes_back_after_it_was_deleted_by_another_process(store: Store) -> None:
    async def scenario() -> None:
        async with desk_of(store) as mover, desk_of(store) as deleter:
            await mover.spool.add(records(500))
            async with mover.recording():
                # It is moving some records, and others wait.
                await until(partial(has_records, mover))
                await deleter.history.delete_all(OWNER)
                assert await deleter.total() == await mover.spool.length() == 0
                # It continues with later records.
                await mover.spool.add(records(1, OTHER))
                await mover.until_nothing_waits()
            assert (await deleter.total(), await deleter.total(OTHER)) == (0, 1)

    asyncio.run(scenario())


def test_a_record_that_was_written_before_its_connection_broke_is_kept_once(store: Store) -> None:
    async def scenario() -> None:
        async with desk_of(store) as desk:
            some = records(10)
            async with desk.recording():
                assert set(await asyncio.gather(*map(desk.writer.save, some))) == {"saved"}
                await desk.spool.add(some)
                await desk.until_nothing_waits()
            assert await desk.total() == 10

    asyncio.run(scenario())


def test_what_the_database_refuses_does_not_hold_up_the_others(
    shared_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with desk_of(shared_store) as desk:
            # SQLite keeps longer text than PostgreSQL takes.
            refused = make_record(OWNER, NOON, revision="r" * 200)
            await desk.spool.add([refused, *records(5)])
            async with desk.recording():
                await desk.until_nothing_waits()
                assert desk.writer.state == "ready"
            assert await desk.total() == 5
            assert str(refused.id) in caplog.text

    asyncio.run(scenario())


def test_large_originals_come_back_a_few_at_a_time(store: Store) -> None:
    large = [replace(record, original=bytes(3 << 20)) for record in records(5)]

    async def scenario() -> tuple[list[int], int]:
        async with desk_of(store) as desk:
            assert await desk.spool.add(large) == len(large)
            async with desk.spool.moving(64) as first:
                moved = [len(first)]
                await desk.writer.insert(first)
            async with desk.recording():
                await desk.until_nothing_waits()
            await desk.writer.close()
            return moved, await desk.total()

    assert asyncio.run(scenario()) == ([1], 5)


def test_many_tasks_that_need_the_spool_at_once_open_it_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        spool = Spool(tmp_path, max_records=1000)
        some = records(20)
        await asyncio.gather(*(spool.add([record]) for record in some))
        assert await spool.length() == 20
        async with spool.moving(100) as found:
            assert [record.id for record in found] == sorted(record.id for record in some)
        assert await spool.length() == 0
        await spool.close()

    asyncio.run(scenario())
