"""What a record adds to the tallies that statistics are summed from."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from hf_space.history.database.tables import (
    COUNTS,
    LATENCY_BINS,
    LATENCY_COUNTS,
    LATENCY_GROWTH,
    PROBABILITY_BINS,
    PROBABILITY_COUNTS,
    QUARTER_SECONDS,
    TALLY_KEY,
)
from hf_space.schemas.ids import time_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Row

    from hf_space.history.record import Record

    # A record, or its columns `COUNTED`.
    Counted = Record | Row[Any]

# How many there were for records of version 1.
_OLD_LATENCY_BINS: Final = 40


def quarter_of(moment: datetime) -> int:
    """Return the quarter of an hour since 1970 (UTC) in which a time lies."""
    return int(moment.timestamp() // QUARTER_SECONDS)


def tally_of(record: Record) -> dict[str, Any]:
    """Return the row of the tallies that one record counts in, with what it adds to it."""
    row = dict.fromkeys(COUNTS, 0)
    for name in _counted(record):
        row[name] = 1
    return {**dict(zip(TALLY_KEY, key_of(record), strict=True)), **row}


def changes(added: Iterable[Counted], removed: Iterable[Counted]) -> list[dict[str, Any]]:
    """Return the rows that add and subtract records, in the order of the tallies' keys."""
    sums: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for record in added:
        sums[key_of(record)].update(_counted(record))
    for record in removed:
        sums[key_of(record)].subtract(_counted(record))
    # The order in which records are added, so that no two transactions wait for each other.
    return [
        dict(zip(TALLY_KEY, key, strict=True)) | {name: counted[name] for name in COUNTS}
        for key, counted in sorted(sums.items(), key=itemgetter(0))
    ]


def key_of(record: Counted) -> tuple[Any, ...]:
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
