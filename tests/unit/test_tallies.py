from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hf_space.history.database.statements import changes, quarter_of, tally_of
from hf_space.history.database.tables import (
    COUNTS,
    LATENCY_BINS,
    LATENCY_COUNTS,
    QUARTER_SECONDS,
    TALLY_KEY,
)
from hf_space.history.reading.statistics import latency_quantile, zone_offsets
from tests.record_factory import NOON, make_record

GROWTH = 1.3
HOUR = 3600


def binned(milliseconds: np.ndarray) -> list[int]:
    """Count times in bins that each are 30 % wider than the one before."""
    edges = np.append(GROWTH ** np.arange(LATENCY_BINS), np.inf)
    edges[0] = 0
    return [int(count) for count in np.histogram(milliseconds, edges)[0]]


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("seed", range(5))
def test_a_quantile_lies_within_the_bin_of_the_true_one(share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = rng.lognormal(rng.uniform(0.5, 6), rng.uniform(0.2, 1.5), rng.integers(1, 2000))
    true = float(np.quantile(times, share, method="inverted_cdf"))
    found = latency_quantile(binned(times), share)
    assert found is not None
    assert max(found, true) / max(min(found, true), 1.0) <= GROWTH * (1 + 1e-9)


def test_within_a_bin_it_is_interpolated_by_ratios() -> None:
    counts = [0] * LATENCY_BINS
    counts[10] = 100
    assert latency_quantile(counts, 0.0) == pytest.approx(GROWTH**10)
    assert latency_quantile(counts, 0.5) == pytest.approx(GROWTH**10.5)
    assert latency_quantile(counts, 1.0) == pytest.approx(GROWTH**11)
    counts[20] = 100
    assert latency_quantile(counts, 0.5) == pytest.approx(GROWTH**11)
    assert latency_quantile(counts, 0.75) == pytest.approx(GROWTH**20.5)


def test_a_quantile_in_the_last_bin_which_has_no_end_is_not_told() -> None:
    counts = [0] * LATENCY_BINS
    counts[-1] = 7
    assert latency_quantile(counts, 0.95) is None
    counts[10] = 7
    assert latency_quantile(counts, 0.5) == pytest.approx(GROWTH**11)
    assert latency_quantile(counts, 0.51) is None
    # It begins after any time that a result may take.
    assert GROWTH ** (LATENCY_BINS - 1) > HOUR * 1000


@pytest.mark.parametrize("seconds", [0.032, 27.8, 32.0, 240.0, 3600.0])
def test_a_long_duration_is_told_within_its_bin(seconds: float) -> None:
    tally = tally_of(make_record(b"o" * 32, total_ms=1e3 * seconds))
    found = latency_quantile([tally[name] for name in LATENCY_COUNTS], 0.95)
    assert found == pytest.approx(1e3 * seconds, rel=0.3)


def counted(tally: dict[str, Any]) -> set[str]:
    assert set(map(tally.__getitem__, COUNTS)) == {0, 1}
    return {name for name in COUNTS if tally[name]}


def test_what_comes_from_the_cache_has_no_duration() -> None:
    computed = counted(tally_of(make_record(b"o" * 32, total_ms=10.0)))
    cached = counted(tally_of(make_record(b"o" * 32, total_ms=10.0, cached=True)))
    assert computed == {"malignant", "probability_15", "latency_08"}
    assert cached == {"malignant", "probability_15", "cached"}


def test_without_a_verdict_the_probability_is_not_counted() -> None:
    record = make_record(b"o" * 32, kind="region", reasons=["scale_unknown"])
    assert counted(tally_of(record)) == {"not_assessable", "regions", "latency_08"}


def test_a_duplicate_counts_as_one_and_with_its_duration() -> None:
    record = make_record(b"o" * 32, kind="region", total_ms=10.0)
    assert counted(tally_of(replace(record, is_counted=False))) == {"duplicates", "latency_08"}
    cached = make_record(b"o" * 32, cached=True)
    assert counted(tally_of(replace(cached, is_counted=False))) == {"duplicates", "cached"}


def test_a_record_of_version_1_is_counted_as_version_1_did() -> None:
    old = replace(
        make_record(b"o" * 32, cached=True, total_ms=1e6, reasons=["not_h_and_e"]),
        verdict="malignant",
        schema_version=1,
    )
    assert counted(tally_of(old)) == {"malignant", "probability_15", "cached", "latency_39"}


def test_without_predictions_there_is_no_quantile() -> None:
    assert latency_quantile([0] * LATENCY_BINS, 0.5) is None


def quarters(start: datetime, end: datetime) -> tuple[int, int]:
    return quarter_of(start), quarter_of(end)


def moments(offsets: list[tuple[int, int]]) -> list[tuple[datetime, float]]:
    return [
        (datetime.fromtimestamp(quarter * QUARTER_SECONDS, UTC), offset / HOUR)
        for quarter, offset in offsets
    ]


YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, tzinfo=UTC))


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", [(YEAR[0], 0)]),
        ("Asia/Kolkata", [(YEAR[0], 5.5)]),
        (
            "Europe/Madrid",
            [
                (YEAR[0], 1),
                (datetime(2026, 3, 29, 1, tzinfo=UTC), 2),
                (datetime(2026, 10, 25, 1, tzinfo=UTC), 1),
            ],
        ),
        (
            # By half an hour, and on the other side of the year.
            "Australia/Lord_Howe",
            [
                (YEAR[0], 11),
                (datetime(2026, 4, 4, 15, tzinfo=UTC), 10.5),
                (datetime(2026, 10, 3, 15, 30, tzinfo=UTC), 11),
            ],
        ),
    ],
)
def test_offsets_change_when_the_clocks_do(
    zone: str, expected: list[tuple[datetime, float]]
) -> None:
    assert moments(zone_offsets(ZoneInfo(zone), *quarters(*YEAR))) == expected


