"""Of the results of one image, the first one counts, on every pair of stores."""

from __future__ import annotations

from typing import Any

import pytest

from hf_space.history.writing.recovery import Recovery
from hf_space.history.writing.writer import Writer
from hf_space.observability.metrics import Metrics
from tests.history_desk import OTHER, OWNER, QUARTER, Desk, image, made, run
from tests.record_factory import NOON
from tests.stores import Store, Visitor, patch
from tests.waiting import until


def test_an_image_counts_once_for_each_way_to_ask(visitor: Visitor) -> None:
    ways: list[dict[str, Any]] = [
        {"microns_per_pixel": 4},
        {"microns_per_pixel": 2},
        {},
        {"microns_per_pixel": 4, "threshold": 0.7},
        {"microns_per_pixel": 4, "mode": "region"},
    ]
    answers = [visitor.predict(patch(1), **way) for way in ways for _ in range(3)]
    visitor.predict(patch(2), microns_per_pixel=4)
    found = visitor.read("/stats/")
    assert (found["total"], found["duplicates"]) == (6, 10)
    assert (found["patches"], found["regions"]) == (5, 1)
    assert sum(found["verdicts"].values()) == 6
    assert sum(each["count"] for each in found["probability"]) == (
        6 - found["verdicts"]["not_assessable"]
    )
    for times in (found["days"], found["hours"]):
        assert sum(each[name] for each in times for name in found["verdicts"]) == 6
    assert [model["count"] for model in found["models"]] == [6]
    # Counted for every result, because they describe the service.
    assert found["cached"] == sum(answer["cached"] for answer in answers)
    assert found["latency"]["computed"] == 16 - found["cached"]


def test_other_models_kinds_scales_thresholds_and_owners_are_no_duplicates(store: Store) -> None:
    other_facts: list[dict[str, Any]] = [
        {"revision": "r2"},
        {"kind": "region"},
        {"image": image(1) | {"microns_per_pixel": 2.0}},
        {"image": image(1) | {"scale_source": "assumed"}},
    ]
    others = [made(1, **facts) for facts in other_facts]
    # The source of the scale, the verdict and the duration do not matter.
    same = [
        made(1, image=image(1) | {"scale_source": "metadata"}),
        made(1, probability=0.2, cached=True, total_ms=99.0),
    ]

    async def scenario(desk: Desk) -> None:
        await desk.insert(made(1), *others, *same, made(1, owner=OTHER))
        assert await desk.totals() == (5, 2)
        assert await desk.totals(OTHER) == (1, 0)

    run(store, scenario)


def test_the_first_counts_in_its_own_day_and_hour(store: Store) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.insert(made(1, 4))
        # Older, but inserted later, like a record that waited on disk.
        await desk.insert(made(1, 0))
        await desk.insert(made(1, 8), made(1, 97))
        found = await desk.statistics()
        assert [(day.day.day, day.malignant) for day in found.days] == [(NOON.day, 1)]
        assert [each.hour for each in found.hours if each.malignant] == [13]
        later = NOON + 8 * QUARTER
        assert await desk.totals(since=later) == (0, 2)
        found = await desk.statistics(since=later)
        assert (found.days, found.models) == ([], [])
        assert found.latency.computed == 2

    run(store, scenario)


def test_of_one_group_the_oldest_counts(store: Store) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.insert(*(made(1, place) for place in (6, 2, 1, 9)))
        found = await desk.statistics(until=NOON + 2 * QUARTER)
        assert (found.total, found.duplicates) == (1, 0)

    run(store, scenario)


def test_a_duplicate_counts_where_the_first_is_deleted(store: Store) -> None:
    group = [made(1, 0), made(1, 5), made(1, 97), made(2, 97)]

    async def scenario(desk: Desk) -> None:
        await desk.insert(*group)
        # Deleting a duplicate changes no counts.
        await desk.history.delete(OWNER, group[1].id)
        assert await desk.totals() == (2, 1)
        await desk.history.delete(OWNER, group[0].id)
        found = await desk.statistics()
        assert (found.total, found.duplicates) == (2, 0)
        assert [(day.day.day, day.malignant) for day in found.days] == [(NOON.day + 1, 2)]
        await desk.history.delete(OWNER, group[2].id)
        assert await desk.totals() == (1, 0)
        # No trace of it is left.
        await desk.insert(made(1, 3), made(1, 4))
        assert await desk.totals() == (2, 1)
        assert await desk.history.delete_all(OWNER) == 3
        assert await desk.totals() == (0, 0)

    run(store, scenario)


def test_deletions_in_steps_keep_the_counts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hf_space.history.deletion._STEP", 3)
    group = [made(place % 4, place) for place in range(22)]

    async def scenario(desk: Desk) -> None:
        await desk.insert(*group, made(1, owner=OTHER))
        assert await desk.history.delete_all(OWNER) == 22
        assert await desk.totals() == (0, 0)
        assert await desk.totals(OTHER) == (1, 0)

    run(store, scenario)


def test_retention_lets_a_later_one_count(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hf_space.history.deletion._STEP", 5)
    owners = (OWNER, OTHER)
    group = [made(place % 3, place, owner) for place in range(20) for owner in owners]

    async def scenario(desk: Desk) -> None:
        await desk.insert(*group)
        assert await desk.totals() == (3, 17)
        assert await desk.history.purge(NOON + 16 * QUARTER) == 32
        for owner in owners:
            found = await desk.statistics(owner)
            assert (found.total, found.duplicates) == (3, 1)
        assert await desk.history.purge(NOON + 40 * QUARTER) == 8
        assert await desk.totals() == (0, 0)

    run(store, scenario)


def test_what_waits_on_disk_counts_once_as_it_arrives(store: Store) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.insert(made(1, 0))
        waiting = [made(place % 2 + 1, place) for place in range(1, 7)]
        assert await desk.spool.add(waiting) == 6
        # One was written just before its connection broke.
        await desk.insert(waiting[0])
        writer = Writer(desk.database, desk.spool, Metrics())
        recovery = Recovery(desk.database, desk.spool, writer)
        await recovery.start()

        async def is_empty() -> bool:
            return not await desk.spool.length()

        await until(is_empty)
        await recovery.close()
        await writer.close()
        assert await desk.totals() == (2, 5)

    run(store, scenario)


def test_who_takes_over_a_history_takes_its_duplicates_and_its_folders(visitor: Visitor) -> None:
    first, *others = [visitor.predict(patch(1))["id"] for _ in range(3)]
    visitor.file(first, folder="Teaching")
    token = visitor.ask("POST", "/visitor/token").headers["X-Biopsia-Visitor"]
    second = Visitor(visitor.client, token)
    assert second.read("/history/folders")["folders"] == [{"name": "Teaching", "count": 1}]
    visitor.predict(patch(1))
    for who, counts in ((second, (1, 2)), (visitor, (1, 0))):
        found = who.read("/stats/")
        assert (found["total"], found["duplicates"]) == counts
    second.ask("DELETE", f"/history/{first}")
    found = second.read("/stats/")
    assert (found["total"], found["duplicates"]) == (1, len(others) - 1)
