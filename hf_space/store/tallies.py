"""Counts of predictions by quarter of an hour, kept exact by the transactions that add and delete.

Statistics over a million records take a second; over the tallies of the same they take
milliseconds, and retention drops whole quarters.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete

from hf_space.ids import time_of
from hf_space.store.dialects import INSERTS
from hf_space.store.tables import (
    COUNTS,
    LATENCY_BINS,
    LATENCY_COUNTS,
    PROBABILITY_BINS,
    PROBABILITY_COUNTS,
    VERDICT_COUNTS,
    tallies,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hf_space.store.dialects import Insert
    from hf_space.store.record import Record

QUARTER_SECONDS: Final = 900
# Each bin, from 1 ms on, is 30 % wider than the one before; the last begins at 28 s.
_LATENCY_GROWTH: Final = 1.3

KEY: Final = ("owner", "quarter", "model_name", "model_revision")
"""What names a row of the tallies."""


def quarter_of(moment: datetime) -> int:
    """Return the quarter of an hour since 1970 (UTC) in which a time lies."""
    return int(moment.timestamp() // QUARTER_SECONDS)


def tally_of(record: Record | Row[Any], step: int = 1) -> dict[str, Any]:
    """Return the row of the tallies that one record counts in, with what it adds to it.

    Args:
        record: Anything with the columns of a prediction.
        step: 1 to add, -1 to take out.
    """
    row = dict.fromkeys(COUNTS, 0)
    for name in _counted(record):
        row[name] = step
    return {
        "owner": record.owner,
        "quarter": quarter_of(time_of(record.id)),
        "model_name": record.model_name,
        "model_revision": record.model_revision,
        **row,
    }


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


async def take_out(connection: AsyncConnection, record: Row[Any]) -> None:
    """Count a record no longer, within the transaction that deletes it."""
    row = tally_of(record, -1)
    await add_up(connection, [row])
    empty = (tallies.c[name] == 0 for name in VERDICT_COUNTS)
    await connection.execute(delete(tallies).where(tallies.c.owner == row["owner"], *empty))


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
