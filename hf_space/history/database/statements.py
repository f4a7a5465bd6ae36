"""Inserts and deletes records, and keeps the tallies exact within the same transaction.

Statistics over a million records take a second; over the tallies of the same they take
milliseconds, and retention deletes whole quarters of an hour.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import fields
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from hf_space.history.database.connection import is_postgresql
from hf_space.history.database.tables import (
    COUNTS,
    LATENCY_BINS,
    LATENCY_COUNTS,
    LATENCY_GROWTH,
    PROBABILITY_BINS,
    PROBABILITY_COUNTS,
    QUARTER_SECONDS,
    TALLY_KEY,
    VERDICT_COUNTS,
    predictions,
    tallies,
)
from hf_space.history.record import Record
from hf_space.schemas.ids import time_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    # A record, or its columns `COUNTED`.
    Counted = Record | Row[Any]

Insert = postgresql.Insert | sqlite.Insert

_INSERTS: Final[dict[str, type[Insert]]] = {
    "postgresql": postgresql.Insert,
    "sqlite": sqlite.Insert,
}
# How many there were for records of version 1.
_OLD_LATENCY_BINS: Final = 40
_COLUMNS: Final = tuple(field.name for field in fields(Record))
# Names of values must differ from those of columns, and the two tables share some.
_RECORD: Final = "record_"
_TALLY: Final = "tally_"
# What decides how a record is counted.
COUNTED: Final = tuple(
    predictions.c[name]
    for name in (
        *("id", "owner", "kind", "verdict", "probability", "model_name", "model_revision"),
        *("cached", "total_ms", "schema_version"),
    )
)


def quarter_of(moment: datetime) -> int:
    """Return the quarter of an hour since 1970 (UTC) in which a time lies."""
    return int(moment.timestamp() // QUARTER_SECONDS)


async def insert_new(connection: AsyncConnection, records: Sequence[Record]) -> set[UUID]:
    """Insert the records that are not there yet, without counting them, and return their ids."""
    statement = _unless_there(_INSERTS[connection.dialect.name](predictions)).returning(
        predictions.c.id
    )
    inserted = await connection.execute(statement, [_row(record) for record in records])
    return set(inserted.scalars())


async def insert_records(connection: AsyncConnection, records: Sequence[Record]) -> None:
    """Insert records, and count those that were not there yet."""
    if not records:
        return
    counted = [(tally_of(record), record) for record in records]
    # In one order everywhere, so that no two transactions wait for each other.
    counted.sort(key=lambda pair: itemgetter(*TALLY_KEY)(pair[0]))
    if is_postgresql(connection):
        rows = [_named(_RECORD, _row(record)) | _named(_TALLY, tally) for tally, record in counted]
        await connection.execute(_insert_and_count(), rows)
        return
    new = await insert_new(connection, records)
    tally_rows = [tally for tally, record in counted if record.id in new]
    if tally_rows:
        await _add_up(connection, tally_rows)


async def delete_oldest(
    connection: AsyncConnection, chosen: ColumnElement[bool], limit: int
) -> list[UUID]:
    """Delete the oldest of the chosen records, and count them no longer; returns their ids."""
    # Locked from old to new everywhere, so that no two transactions wait for each other.
    oldest = (
        select(predictions.c.id).where(chosen).order_by(predictions.c.id).limit(limit)
    ).with_for_update()
    ids = list((await connection.execute(oldest)).scalars())
    if ids:
        gone = delete(predictions).where(predictions.c.id.in_(ids)).returning(*COUNTED)
        await _subtract(connection, (await connection.execute(gone)).all())
    return ids


def tally_of(record: Record) -> dict[str, Any]:
    """Return the row of the tallies that one record counts in, with what it adds to it."""
    row = dict.fromkeys(COUNTS, 0)
    for name in _counted(record):
        row[name] = 1
    return {**dict(zip(TALLY_KEY, _key(record), strict=True)), **row}


def opposite_of(records: Iterable[Counted]) -> list[dict[str, Any]]:
    """Return the rows that subtract records from the tallies, in the order of their keys."""
    return changes([], records)


def changes(added: Iterable[Counted], removed: Iterable[Counted]) -> list[dict[str, Any]]:
    """Return the rows that add and subtract records, in the order of the tallies' keys."""
    sums: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for record in added:
        sums[_key(record)].update(_counted(record))
    for record in removed:
        sums[_key(record)].subtract(_counted(record))
    # The order in which records are added, so that no two transactions wait for each other.
    return [
        dict(zip(TALLY_KEY, key, strict=True)) | {name: counted[name] for name in COUNTS}
        for key, counted in sorted(sums.items(), key=itemgetter(0))
    ]


