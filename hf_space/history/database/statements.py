"""Inserts and deletes records, and keeps the tallies exact within the same transaction.

Statistics over a million records take a second; over the tallies of the same they take
milliseconds, and retention deletes whole quarters of an hour.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import fields, replace
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BigInteger,
    Select,
    bindparam,
    delete,
    exists,
    false,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite

from hf_space.history.database.connection import is_postgresql
from hf_space.history.database.duplicates import lock_number, lock_owners_of, promote
from hf_space.history.database.tables import (
    COUNTED,
    COUNTS,
    LATENCY_BINS,
    LATENCY_COUNTS,
    LATENCY_GROWTH,
    PROBABILITY_BINS,
    PROBABILITY_COUNTS,
    QUARTER_SECONDS,
    RESULT_COUNTS,
    TALLY_KEY,
    VERDICT_COUNTS,
    predictions,
    tallies,
)
from hf_space.history.record import Record
from hf_space.schemas.ids import time_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
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


def quarter_of(moment: datetime) -> int:
    """Return the quarter of an hour since 1970 (UTC) in which a time lies."""
    return int(moment.timestamp() // QUARTER_SECONDS)


def tally_of(record: Record) -> dict[str, Any]:
    """Return the row of the tallies that one record counts in, with what it adds to it."""
    row = dict.fromkeys(COUNTS, 0)
    for name in _counted(record):
        row[name] = 1
    return {**dict(zip(TALLY_KEY, _key_of(record), strict=True)), **row}


def changes(added: Iterable[Counted], removed: Iterable[Counted]) -> list[dict[str, Any]]:
    """Return the rows that add and subtract records, in the order of the counts' keys."""
    sums: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for record in added:
        sums[_key_of(record)].update(_counted(record))
    for record in removed:
        sums[_key_of(record)].subtract(_counted(record))
    # The order in which records are added, so that no two transactions wait for each other.
    return [
        dict(zip(TALLY_KEY, key, strict=True)) | {name: counted[name] for name in COUNTS}
        for key, counted in sorted(sums.items(), key=itemgetter(0))
    ]


async def insert_uncounted(connection: AsyncConnection, records: Sequence[Record]) -> set[UUID]:
    """Insert the records that are not there yet as duplicates, and return their ids."""
    return await _insert(connection, records, is_counted=False)


async def insert_records(connection: AsyncConnection, records: Sequence[Record]) -> None:
    """Insert records, and count those that were not there yet."""
    if not records:
        return
    ordered = sorted(records, key=attrgetter("id"))
    known = {record.id: replace(record, is_counted=True) for record in ordered}
    if is_postgresql(connection):
        await _insert_and_count(connection, list(known.values()))
        return
    first = await _insert(connection, list(known.values()), is_counted=True)
    others = [record for record in known.values() if record.id not in first]
    again = await insert_uncounted(connection, others) if others else set()
    added = [known[one] for one in first]
    added += [replace(known[one], is_counted=False) for one in again]
    if added:
        await recount(connection, added, [])


async def delete_oldest(
    connection: AsyncConnection, chosen: ColumnElement[bool], limit: int
) -> list[UUID]:
    """Delete the oldest of the chosen records, and count them no longer; returns their ids."""
    identifier = predictions.c.id
    owners = select(predictions.c.owner).where(chosen).order_by(identifier).limit(limit)
    theirs = await lock_owners_of(connection, owners)
    # Reviews lock records too.
    oldest = select(identifier).where(chosen, theirs).order_by(identifier).limit(limit)
    ids = list((await connection.execute(oldest.with_for_update())).scalars())
    if ids:
        deleted = delete(predictions).where(identifier.in_(ids)).returning(*COUNTED)
        gone = (await connection.execute(deleted)).all()
        now, before = await promote(connection, gone)
        await recount(connection, now, [*gone, *before])
        await _delete_empty(connection, gone)
    return ids


async def recount(
    connection: AsyncConnection, added: Iterable[Counted], removed: Iterable[Counted]
) -> None:
    """Replace the counts of earlier versions of records by those of the current ones."""
    statement = _adding_statement(connection.dialect.name)
    await connection.execute(statement, changes(added, removed))


async def _insert(
    connection: AsyncConnection, records: Sequence[Record], *, is_counted: bool
) -> set[UUID]:
    """Insert the records that may be counted, or may not, and return their ids."""
    statement = _unless_there(
        _INSERTS[connection.dialect.name](predictions), is_counted=is_counted
    ).returning(predictions.c.id)
    rows = [{**_row(record), "is_counted": is_counted} for record in records]
    return set((await connection.execute(statement, rows)).scalars())


