"""Statistics of one owner's predictions, summed by the database from the counts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, and_, case, cast, func, select

from hf_space.history.database.statements import quarter_of
from hf_space.history.database.tables import (
    COUNTS,
    LATENCY_BINS,
    LATENCY_COUNTS,
    LATENCY_GROWTH,
    PROBABILITY_BINS,
    PROBABILITY_COUNTS,
    QUARTER_SECONDS,
    VERDICT_COUNTS,
    predictions,
    reviews,
    tallies,
)
from hf_space.schemas.history import (
    Agreement,
    Bin,
    DayCounts,
    HourCounts,
    Latency,
    RevisionCount,
    Statistics,
    StatisticsQuery,
    VerdictCounts,
)
from hf_space.schemas.ids import first_id_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_QUARTERS_PER_DAY: Final = 96
_HOUR_SECONDS: Final = 3600
_EPOCH_DAY: Final = date(1970, 1, 1)
_LAST_QUARTER: Final = quarter_of(datetime(9999, 12, 31, tzinfo=UTC))


async def read_statistics(
    connection: AsyncConnection, owner: bytes, query: StatisticsQuery
) -> Statistics:
    """Sum up an owner's predictions."""
    chosen = _chosen(owner, query)
    models = (await connection.execute(_sums(chosen))).all()
    span = _span(models)
    hours: Sequence[Row[Any]] = []
    if span:
        found = await connection.execute(_by_hour(chosen, ZoneInfo(query.time_zone), *span))
        hours = found.all()
    given = (await connection.execute(_reviews(owner, query))).all()
    return _assemble(query, models, hours, given)


def _chosen(owner: bytes, query: StatisticsQuery) -> ColumnElement[bool]:
    conditions = [tallies.c.owner == owner]
    if query.since:
        conditions.append(tallies.c.quarter >= quarter_of(query.since))
    if query.until:
        conditions.append(tallies.c.quarter < quarter_of(query.until))
    return and_(*conditions)


def _sums(chosen: ColumnElement[bool]) -> Any:
    quarter = tallies.c.quarter
    return (
        select(
            tallies.c.model_name,
            tallies.c.model_revision,
            func.min(quarter).label("first"),
            func.max(quarter).label("last"),
            *(func.sum(tallies.c[name]).label(name) for name in COUNTS),
        )
        .where(chosen)
        .group_by(tallies.c.model_name, tallies.c.model_revision)
    )


