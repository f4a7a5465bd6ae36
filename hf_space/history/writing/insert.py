"""Adds records to a history, each once."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql

from hf_space.history.database.dialects import INSERTS, is_postgresql
from hf_space.history.database.record import Record
from hf_space.history.database.tables import predictions, tallies
from hf_space.history.database.tallies import KEY, add_up, adding_to, tally_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from hf_space.history.database.dialects import Insert

_COLUMNS: Final = tuple(field.name for field in fields(Record))
# Names of values must differ from those of columns, and the two tables share some.
_RECORD: Final = "record_"
_TALLY: Final = "tally_"


async def insert_new(connection: AsyncConnection, records: Sequence[Record]) -> set[UUID]:
    """Insert the records that are not there yet, and return their ids."""
    statement = _unless_there(INSERTS[connection.dialect.name](predictions)).returning(
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
    counted.sort(key=lambda pair: itemgetter(*KEY)(pair[0]))
    if is_postgresql(connection):
        rows = [_named(_RECORD, _row(record)) | _named(_TALLY, tally) for tally, record in counted]
        await connection.execute(_insert_and_count(), rows)
        return
    new = await insert_new(connection, records)
    tally_rows = [tally for tally, record in counted if record.id in new]
    if tally_rows:
        await add_up(connection, tally_rows)


@lru_cache(maxsize=1)
def _insert_and_count() -> Insert:
    """Return the statement that does both for one record: one way to the database and back.

    A request waits for it, and each way more costs it the time of a turn in a busy event loop.
    """
    values = {name: bindparam(_RECORD + name, type_=predictions.c[name].type) for name in _COLUMNS}
    new = (
        _unless_there(postgresql.insert(predictions).values(values))
        .returning(predictions.c.id)
        .cte("new")
    )
    row = [bindparam(_TALLY + column.name, type_=column.type) for column in tallies.c]
    names = [column.name for column in tallies.c]
    return adding_to(postgresql.insert(tallies).from_select(names, select(*row).select_from(new)))


def _unless_there(statement: Any) -> Any:
    return statement.on_conflict_do_nothing(index_elements=[predictions.c.id])


def _row(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _COLUMNS}


def _named(prefix: str, row: dict[str, Any]) -> dict[str, Any]:
    return {prefix + name: value for name, value in row.items()}
