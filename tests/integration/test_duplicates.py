"""Statistics count an image once, whatever is added or deleted, on every pair of stores."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import hypothesis
import pytest
from hypothesis import given, strategies
from hypothesis.strategies import SearchStrategy
from sqlalchemy import func, select, text

from hf_space.history.database.connection import Database, WriteSession
from hf_space.history.database.conversion import convert_all
from hf_space.history.database.statements import insert_records
from hf_space.history.database.tables import predictions
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.record import Record
from hf_space.history.writing.recovery import Recovery
from hf_space.history.writing.spool import Spool
from hf_space.history.writing.writer import Writer
from hf_space.observability.metrics import Metrics
from hf_space.schemas.history import Statistics, StatisticsQuery
from hf_space.schemas.ids import time_of
from tests.record_factory import NOON, make_record
from tests.recount import assert_counts
from tests.stores import Store, Visitor, patch
from tests.version_1 import insert_old, old_row
from tests.waiting import until

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
async def desk_of(store: Store) -> AsyncIterator[Desk]:
    database, spool = store.database(), Spool(store.folder, max_records=1000)
    await database.open()
    try:
        yield Desk(database, spool)
    finally:
        await spool.close()
        await database.close()


def run(store: Store, scenario: Scenario) -> None:
    async def whole() -> None:
        async with desk_of(store) as desk:
            await scenario(desk)

    asyncio.run(whole())


def test_an_image_counts_once_for_each_way_to_ask(visitor: Visitor) -> None:
    ways: list[dict[str, Any]] = [
        {"microns_per_pixel": 4},
        {"microns_per_pixel": 2},
        {},
        {"microns_per_pixel": 4, "threshold": 0.7},
        {"microns_per_pixel": 4, "mode": "region"},
    ]
    answers = [visitor.predict(patch(1), **way) for way in ways for _ in range(3)]
    visitor.predict(patch(2), microns_per_pixel=4)
    found = visitor.read("/stats/")
    assert (found["total"], found["duplicates"]) == (6, 10)
    assert (found["patches"], found["regions"]) == (5, 1)
    assert sum(found["verdicts"].values()) == 6
    assert sum(each["count"] for each in found["probability"]) == (
        6 - found["verdicts"]["not_assessable"]
    )
    for times in (found["days"], found["hours"]):
        assert sum(each[name] for each in times for name in found["verdicts"]) == 6
    assert [model["count"] for model in found["models"]] == [6]
    # Counted for every result, because they describe the service.
    assert found["cached"] == sum(answer["cached"] for answer in answers)
    assert found["latency"]["computed"] == 16 - found["cached"]


def test_other_models_kinds_scales_thresholds_and_owners_are_no_duplicates(store: Store) -> None:
    other_facts: list[dict[str, Any]] = [
        {"revision": "r2"},
        {"kind": "region"},
        {"image": image(1) | {"microns_per_pixel": 2.0}},
        {"image": image(1) | {"scale_source": "assumed"}},
    ]
    others = [made(1, **facts) for facts in other_facts]
    # The source of the scale, the verdict and the duration do not matter.
    same = [
        made(1, image=image(1) | {"scale_source": "metadata"}),
        made(1, probability=0.2, cached=True, total_ms=99.0),
    ]

    async def scenario(desk: Desk) -> None:
        await desk.insert(made(1), *others, *same, made(1, owner=OTHER))
        assert await desk.totals() == (5, 2)
        assert await desk.totals(OTHER) == (1, 0)

    run(store, scenario)


def test_the_first_counts_in_its_own_day_and_hour(store: Store) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.insert(made(1, 4))
        # Older, but inserted later, like a record that waited on disk.
        await desk.insert(made(1, 0))
        await desk.insert(made(1, 8), made(1, 97))
        found = await desk.statistics()
        assert [(day.day.day, day.malignant) for day in found.days] == [(NOON.day, 1)]
        assert [each.hour for each in found.hours if each.malignant] == [13]
        later = NOON + 8 * QUARTER
        assert await desk.totals(since=later) == (0, 2)
        found = await desk.statistics(since=later)
        assert (found.days, found.models) == ([], [])
        assert found.latency.computed == 2

    run(store, scenario)


def test_of_one_group_the_oldest_counts(store: Store) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.insert(*(made(1, place) for place in (6, 2, 1, 9)))
        found = await desk.statistics(until=NOON + 2 * QUARTER)
        assert (found.total, found.duplicates) == (1, 0)

    run(store, scenario)


def test_a_duplicate_counts_where_the_first_is_deleted(store: Store) -> None:
    group = [made(1, 0), made(1, 5), made(1, 97), made(2, 97)]

    async def scenario(desk: Desk) -> None:
        await desk.insert(*group)
        # Deleting a duplicate changes no counts.
        await desk.history.delete(OWNER, group[1].id)
        assert await desk.totals() == (2, 1)
        await desk.history.delete(OWNER, group[0].id)
        found = await desk.statistics()
        assert (found.total, found.duplicates) == (2, 0)
        assert [(day.day.day, day.malignant) for day in found.days] == [(NOON.day + 1, 2)]
        await desk.history.delete(OWNER, group[2].id)
        assert await desk.totals() == (1, 0)
        # No trace of it is left.
        await desk.insert(made(1, 3), made(1, 4))
        assert await desk.totals() == (2, 1)
        assert await desk.history.delete_all(OWNER) == 3
        assert await desk.totals() == (0, 0)

    run(store, scenario)


def test_deletions_in_steps_keep_the_counts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hf_space.history.deletion._STEP", 3)
    group = [made(place % 4, place) for place in range(22)]

    async def scenario(desk: Desk) -> None:
        await desk.insert(*group, made(1, owner=OTHER))
        assert await desk.history.delete_all(OWNER) == 22
        assert await desk.totals() == (0, 0)
        assert await desk.totals(OTHER) == (1, 0)

    run(store, scenario)


def test_retention_lets_a_later_one_count(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hf_space.history.deletion._STEP", 5)
    owners = (OWNER, OTHER)
    group = [made(place % 3, place, owner) for place in range(20) for owner in owners]

    async def scenario(desk: Desk) -> None:
        await desk.insert(*group)
        assert await desk.totals() == (3, 17)
        assert await desk.history.purge(NOON + 16 * QUARTER) == 32
        for owner in owners:
            found = await desk.statistics(owner)
            assert (found.total, found.duplicates) == (3, 1)
        assert await desk.history.purge(NOON + 40 * QUARTER) == 8
        assert await desk.totals() == (0, 0)

    run(store, scenario)


def test_what_waits_on_disk_counts_once_as_it_arrives(store: Store) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.insert(made(1, 0))
        waiting = [made(place % 2 + 1, place) for place in range(1, 7)]
        assert await desk.spool.add(waiting) == 6
        # One was written just before its connection broke.
        await desk.insert(waiting[0])
        writer = Writer(desk.database, desk.spool, Metrics())
        recovery = Recovery(desk.database, desk.spool, writer)
        await recovery.start()

        async def is_empty() -> bool:
            return not await desk.spool.length()

        await until(is_empty)
        await recovery.close()
        await writer.close()
        assert await desk.totals() == (2, 5)

    run(store, scenario)


def test_who_takes_over_a_history_takes_its_duplicates_and_its_folders(visitor: Visitor) -> None:
    first, *others = [visitor.predict(patch(1))["id"] for _ in range(3)]
    visitor.file(first, folder="Teaching")
    token = visitor.ask("POST", "/visitor/token").headers["X-Biopsia-Visitor"]
    second = Visitor(visitor.client, token)
    assert second.read("/history/folders")["folders"] == [{"name": "Teaching", "count": 1}]
    visitor.predict(patch(1))
    for who, counts in ((second, (1, 2)), (visitor, (1, 0))):
        found = who.read("/stats/")
        assert (found["total"], found["duplicates"]) == counts
    second.ask("DELETE", f"/history/{first}")
    found = second.read("/stats/")
    assert (found["total"], found["duplicates"]) == (1, len(others) - 1)


async def write(database: Database, groups: list[list[Record]]) -> None:
    session = WriteSession(database)
    for records in groups:
        await session.run(partial(insert_records, records=records), seconds=60)
    await session.close()


async def delete(desk: Desk, owner: bytes) -> None:
    for _ in range(6):
        await desk.history.delete_all(owner)
        await desk.history.purge(NOON + 2 * QUARTER)


def test_many_that_write_and_delete_at_once_leave_exact_counts(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A retry would hide a deadlock, so there is none.
    monkeypatch.setattr("hf_space.history.database.connection.is_conflict", lambda _: False)
    rng = random.Random(7)  # noqa: S311 -- no secret
    owners = [bytes([number]) * 32 for number in range(3)]

    def group() -> list[Record]:
        # In several quarters of an hour and of several owners, so that orders of locks differ.
        return [made(rng.randrange(3), rng.randrange(6), rng.choice(owners)) for _ in range(8)]

    async def scenario(desk: Desk) -> None:
        databases = [store.database() for _ in range(4)]
        writing = [write(database, [group() for _ in range(12)]) for database in databases]
        await asyncio.gather(*writing, *(delete(desk, owner) for owner in owners[:2]))
        for database in databases:
            await database.close()
        total, duplicates = await desk.totals(owners[2])
        assert total == 3
        assert duplicates > 3

    run(store, scenario)


async def until_one_waits(desk: Desk) -> None:
    """Wait until a transaction waits for another one."""
    waiting = select(func.count()).select_from(text("pg_locks")).where(text("NOT granted"))

    async def is_waiting() -> bool:
        async with desk.database.reading() as connection:
            return bool((await connection.execute(waiting)).scalar_one())

    await until(is_waiting)


@pytest.mark.parametrize("succeeds", [True, False])
def test_two_that_insert_the_same_images_wait_in_one_order(
    shared_store: Store, monkeypatch: pytest.MonkeyPatch, *, succeeds: bool
) -> None:
    monkeypatch.setattr("hf_space.history.database.connection.is_conflict", lambda _: False)

    async def scenario(desk: Desk) -> None:
        session = WriteSession(desk.database)
        group = [made(2, 1), made(1, 2)]
        async with desk.database.writing() as connection:
            await insert_records(connection, [made(1, 0)])
            insert = partial(insert_records, records=group)
            other = asyncio.create_task(session.run(insert, seconds=60))
            await until_one_waits(desk)
            # It holds no lock that the first one needs now.
            await insert_records(connection, [made(2, 3)])
            if not succeeds:
                await connection.rollback()
        await other
        await session.close()
        assert await desk.totals() == ((2, 2) if succeeds else (2, 0))

    run(shared_store, scenario)


def test_who_deletes_what_counts_waits_for_a_duplicate_that_comes(shared_store: Store) -> None:
    first, second = made(1, 0), made(1, 5)

    async def scenario(desk: Desk) -> None:
        await desk.insert(first)
        async with desk.database.writing() as connection:
            await insert_records(connection, [second])
            deletion = asyncio.create_task(desk.history.delete(OWNER, first.id))
            await until_one_waits(desk)
        await deletion
        assert await desk.totals() == (1, 0)
        assert await desk.ids() == [second.id]

    run(shared_store, scenario)


async def leave_old(desk: Desk, *rows: dict[str, Any]) -> None:
    async with desk.database.writing() as connection:
        await connection.run_sync(insert_old, rows)


async def forget(desk: Desk) -> None:
    """Leave records as version 2 kept them before there were duplicates."""
    nothing = {"sha256": None, "fingerprint": None}
    async with desk.database.writing() as connection:
        await connection.execute(predictions.update().values(nothing))


def test_old_records_count_once_when_they_are_converted(store: Store) -> None:
    stated = {"scale_source": "request"}
    old = [old_row(OWNER, NOON + n * QUARTER, image=image(n % 2) | stated) for n in range(6)]

    async def scenario(desk: Desk) -> None:
        await leave_old(desk, *old)
        assert await desk.totals() == (6, 0)
        # A new record comes before they are converted; another owner's is independent.
        newest = made(0, 9)
        await desk.insert(newest, made(0, 9, OTHER))
        assert await desk.totals() == (7, 0)
        assert await convert_all(desk.database) == 6
        assert await desk.totals() == (2, 5)
        assert await desk.totals(OTHER) == (1, 0)
        await desk.history.delete(OWNER, newest.id)
        assert await desk.totals() == (2, 4)

    run(store, scenario)


def test_records_from_before_duplicates_were_told_keep_their_results(store: Store) -> None:
    async def scenario(desk: Desk) -> None:
        records = [made(place, place) for place in range(4)]
        await desk.insert(*records)
        await forget(desk)
        assert await convert_all(desk.database) == 4
        async with desk.database.reading() as connection:
            rows = await connection.execute(select(predictions).order_by(predictions.c.id))
            kept = [Record(**row._mapping) for row in rows]
        assert [each.sha256 for each in kept] == [bytes.fromhex(f"{n:064x}") for n in range(4)]
        assert [replace(each, result="") for each in kept] == [
            replace(each, result="") for each in records
        ]
        assert await desk.totals() == (4, 0)

    run(store, scenario)


def test_several_that_convert_while_others_write_count_once(store: Store) -> None:
    stated = {"scale_source": "request"}
    old = [old_row(OWNER, NOON + n * QUARTER, image=image(n % 5) | stated) for n in range(40)]

    async def scenario(desk: Desk) -> None:
        await leave_old(desk, *old)
        others = [store.database() for _ in range(3)]
        new = [made(place % 5, place) for place in range(30)]
        tasks: list[Awaitable[Any]] = [convert_all(other) for other in others]
        await asyncio.gather(*tasks, *(desk.insert(*new[n : n + 5]) for n in range(0, 30, 5)))
        for other in others:
            await other.close()
        assert await desk.totals() == (5, 65)

    run(store, scenario)


# Events of a history, with small numbers for image and time.
PLACES = strategies.tuples(strategies.integers(0, 2), strategies.integers(0, 3))
STEPS: SearchStrategy[tuple[str, Any]] = strategies.one_of(
    strategies.tuples(strategies.just("insert"), strategies.lists(PLACES, min_size=1, max_size=5)),
    strategies.tuples(strategies.just("spool"), strategies.lists(PLACES, min_size=1, max_size=3)),
    strategies.tuples(strategies.just("old"), PLACES),
    strategies.tuples(strategies.just("delete"), strategies.integers(0, 9)),
    strategies.tuples(strategies.just("purge"), strategies.integers(0, 4)),
    strategies.tuples(strategies.sampled_from(["convert", "delete all"]), strategies.none()),
)


async def take(desk: Desk, step: str, given: Any) -> None:
    """Apply one event."""
    if step == "insert":
        await desk.insert(*(made(*place) for place in given))
    elif step == "spool":
        await desk.spool.add([made(*place) for place in given])
        async with desk.spool.moving(100) as records:
            await desk.insert(*records)
    elif step == "old":
        number, quarters = given
        facts = image(number) | {"scale_source": "request"}
        await leave_old(desk, old_row(OWNER, NOON + quarters * QUARTER, image=facts))
    elif step == "delete":
        for identifier in (await desk.ids())[given : given + 1]:
            await desk.history.delete(OWNER, identifier)
    elif step == "purge":
        await desk.history.purge(NOON + given * QUARTER)
    elif step == "convert":
        await convert_all(desk.database)
    else:
        await desk.history.delete_all(OWNER)


@hypothesis.settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@given(steps=strategies.lists(STEPS, min_size=1, max_size=12))
def test_whatever_happens_the_counts_are_those_of_the_records(
    module_store: Store, steps: list[tuple[str, Any]]
) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.history.purge(datetime(2030, 1, 1, tzinfo=UTC))
        for step, given_to_it in steps:
            await take(desk, step, given_to_it)
            found = await desk.statistics()
            assert found.total + found.duplicates == len(await desk.ids())
        await convert_all(desk.database)
        async with desk.database.reading() as connection:
            mine = select(predictions.c.fingerprint, predictions.c.id)
            rows = (await connection.execute(mine.where(predictions.c.owner == OWNER))).all()
        found = await desk.statistics()
        assert found.total == len({row.fingerprint for row in rows})
        assert sum(day.malignant for day in found.days) == found.total
        assert {day.day for day in found.days} <= {time_of(row.id).date() for row in rows}

    run(module_store, scenario)