def _by_hour(chosen: ColumnElement[bool], zone: ZoneInfo, first: int, last: int) -> Any:
    """Count verdicts by hours since 1970 on the clocks of a zone."""
    start, *changes = zone_offsets(zone, first, last)
    offset: Any = start[1]
    if changes:
        latest_first = [(tallies.c.quarter >= quarter, shift) for quarter, shift in changes[::-1]]
        offset = case(*latest_first, else_=start[1])
    local = cast(tallies.c.quarter, BigInteger) * QUARTER_SECONDS + offset
    hour = (local // _HOUR_SECONDS).label("hour")
    counts = (func.sum(tallies.c[name]).label(name) for name in VERDICT_COUNTS)
    return select(hour, *counts).where(chosen).group_by(hour).order_by(hour)


def _reviews(owner: bytes, query: StatisticsQuery) -> Any:
    conditions = [reviews.c.owner == owner]
    if query.since:
        conditions.append(reviews.c.prediction_id >= first_id_at(_floor(query.since)))
    if query.until:
        conditions.append(reviews.c.prediction_id < first_id_at(_floor(query.until)))
    newest = func.row_number().over(
        partition_by=reviews.c.prediction_id, order_by=reviews.c.id.desc()
    )
    ranked = (
        select(reviews.c.opinion, reviews.c.prediction_id, newest.label("place"))
        .where(and_(*conditions))
        .subquery()
    )
    is_judged = (predictions.c.verdict != "not_assessable").label("is_judged")
    return (
        select(ranked.c.opinion, is_judged, func.count().label("number"))
        .join(predictions, predictions.c.id == ranked.c.prediction_id)
        .where(ranked.c.place == 1)
        .group_by(ranked.c.opinion, is_judged)
    )


def zone_offsets(zone: ZoneInfo, first: int, last: int) -> list[tuple[int, int]]:
    """List the offsets from UTC, in seconds east, with the quarter from which each applies.

    Args:
        zone: The time zone.
        first: First quarter of an hour since 1970, UTC.
        last: Last one.
    """
    found = [(first, _offset(zone, first))]
    for day in range(first, last + 1, _QUARTERS_PER_DAY):
        low, high = day, min(day + _QUARTERS_PER_DAY, last + 1)
        if _offset(zone, high) == found[-1][1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(zone, middle) == found[-1][1] else (low, middle)
        found.append((high, _offset(zone, high)))
    return found


def latency_quantile(counts: list[int], share: float) -> float | None:
    """Return an estimate of a quantile of the durations, in ms.

    Args:
        counts: Predictions in each latency bin.
        share: 0 to 1.

    Returns:
        Interpolated in its bin, as Prometheus's `histogram_quantile` does, but by ratios, since
        bins grow by ratios; the true value lies within the same bin. None without predictions, and
        in the last bin, which has no end.
    """
    rank, seen = share * sum(counts), 0
    for index, number in enumerate(counts[:-1]):
        if number and seen + number >= rank:
            return float(LATENCY_GROWTH ** (index + (rank - seen) / number))
        seen += number
    return None


def _offset(zone: ZoneInfo, quarter: int) -> int:
    offset = datetime.fromtimestamp(quarter * QUARTER_SECONDS, zone).utcoffset()
    return int((offset or timedelta()).total_seconds())


def _floor(moment: datetime) -> datetime:
    # With its offset a moment may lie outside the years that Python knows; there are no records.
    quarter = min(max(quarter_of(moment), 0), _LAST_QUARTER)
    return datetime.fromtimestamp(quarter * QUARTER_SECONDS, UTC)


def _span(models: Sequence[Row[Any]]) -> tuple[int, int] | None:
    if not models:
        return None
    return min(row.first for row in models), max(row.last for row in models)


def _assemble(
    query: StatisticsQuery,
    models: Sequence[Row[Any]],
    hours: Sequence[Row[Any]],
    given: Sequence[Row[Any]],
) -> Statistics:
    sums = {name: sum(int(row._mapping[name]) for row in models) for name in COUNTS}
    total = sum(sums[name] for name in VERDICT_COUNTS)
    return Statistics(
        since=query.since and _floor(query.since),
        until=query.until and _floor(query.until),
        time_zone=query.time_zone,
        total=total,
        patches=total - sums["regions"],
        regions=sums["regions"],
        duplicates=sums["duplicates"],
        cached=sums["cached"],
        verdicts=VerdictCounts(**{name: sums[name] for name in VERDICT_COUNTS}),
        probability=[
            Bin(low=place / PROBABILITY_BINS, high=(place + 1) / PROBABILITY_BINS, count=sums[name])
            for place, name in enumerate(PROBABILITY_COUNTS)
        ],
        days=_days(hours),
        hours=_hours(hours),
        models=[
            _model(row)
            for row in sorted(models, key=lambda row: (row.model_name, row.model_revision))
            if any(_verdicts(row).values())
        ],
        latency=_latency([sums[name] for name in LATENCY_COUNTS]),
        agreement=_agreement(given),
    )


def _days(hours: Sequence[Row[Any]]) -> list[DayCounts]:
    days: dict[int, Counter[str]] = {}
    for row in hours:
        days.setdefault(row.hour // 24, Counter()).update(_verdicts(row))
    return [
        DayCounts(day=_EPOCH_DAY + timedelta(days=day), **counts)
        for day, counts in sorted(days.items())
        # Without rows that count only duplicates.
        if any(counts.values())
    ]


def _hours(hours: Sequence[Row[Any]]) -> list[HourCounts]:
    counted = [Counter(dict.fromkeys(VERDICT_COUNTS, 0)) for _ in range(24)]
    for row in hours:
        counted[row.hour % 24].update(_verdicts(row))
    return [HourCounts(hour=hour, **counts) for hour, counts in enumerate(counted)]


def _verdicts(row: Row[Any]) -> dict[str, int]:
    return {name: int(row._mapping[name]) for name in VERDICT_COUNTS}


def _model(row: Row[Any]) -> RevisionCount:
    return RevisionCount(
        name=row.model_name,
        revision=row.model_revision,
        count=sum(_verdicts(row).values()),
    )


def _latency(counts: list[int]) -> Latency:
    return Latency(
        computed=sum(counts),
        median_ms=latency_quantile(counts, 0.5),
        p95_ms=latency_quantile(counts, 0.95),
        limit_ms=LATENCY_GROWTH ** (LATENCY_BINS - 1),
    )


def _agreement(given: Sequence[Row[Any]]) -> Agreement:
    by_opinion = {row.opinion: row.number for row in given if row.is_judged}
    agree, disagree = by_opinion.get("agree", 0), by_opinion.get("disagree", 0)
    judged = agree + disagree
    return Agreement(
        reviewed=sum(row.number for row in given),
        agree=agree,
        disagree=disagree,
        unsure=by_opinion.get("unsure", 0),
        not_assessable=sum(row.number for row in given if not row.is_judged),
        agreement=agree / judged if judged else None,
    )
