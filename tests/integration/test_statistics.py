"""Statistics against a plain count of the same records, on every pair of stores."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from fastapi.testclient import TestClient

from hf_space.access.visitor import new_token
from hf_space.api.app import create_api
from hf_space.history.record import Record
from hf_space.schemas.ids import time_of
from tests.record_factory import make_record
from tests.stores import Store, Visitor

VERDICTS = ("malignant", "benign", "uncertain", "not_assessable")
# A class that disagrees with each verdict.
LABELS = {"malignant": "no_idc", "benign": "idc", "uncertain": "idc"}
NOTHING = dict.fromkeys(VERDICTS, 0)
QUARTER = timedelta(minutes=15)
# Summer time begins in Madrid on March 29, and ends on Lord Howe Island, by half an hour, on
# April 5; Kolkata is five and a half hours ahead.
FIRST = datetime(2026, 3, 27, tzinfo=UTC)
DAYS = 11
ZONES = ("UTC", "Europe/Madrid", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns")
RANGES: tuple[dict[str, datetime], ...] = (
    {},
    {"since": FIRST + timedelta(days=2, hours=1)},
    {"until": FIRST + timedelta(days=9, minutes=45)},
    {"since": FIRST + timedelta(days=2, minutes=30), "until": FIRST + timedelta(days=3)},
    {"since": FIRST + timedelta(days=30)},
)


def draw_records(owner: bytes, number: int, seed: int) -> list[Record]:
    """Draw records within some days, of several models, kinds and speeds, some images often."""
    rng = np.random.default_rng(seed)

    def one(place: int) -> Record:
        seconds = float(rng.uniform(0, DAYS * 86_400))
        # Some at the very beginning of a quarter of an hour, some a moment before it.
        if place % 7 == 0:
            seconds = seconds // 900 * 900 - (1e-6 if place % 14 == 0 else 0)
        probability = float(rng.uniform())
        if place % 10 == 0:
            probability = float(rng.integers(0, 21)) / 20
        return make_record(
            owner,
            FIRST + timedelta(seconds=max(0.0, seconds)),
            probability=probability,
            kind="region" if rng.uniform() < 0.3 else "patch",
            revision=str(rng.choice(["r1", "r2", "r10"])),
            cached=bool(rng.uniform() < 0.25),
            total_ms=float(rng.lognormal(5, 4)),
            reasons=["scale_unknown"] if rng.uniform() < 0.2 else [],
            image={"sha256": f"{rng.integers(20):064x}"} if rng.uniform() < 0.4 else None,
        )

    return [one(place) for place in range(number)]


def counts(records: Sequence[Record]) -> dict[str, int]:
    return NOTHING | dict(Counter(record.verdict for record in records))


def first_of_each(records: Sequence[Record]) -> set[UUID]:
    """Return the ids of the records that count: the oldest of each image, model and kind."""
    newest_first = sorted(records, key=attrgetter("id"), reverse=True)
    return set({record.fingerprint: record.id for record in newest_first}.values())


def expected(
    records: Sequence[Record],
    zone: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, Any]:
    """Count records one by one."""
    everything = [
        record
        for record in records
        if (since is None or time_of(record.id) >= since)
        and (until is None or time_of(record.id) < until)
    ]
    first = first_of_each(records)
    chosen = [record for record in everything if record.id in first]
    local = [time_of(record.id).astimezone(ZoneInfo(zone)) for record in chosen]
    by_day: dict[date, list[Record]] = {}
    by_hour: dict[int, list[Record]] = {hour: [] for hour in range(24)}
    for record, moment in zip(chosen, local, strict=True):
        by_day.setdefault(moment.date(), []).append(record)
        by_hour[moment.hour].append(record)
    judged = [record.probability for record in chosen if record.verdict != "not_assessable"]
    bins, _ = np.histogram(judged, np.arange(21) / 20)
    revisions = Counter(record.model_revision for record in chosen)
    return {
        "since": since,
        "until": until,
        "time_zone": zone,
        "total": len(chosen),
        "patches": sum(record.kind == "patch" for record in chosen),
        "regions": sum(record.kind == "region" for record in chosen),
        "duplicates": len(everything) - len(chosen),
        "cached": sum(record.cached for record in everything),
        "verdicts": counts(chosen),
        "probability": [
            {"low": place / 20, "high": (place + 1) / 20, "count": int(number)}
            for place, number in enumerate(bins)
        ],
        "days": [{"day": day.isoformat(), **counts(of)} for day, of in sorted(by_day.items())],
        "hours": [{"hour": hour, **counts(of)} for hour, of in by_hour.items()],
        "models": [
            {"name": "tiny", "revision": revision, "count": revisions[revision]}
            for revision in sorted(revisions)
        ],
    }


def bin_of(milliseconds: float) -> int:
    return max(0, math.floor(math.log(milliseconds, 1.3)))


def assert_latency(latency: dict[str, float | None], records: Sequence[Record]) -> None:
    """Compare with the exact quantiles, which lie within the same bin."""
    times = sorted(record.total_ms for record in records if not record.cached)
    assert latency["computed"] == len(times)
    assert latency["limit_ms"] is not None
    assert latency["limit_ms"] > 3_600_000
    for name, share in (("median_ms", 0.5), ("p95_ms", 0.95)):
        value = latency[name]
        if not times:
            assert value is None
            continue
        exact = times[math.ceil(share * len(times)) - 1]
        if exact >= latency["limit_ms"]:
            assert value is None
            continue
        assert value is not None
        # The end of a bin is the beginning of the next.
        assert bin_of(value * 0.9999) == bin_of(exact)


def assert_counted(visitor: Visitor, records: Sequence[Record], zone: str, **moments: Any) -> None:
    parameters = {name: moment.isoformat() for name, moment in moments.items()}
    found = visitor.read("/stats/", time_zone=zone, **parameters)
    wanted = expected(records, zone, **moments)
    for name in ("since", "until"):
        found[name] = found[name] and datetime.fromisoformat(found[name])
    latency = found.pop("latency")
    found.pop("agreement")
    assert found == wanted
    inside = [
        record
        for record in records
        if moments.get("since", FIRST - QUARTER) <= time_of(record.id)
        and time_of(record.id) < moments.get("until", datetime.max.replace(tzinfo=UTC))
    ]
    assert_latency(latency, inside)


@cache
def drawn(token: str, number: int, seed: int) -> tuple[Record, ...]:
    return tuple(draw_records(Visitor(None, token).owner, number, seed))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tokens() -> tuple[str, str]:
    """Two visitors, the same on every pair of stores."""
    return new_token(), new_token()


class Scene:
    """A service with the records of two visitors."""

    def __init__(self, store: Store, client: TestClient, tokens: tuple[str, str]) -> None:
        self.store = store
        self.mine, self.other = (Visitor(client, token) for token in tokens)
        self.my_records = list(drawn(tokens[0], 500, 1))
        self.other_records = list(drawn(tokens[1], 100, 2))


@pytest.fixture
def scene(store: Store, tokens: tuple[str, str]) -> Iterator[Scene]:
    """The visitors' records in a database of the test's own."""
    with TestClient(create_api(store.settings())) as client:
        scene = Scene(store, client, tokens)
        store.insert(*scene.my_records, *scene.other_records)
        yield scene


@pytest.mark.parametrize("zone", ["x", "Europe", "../UTC", "\0", "Mars/Olympus"])
def test_a_time_zone_that_is_none_is_told(visitor: Visitor, zone: str) -> None:
    assert visitor.get("/stats/", time_zone=zone).status_code == 422


@pytest.mark.parametrize(
    "moments",
    [
        {"since": "0001-01-01T00:00:00+14:00"},
        {"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59-14:00"},
        {"since": "1969-12-31T23:50:00Z"},
    ],
    ids=str,
)
def test_the_end_of_the_calendar_does_no_harm(visitor: Visitor, moments: dict[str, str]) -> None:
    for zone in ("UTC", "Pacific/Kiritimati"):
        assert visitor.read("/stats/", time_zone=zone, **moments)["total"] == 0


def test_nobody_has_nothing(visitor: Visitor) -> None:
    assert_counted(visitor, [], "UTC")
    agreement = visitor.read("/stats/")["agreement"]
    counts = dict.fromkeys(("reviewed", "agree", "disagree", "unsure", "not_assessable"), 0)
    assert agreement == {**counts, "agreement": None}


def test_every_count_is_right_in_every_zone_and_range(scene: Scene) -> None:
    for zone in ZONES:
        for moments in RANGES:
            assert_counted(scene.mine, scene.my_records, zone, **moments)
    assert_counted(scene.other, scene.other_records, "Europe/Madrid")


def test_moments_within_a_quarter_of_an_hour_count_from_its_beginning(scene: Scene) -> None:
    since, until = FIRST + timedelta(days=1), FIRST + timedelta(days=4, hours=3)
    given = {
        "since": (since + timedelta(minutes=14, seconds=59)).isoformat(),
        "until": (until + timedelta(minutes=7)).isoformat(),
    }
    found = scene.mine.read("/stats/", **given)
    assert found["total"] == expected(scene.my_records, "UTC", since, until)["total"]
    assert datetime.fromisoformat(found["since"]) == since
    assert datetime.fromisoformat(found["until"]) == until


def test_counts_stay_right_when_records_are_deleted(scene: Scene) -> None:
    rng = np.random.default_rng(3)
    gone = {int(place) for place in rng.choice(500, 40, replace=False)}
    for place in gone:
        response = scene.mine.ask("DELETE", f"/history/{scene.my_records[place].id}")
        assert response.status_code == 204
    left = [record for place, record in enumerate(scene.my_records) if place not in gone]
    assert_counted(scene.mine, left, "Asia/Kolkata")
    assert scene.mine.ask("DELETE", "/history/").json() == {"deleted": len(left)}
    assert_counted(scene.mine, [], "UTC")
    assert_counted(scene.other, scene.other_records, "Europe/Madrid")


def test_counts_stay_right_after_retention(scene: Scene) -> None:
    before = FIRST + timedelta(days=5, hours=7, minutes=20)
    repository = scene.mine.client.app.state.history.repository  # type: ignore[attr-defined]
    portal = scene.mine.client.portal  # type: ignore[attr-defined]
    quarter = before - timedelta(minutes=5)
    everything = [*scene.my_records, *scene.other_records]
    old = [record for record in everything if time_of(record.id) < quarter]
    assert portal.call(repository.purge, before) == len(old) > 100
    for visitor, records in (
        (scene.mine, scene.my_records),
        (scene.other, scene.other_records),
    ):
        kept = [record for record in records if time_of(record.id) >= quarter]
        assert_counted(visitor, kept, "Europe/Madrid")
        assert {item["id"] for item in visitor.read("/history/export.json")} == {
            str(record.id) for record in kept
        }


def test_a_record_that_comes_twice_counts_once(scene: Scene) -> None:
    scene.store.insert(*scene.my_records[:20])
    scene.store.insert(scene.my_records[20], scene.my_records[20])
    assert_counted(scene.mine, scene.my_records, "UTC")


def judged_records(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.verdict != "not_assessable"]


def test_agreement_counts_the_latest_opinion_within_the_range(scene: Scene) -> None:
    records = sorted(judged_records(scene.my_records), key=lambda record: record.id)
    for place, record in enumerate(records[:60]):
        content: dict[str, str] = {"opinion": ("agree", "unsure", "agree")[place % 3]}
        assert scene.mine.review(str(record.id), **content).status_code == 201
    for record in records[:10]:
        label = "no_idc" if record.verdict == "malignant" else "idc"
        scene.mine.review(str(record.id), opinion="disagree", label=label)
    scene.other.review(str(scene.other_records[0].id), opinion="agree")

    opinions = ["disagree"] * 10 + [("agree", "unsure", "agree")[n % 3] for n in range(10, 60)]
    counted = Counter(opinions)
    judged = counted["agree"] + counted["disagree"]
    assert scene.mine.read("/stats/")["agreement"] == {
        "reviewed": 60,
        "not_assessable": 0,
        **counted,
        "agreement": counted["agree"] / judged,
    }
    until = datetime.fromtimestamp(time_of(records[30].id).timestamp() // 900 * 900, UTC)
    inside = sum(time_of(record.id) < until for record in records[:60])
    found = scene.mine.read("/stats/", until=until.isoformat())["agreement"]
    assert found["reviewed"] == inside
    assert found["disagree"] == 10


def test_nobody_agrees_with_a_verdict_that_was_not_given(scene: Scene) -> None:
    judged = judged_records(scene.my_records)[0]
    withheld = [record for record in scene.my_records if record.verdict == "not_assessable"]
    scene.mine.review(str(judged.id), opinion="disagree", label=LABELS[judged.verdict])
    given = [
        scene.mine.review(str(withheld[0].id), opinion="agree"),
        scene.mine.review(str(withheld[1].id), opinion="disagree", label="idc"),
        scene.mine.review(str(withheld[2].id), opinion="disagree", label="no_idc"),
        scene.mine.review(str(withheld[3].id), opinion="unsure"),
    ]
    assert [review.json()["label"] for review in given] == [None, "idc", "no_idc", None]
    assert scene.mine.read("/stats/")["agreement"] == {
        "reviewed": 5,
        "agree": 0,
        "disagree": 1,
        "unsure": 0,
        "not_assessable": 4,
        "agreement": 0.0,
    }


def test_quantiles_beyond_the_last_bin_are_not_invented(store: Store) -> None:
    with TestClient(create_api(store.settings())) as client:
        visitor = Visitor(client)
        store.insert(
            make_record(visitor.owner, FIRST, total_ms=32_215.0),
            make_record(visitor.owner, FIRST, total_ms=9e6),
            *(make_record(visitor.owner, FIRST, total_ms=2.0, cached=True) for _ in range(20)),
        )
        latency = visitor.read("/stats/")["latency"]
    assert latency["computed"] == 2
    assert latency["median_ms"] == pytest.approx(32_215, rel=0.3)
    assert latency["p95_ms"] is None
