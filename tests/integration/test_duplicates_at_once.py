"""Several writers at once leave exact counts and no deadlock."""

from __future__ import annotations

import asyncio
import random
from functools import partial

import pytest
from sqlalchemy import func, select, text

from hf_space.history.database.connection import Database, WriteSession
from hf_space.history.database.statements import insert_records
from hf_space.history.record import Record
from tests.history_desk import OWNER, QUARTER, Desk, made, run
from tests.record_factory import NOON
from tests.stores import Store
from tests.waiting import until


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