async def _insert_and_count(connection: AsyncConnection, records: Sequence[Record]) -> None:
    rows = [
        _named(_RECORD, _row(record))
        | _named(_TALLY, tally_of(record))
        | {"owner_lock": lock_number(record.owner)}
        for record in records
    ]
    # In one order everywhere, so that no two transactions wait for each other.
    rows.sort(key=itemgetter(*(_TALLY + name for name in TALLY_KEY)))
    await connection.execute(_counting_statement(), rows)


@lru_cache(maxsize=1)
def _counting_statement() -> Insert:
    """Return PostgreSQL's statement that does both for one record, in a single round trip.

    A request waits for it, and each round trip costs it a turn in a busy event loop. Where the
    owner has a record that counts already, although another transaction committed it a moment ago,
    the unique index refuses the first insertion, and the second keeps a duplicate.
    """
    number = bindparam("owner_lock", type_=BigInteger)
    lock = select(func.pg_advisory_xact_lock(number).label("held")).cte("lock")
    values = {name: bindparam(_RECORD + name, type_=predictions.c[name].type) for name in _COLUMNS}
    first = _inserted(select(*values.values()).select_from(lock), is_counted=True).cte("first")
    as_duplicate = {**values, "is_counted": false()}
    other = select(*as_duplicate.values()).where(~exists(select(first.c.id)))
    again = _inserted(other, is_counted=False).cte("again")
    tally = {
        column.name: bindparam(_TALLY + column.name, type_=column.type) for column in tallies.c
    }
    nothing = dict.fromkeys(RESULT_COUNTS, literal(0)) | {"duplicates": literal(1)}
    counted = select(*tally.values()).select_from(first)
    repeated = select(*(tally | nothing).values()).select_from(again)
    names = [column.name for column in tallies.c]
    both = union_all(counted, repeated)
    return _adding_to(postgresql.insert(tallies).from_select(names, both))


def _inserted(rows: Select[Any], *, is_counted: bool) -> Any:
    insert = postgresql.insert(predictions).from_select(_COLUMNS, rows)
    return _unless_there(insert, is_counted=is_counted).returning(predictions.c.id)


async def _delete_empty(connection: AsyncConnection, gone: Iterable[Row[Any]]) -> None:
    """Delete the rows of the tallies in which nothing is counted since records are gone."""
    keys = [_key_of(record) for record in gone]
    quarters = [quarter for _, quarter, *_ in keys]
    empty = delete(tallies).where(
        tallies.c.owner.in_({owner for owner, *_ in keys}),
        tallies.c.quarter.between(min(quarters), max(quarters)),
        *(tallies.c[name] == 0 for name in (*VERDICT_COUNTS, "duplicates")),
    )
    await connection.execute(empty)


@lru_cache(maxsize=2)
def _adding_statement(dialect: str) -> Insert:
    # It takes a while to make, and SQLAlchemy compiles the same object only once.
    return _adding_to(_INSERTS[dialect](tallies))


def _adding_to(statement: Insert) -> Insert:
    """Let a statement that inserts tallies add to those that are there already."""
    added = {name: tallies.c[name] + statement.excluded[name] for name in COUNTS}
    return statement.on_conflict_do_update(index_elements=TALLY_KEY, set_=added)


def _unless_there(statement: Any, *, is_counted: bool) -> Any:
    """Let a statement leave out records that are there, or that may not count beside another."""
    # Any conflict of what is counted; of a duplicate no other than that of its id is possible.
    target = None if is_counted else [predictions.c.id]
    return statement.on_conflict_do_nothing(index_elements=target)


def _row(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _COLUMNS}


def _named(prefix: str, row: dict[str, Any]) -> dict[str, Any]:
    return {prefix + name: value for name, value in row.items()}


def _key_of(record: Counted) -> tuple[Any, ...]:
    """Return the values of `TALLY_KEY` under which a record is counted."""
    quarter = quarter_of(time_of(record.id))
    return record.owner, quarter, record.model_name, record.model_revision


def _counted(record: Counted) -> Iterator[str]:
    is_old = record.schema_version == 1
    if record.is_counted:
        yield from _counted_once(record)
    else:
        yield "duplicates"
    if record.cached:
        yield "cached"
    if is_old or not record.cached:
        last = (_OLD_LATENCY_BINS if is_old else LATENCY_BINS) - 1
        yield LATENCY_COUNTS[min(_latency_bin(record.total_ms), last)]


def _counted_once(record: Counted) -> Iterator[str]:
    """Yield those of `RESULT_COUNTS` that a record adds to."""
    yield record.verdict
    if record.kind == "region":
        yield "regions"
    if record.schema_version == 1 or record.verdict != "not_assessable":
        place = int(record.probability * PROBABILITY_BINS)
        yield PROBABILITY_COUNTS[min(place, PROBABILITY_BINS - 1)]


def _latency_bin(milliseconds: float) -> int:
    return int(math.log(milliseconds, LATENCY_GROWTH)) if milliseconds > 1.0 else 0
