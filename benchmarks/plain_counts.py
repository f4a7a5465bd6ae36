"""The figures of `/stats/` counted from the predictions themselves by plain SQL."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.long_history import driver_of
from hf_space.history.database.tables import VERDICT_COUNTS

ZONE: Final = "Europe/Madrid"
"""Time zone of days and hours."""

_CHOSEN: Final = "FROM predictions WHERE owner = $1"
_ONCE: Final = f"{_CHOSEN} AND is_counted"
# The time is in the first 48 bits of the id.
_MILLISECONDS: Final = "('x' || substr(id::text, 1, 8) || substr(id::text, 10, 4))::bit(48)::bigint"
_STATEMENTS: Final = {
    "counts": (
        "SELECT model_name, model_revision, verdict, kind, count(*) AS number"
        f" {_ONCE} GROUP BY 1, 2, 3, 4"
    ),
    "results": f"SELECT cached, is_counted, count(*) AS number {_CHOSEN} GROUP BY 1, 2",
    "probability": (
        f"SELECT least(floor(probability * 20), 19)::int AS bin, count(*) AS number"
        f" {_ONCE} AND verdict <> 'not_assessable' GROUP BY 1"
    ),
    "hours": (
        f"SELECT date_trunc('hour', to_timestamp({_MILLISECONDS} / 1000.0)"
        f" AT TIME ZONE '{ZONE}') AS hour, verdict, count(*) AS number"
        f" {_ONCE} GROUP BY 1, 2"
    ),
    "latency": (
        "SELECT percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY total_ms) AS quantiles"
        f" {_CHOSEN} AND NOT cached"
    ),
    "opinions": (
        "SELECT CASE verdict WHEN 'not_assessable' THEN verdict ELSE opinion END AS opinion,"
        " count(*) AS number FROM (SELECT DISTINCT ON (prediction_id) prediction_id, opinion"
        " FROM reviews WHERE owner = $1 ORDER BY prediction_id, id DESC) AS latest"
        " JOIN predictions ON predictions.id = prediction_id GROUP BY 1"
    ),
}
_BIN_RATIO: Final = 1.3


@dataclass(frozen=True, slots=True)
class PlainCounts:
    """Rows of each statement, and how long all of them took."""

    rows: Mapping[str, list[Mapping[str, Any]]]
    milliseconds: float


def count_plainly(url: str, owner: bytes) -> PlainCounts:
    """Count all that an owner has, by days and hours in Madrid."""

    async def count() -> PlainCounts:
        async with driver_of(url) as driver:
            started = time.perf_counter()
            rows = {name: await driver.fetch(text, owner) for name, text in _STATEMENTS.items()}
            return PlainCounts(rows, 1e3 * (time.perf_counter() - started))

    return asyncio.run(count())


def check_statistics(statistics: Mapping[str, Any], plain: PlainCounts) -> None:
    """Raise RuntimeError if `/stats/` differs from the plain counts."""
    wanted = _expected(plain.rows)
    for name, value in wanted.items():
        if statistics[name] != value:
            raise RuntimeError(f"/stats/ says {name}: {statistics[name]}, but it is {value}")
    (row,) = plain.rows["latency"]
    for name, exact in zip(("median_ms", "p95_ms"), row["quantiles"], strict=True):
        if not exact / _BIN_RATIO <= statistics["latency"][name] <= exact * _BIN_RATIO:
            raise RuntimeError(f"/stats/ says {name}: {statistics['latency']}, but it is {exact}")


def _expected(rows: Mapping[str, list[Mapping[str, Any]]]) -> dict[str, Any]:
    counts, bins = rows["counts"], {row["bin"]: row["number"] for row in rows["probability"]}
    opinions = {row["opinion"]: row["number"] for row in rows["opinions"]}
    agree, disagree = opinions.get("agree", 0), opinions.get("disagree", 0)
    revisions = _sum(counts, "model_name", "model_revision")
    return {
        "total": sum(row["number"] for row in counts),
        "patches": _sum(counts, "kind").get(("patch",), 0),
        "duplicates": _sum(rows["results"], "is_counted")[(False,)],
        "cached": _sum(rows["results"], "cached")[(True,)],
        "verdicts": _verdicts(_sum(counts, "verdict"), ()),
        "probability": [
            {"low": place / 20, "high": (place + 1) / 20, "count": bins.get(place, 0)}
            for place in range(20)
        ],
        **_times(rows["hours"]),
        "models": [
            {"name": name, "revision": revision, "count": revisions[name, revision]}
            for name, revision in sorted(revisions)
        ],
        "agreement": {
            "reviewed": sum(opinions.values()),
            "agree": agree,
            "disagree": disagree,
            "unsure": opinions.get("unsure", 0),
            "not_assessable": opinions.get("not_assessable", 0),
            "agreement": agree / (agree + disagree) if agree + disagree else None,
        },
    }


def _times(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    days: Counter[tuple[Any, ...]] = Counter()
    hours: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        days[row["hour"].date().isoformat(), row["verdict"]] += row["number"]
        hours[row["hour"].hour, row["verdict"]] += row["number"]
    return {
        "days": [
            {"day": day, **_verdicts(days, (day,))} for day in sorted({day for day, _ in days})
        ],
        "hours": [{"hour": hour, **_verdicts(hours, (hour,))} for hour in range(24)],
    }


def _sum(rows: list[Mapping[str, Any]], *names: str) -> Counter[tuple[Any, ...]]:
    summed: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        summed[tuple(row[name] for name in names)] += row["number"]
    return summed


def _verdicts(counts: Mapping[tuple[Any, ...], int], key: tuple[Any, ...]) -> dict[str, int]:
    return {name: counts.get((*key, name), 0) for name in VERDICT_COUNTS}
