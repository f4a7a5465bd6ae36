"""The tallies of a database against a count of its records one by one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import select

from hf_space.history.database.connection import Database
from hf_space.history.database.statements import tally_of
from hf_space.history.database.tables import (
    COUNTS,
    TALLY_KEY,
    VERDICT_COUNTS,
    predictions,
    tallies,
)
from hf_space.history.record import Record


async def counts_and_records(database: Database) -> tuple[dict[Any, Any], list[Record]]:
    """Return the tallies that are not empty by their keys, and all records."""
    async with database.reading() as connection:
        counted = {
            tuple(row._mapping[name] for name in TALLY_KEY): [row._mapping[n] for n in COUNTS]
            for row in await connection.execute(select(tallies))
            if any(row._mapping[name] for name in (*VERDICT_COUNTS, "duplicates"))
        }
        records = [Record(**row._mapping) for row in await connection.execute(select(predictions))]
    return counted, records


async def assert_counts(database: Database, *, number: int | None = None) -> None:
    """Compare the tallies with the records, of which one of each fingerprint must count.

    Args:
        database: Holds both.
        number: How many records there must be; None for any.
    """
    counted, records = await counts_and_records(database)
    assert number in {None, len(records)}
    wanted: dict[Any, list[int]] = {}
    for row in map(tally_of, records):
        sums = wanted.setdefault(tuple(row[name] for name in TALLY_KEY), [0] * len(COUNTS))
        sums[:] = [total + row[name] for total, name in zip(sums, COUNTS, strict=True)]
    assert counted == wanted
    known = [record for record in records if record.fingerprint is not None]
    each = Counter({(record.owner, record.fingerprint): 0 for record in known})
    each.update((record.owner, record.fingerprint) for record in known if record.is_counted)
    assert set(each.values()) <= {1}
    assert all(record.is_counted for record in records if record.fingerprint is None)
