"""Records of earlier versions count once, whatever happens before they are converted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import hypothesis
from hypothesis import given, strategies
from hypothesis.strategies import SearchStrategy
from sqlalchemy import select

from hf_space.history.database.conversion import convert_all
from hf_space.history.database.tables import predictions
from hf_space.history.record import Record
from hf_space.schemas.ids import time_of
from tests.history_desk import OTHER, OWNER, QUARTER, Desk, image, made, run
from tests.record_factory import NOON
from tests.stores import Store
from tests.version_1 import insert_old, old_row


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