def test_a_change_just_within_the_range_counts_and_one_after_it_does_no_harm() -> None:
    madrid, change = ZoneInfo("Europe/Madrid"), datetime(2026, 3, 29, 1, tzinfo=UTC)
    quarter = timedelta(seconds=QUARTER_SECONDS)
    on_it = zone_offsets(madrid, *quarters(change - quarter, change))
    assert moments(on_it) == [(change - quarter, 1), (change, 2)]
    from_it = zone_offsets(madrid, *quarters(change, change + 5 * quarter))
    assert moments(from_it) == [(change, 2)]
    before = zone_offsets(madrid, *quarters(change - 5 * quarter, change - quarter))
    assert moments(before)[0] == (change - 5 * quarter, 1)
    assert all(moment >= change for moment, _ in moments(before)[1:])


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_every_quarter_of_an_hour_has_its_own_offset(zone: str) -> None:
    first, last = quarters(*YEAR)
    offsets = zone_offsets(ZoneInfo(zone), first, last)
    starts = np.array([start for start, _ in offsets])
    for quarter in range(first, last + 1, 7):
        _, offset = offsets[int(np.searchsorted(starts, quarter, "right")) - 1]
        local = datetime.fromtimestamp(quarter * QUARTER_SECONDS, ZoneInfo(zone))
        assert local.utcoffset() == timedelta(seconds=offset)


def test_a_quarter_begins_every_fifteen_minutes_since_1970() -> None:
    assert quarter_of(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert quarter_of(datetime(1970, 1, 1, 0, 14, 59, 999_999, tzinfo=UTC)) == 0
    assert quarter_of(datetime(1970, 1, 2, 0, 15, tzinfo=UTC)) == 97
    assert quarter_of(datetime(1970, 1, 1, 5, 30, tzinfo=ZoneInfo("Asia/Kolkata"))) == 0
    assert math.isclose(QUARTER_SECONDS * 4, HOUR)


def test_what_takes_records_out_is_the_sum_of_what_added_them() -> None:
    rng = np.random.default_rng(3)
    records = [
        make_record(
            bytes([int(rng.integers(2))]) * 32,
            NOON + timedelta(seconds=float(rng.uniform(0, 3 * QUARTER_SECONDS))),
            probability=float(rng.uniform()),
            kind=str(rng.choice(["patch", "region"])),
            revision=str(rng.choice(["r1", "r2"])),
            cached=bool(rng.integers(2)),
            reasons=["too_blurred"] if rng.uniform() < 0.2 else [],
            total_ms=float(rng.lognormal(3, 2)),
        )
        for _ in range(100)
    ]
    rows = changes([], records)
    keys = [tuple(row[name] for name in TALLY_KEY) for row in rows]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys) == 2 * 3 * 2
    for row, key in zip(rows, keys, strict=True):
        added = [
            tally for tally in map(tally_of, records) if tuple(tally[n] for n in TALLY_KEY) == key
        ]
        assert all(row[name] == -sum(tally[name] for tally in added) for name in COUNTS)