async def recount(
    connection: AsyncConnection, added: Iterable[Counted], removed: Iterable[Counted]
) -> None:
    """Count records as they are now, and no longer as they were."""
    await _add_up(connection, changes(added, removed))


@lru_cache(maxsize=1)
def _insert_and_count() -> Insert:
    """Return PostgreSQL's statement that does both for one record, in a single round trip.

    A request waits for it, and each round trip costs it a turn in a busy event loop.
    """
    values = {name: bindparam(_RECORD + name, type_=predictions.c[name].type) for name in _COLUMNS}
    new = (
        _unless_there(postgresql.insert(predictions).values(values))
        .returning(predictions.c.id)
        .cte("new")
    )
    row = [bindparam(_TALLY + column.name, type_=column.type) for column in tallies.c]
    names = [column.name for column in tallies.c]
    return _adding_to(postgresql.insert(tallies).from_select(names, select(*row).select_from(new)))


async def _subtract(connection: AsyncConnection, records: Iterable[Row[Any]]) -> None:
    rows = opposite_of(records)
    await _add_up(connection, rows)
    quarters = [row["quarter"] for row in rows]
    empty = delete(tallies).where(
        tallies.c.owner.in_({row["owner"] for row in rows}),
        tallies.c.quarter.between(min(quarters), max(quarters)),
        *(tallies.c[name] == 0 for name in VERDICT_COUNTS),
    )
    await connection.execute(empty)


async def _add_up(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    await connection.execute(_add_statement(connection.dialect.name), rows)


@lru_cache(maxsize=2)
def _add_statement(dialect: str) -> Insert:
    # It takes a while to make, and SQLAlchemy compiles the same object only once.
    return _adding_to(_INSERTS[dialect](tallies))


def _adding_to(statement: Insert) -> Insert:
    """Let a statement that inserts tallies add to those that are there already."""
    added = {name: tallies.c[name] + statement.excluded[name] for name in COUNTS}
    return statement.on_conflict_do_update(index_elements=TALLY_KEY, set_=added)


def _unless_there(statement: Any) -> Any:
    return statement.on_conflict_do_nothing(index_elements=[predictions.c.id])


def _row(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _COLUMNS}


def _named(prefix: str, row: dict[str, Any]) -> dict[str, Any]:
    return {prefix + name: value for name, value in row.items()}


def _key(record: Counted) -> tuple[Any, ...]:
    quarter = quarter_of(time_of(record.id))
    return record.owner, quarter, record.model_name, record.model_revision


def _counted(record: Counted) -> Iterable[str]:
    is_old = record.schema_version == 1
    yield record.verdict
    if record.kind == "region":
        yield "regions"
    if record.cached:
        yield "cached"
    if is_old or record.verdict != "not_assessable":
        place = int(record.probability * PROBABILITY_BINS)
        yield PROBABILITY_COUNTS[min(place, PROBABILITY_BINS - 1)]
    if is_old or not record.cached:
        last = (_OLD_LATENCY_BINS if is_old else LATENCY_BINS) - 1
        yield LATENCY_COUNTS[min(_latency_bin(record.total_ms), last)]


def _latency_bin(milliseconds: float) -> int:
    return int(math.log(milliseconds, LATENCY_GROWTH)) if milliseconds > 1.0 else 0
