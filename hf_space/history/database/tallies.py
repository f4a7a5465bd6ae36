"""Counts of predictions by quarter of an hour, kept exact by the transactions that add and delete.

Statistics over a million records take a second; over the tallies of the same they take
milliseconds, and retention drops whole quarters.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select

from hf_space.history.database.dialects import INSERTS
from hf_space.history.database.tables import (
    COUNTS,
    LATENCY_BINS,
    LATENCY_COUNTS,
    PROBABILITY_BINS,
    PROBABILITY_COUNTS,
    VERDICT_COUNTS,
    predictions,
    tallies,
)
from hf_space.schemas.ids import time_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hf_space.history.database.dialects import Insert
    from hf_space.history.database.record import Record

QUARTER_SECONDS: Final = 900
# Each bin, from 1 ms on, is 30 % wider than the one before; the last begins at 28 s.
_LATENCY_GROWTH: Final = 1.3

KEY: Final = ("owner", "quarter", "model_name", "model_revision")
"""What names a row of the tallies."""

# What tells how a record was counted.
_COUNTED: Final = tuple(
    predictions.c[name]
    for name in (
        *("id", "owner", "kind", "verdict", "probability", "model_name", "model_revision"),
        *("cached", "total_ms"),
    )
)


def quarter_of(moment: datetime) -> int:
    """Return the quarter of an hour since 1970 (UTC) in which a time lies."""
    return int(moment.timestamp() // QUARTER_SECONDS)


def tally_of(record: Record) -> dict[str, Any]:
    """Return the row of the tallies that one record counts in, with what it adds to it."""
    row = dict.fromkeys(COUNTS, 0)
    for name in _counted(record):
        row[name] = 1
    return {**dict(zip(KEY, _key(record), strict=True)), **row}


def adding_to(statement: Insert) -> Insert:
    """Let a statement that inserts tallies add to those that are there already."""
    added = {name: tallies.c[name] + statement.excluded[name] for name in COUNTS}
    return statement.on_conflict_do_update(index_elements=KEY, set_=added)


@lru_cache(maxsize=2)
def _adding(dialect: str) -> Insert:
    # It takes a while to make, and SQLAlchemy knows one again that it has seen.
    return adding_to(INSERTS[dialect](tallies))


async def add_up(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows to the tallies."""
    await connection.execute(_adding(connection.dialect.name), rows)


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
        gone = delete(predictions).where(predictions.c.id.in_(ids)).returning(*_COUNTED)
        await _take_out(connection, (await connection.execute(gone)).all())
    return ids


def opposite_of(records: Iterable[Record | Row[Any]]) -> list[dict[str, Any]]:
    """Return the rows that take records out of the tallies again, in the order of their keys."""
    sums: dict[tuple[Any, ...], Counter[str]] = {}
    for record in records:
        sums.setdefault(_key(record), Counter()).update(_counted(record))
    # The order in which records are added, so that no two transactions wait for each other.
    return [
        dict(zip(KEY, key, strict=True)) | {name: -counted[name] for name in COUNTS}
        for key, counted in sorted(sums.items(), key=itemgetter(0))
    ]


async def _take_out(connection: AsyncConnection, records: Iterable[Row[Any]]) -> None:
    rows = opposite_of(records)
    await add_up(connection, rows)
    quarters = [row["quarter"] for row in rows]
    empty = delete(tallies).where(
        tallies.c.owner.in_({row["owner"] for row in rows}),
        tallies.c.quarter.between(min(quarters), max(quarters)),
        *(tallies.c[name] == 0 for name in VERDICT_COUNTS),
    )
    await connection.execute(empty)


def latency_quantile(counts: list[int], share: float) -> float | None:
    """Return about the time, in ms, within which a share of predictions was answered.

    Args:
        counts: Predictions in each latency bin.
        share: 0 to 1.

    Returns:
        Interpolated in its bin, as Prometheus's `histogram_quantile` does, but by ratios, since
        bins grow by ratios; the true value lies within the same bin. None without predictions.
    """
    rank, seen = share * sum(counts), 0
    if not sum(counts):
        return None
    for index, number in enumerate(counts):
        if number and seen + number >= rank:
            exponent = index + (rank - seen) / number
            return float(_LATENCY_GROWTH ** min(exponent, LATENCY_BINS - 1))
        seen += number
    return None


def _key(record: Record | Row[Any]) -> tuple[Any, ...]:
    quarter = quarter_of(time_of(record.id))
    return record.owner, quarter, record.model_name, record.model_revision


def _counted(record: Record | Row[Any]) -> Iterable[str]:
    yield record.verdict
    if record.kind == "region":
        yield "regions"
    if record.cached:
        yield "cached"
    place = int(record.probability * PROBABILITY_BINS)
    yield PROBABILITY_COUNTS[min(place, PROBABILITY_BINS - 1)]
    yield LATENCY_COUNTS[_latency_bin(record.total_ms)]


def _latency_bin(milliseconds: float) -> int:
    if milliseconds <= 1.0:
        return 0
    return min(int(math.log(milliseconds, _LATENCY_GROWTH)), LATENCY_BINS - 1)
