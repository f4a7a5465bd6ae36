"""A history of version 0.1 in the current service: nothing is lost or miscounted."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from hf_space.access.visitor import new_token
from hf_space.history.database import conversion, statements
from hf_space.history.database.connection import Database
from hf_space.history.database.conversion import convert_all
from hf_space.history.database.tables import NO_MARGIN
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.writing.spool import FILE_NAME, Spool
from hf_space.schemas.history import HistoryQuery, StatisticsQuery
from tests.record_factory import NOON
from tests.recount import assert_counts, counts_and_records
from tests.stores import Store, Visitor, client_of
from tests.version_1 import CASES, case_rows, insert_old, make_old_tables, old_row
from tests.waiting import wait_until

OWNER = b"o" * 32


def within_retention() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def drawn_rows(number: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(5)
    return [
        old_row(
            bytes([int(rng.integers(2))]) * 32,
            NOON + timedelta(seconds=float(rng.uniform(0, 7200))),
            kind=str(rng.choice(["patch", "region"])),
            probability=float(rng.uniform()),
            image={"width": int(rng.integers(20, 100)), "height": int(rng.integers(20, 100))}
            | {"scale_source": str(rng.choice(["assumed", "request"]))},
            is_colour_odd=bool(rng.uniform() < 0.2),
            cached=bool(rng.uniform() < 0.3),
            total_ms=float(rng.lognormal(8, 3)),
        )
        for _ in range(number)
    ]


async def fill(database: Database, rows: list[dict[str, Any]], *, anew: bool = True) -> None:
    async with database.writing() as connection:
        if anew:
            await connection.run_sync(make_old_tables)
        await connection.run_sync(insert_old, rows)


def run(store: Store, scenario: Callable[[Database, HistoryRepository], Awaitable[None]]) -> None:
    async def whole() -> None:
        database, spool = store.database(), Spool(store.folder, max_records=100)
        try:
            await scenario(database, HistoryRepository(database, spool))
        finally:
            await spool.close()
            await database.close()

    asyncio.run(whole())


async def assert_cases(history: HistoryRepository) -> None:
    items = (await history.page(OWNER, HistoryQuery(sort="oldest"))).items
    found = [(item.verdict, item.reasons, item.warnings, item.malignant_area_mm2) for item in items]
    assert found == [tuple(wanted) for _, *wanted in CASES]
    for item in items:
        result = (await history.record(OWNER, item.id)).record.result
        assert (result.schema_version, result.uncertain_band) == (2, None)
        assert (result.verdict, result.reasons) == (item.verdict, item.reasons)
        severities = {warning.code: warning.severity for warning in result.warnings}
        assert [code for code, level in severities.items() if level == "withholds"] == item.reasons
        # Its tiles were not averaged.
        assert result.region is None or result.region.tiles_raw == result.region.tiles
        assert item.malignant_area_mm2 == (result.region and result.region.malignant_area_mm2)


def test_old_records_are_judged_anew_before_and_after_they_are_converted(store: Store) -> None:
    async def scenario(database: Database, history: HistoryRepository) -> None:
        await fill(database, case_rows(OWNER))
        await database.open()
        await assert_cases(history)
        await assert_counts(database, number=len(CASES))
        assert await convert_all(database) == len(CASES)
        await assert_cases(history)
        await assert_counts(database, number=len(CASES))
        verdicts = (await history.statistics(OWNER, StatisticsQuery())).verdicts
        assert verdicts.model_dump() == dict(Counter(verdict for _, verdict, *_ in CASES))
        _, records = await counts_and_records(database)
        assert {record.schema_version for record in records} == {2}
        for record in records:
            result = json.loads(record.result)
            assert record.verdict == result["verdict"]
            assert (record.margin == NO_MARGIN) == bool(result["reasons"])

    run(store, scenario)


def test_a_long_history_is_converted_in_steps_and_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "_STEP", 50)
    rows = drawn_rows(180)

    async def scenario(database: Database, history: HistoryRepository) -> None:
        await fill(database, rows)
        await database.open()
        await assert_counts(database, number=180)
        assert await convert_all(database) == 180
        _, before = await counts_and_records(database)
        assert await convert_all(database) == 0
        assert (await counts_and_records(database))[1] == before
        await assert_counts(database, number=180)
        for owner in (b"\0" * 32, b"\1" * 32):
            latency = (await history.statistics(owner, StatisticsQuery())).latency
            mine = [row for row in rows if row["owner"] == owner and not row["cached"]]
            exact = np.quantile([row["total_ms"] for row in mine], 0.95, method="inverted_cdf")
            assert latency.computed == len(mine)
            # More than 0.1 could record.
            assert exact > 40_000
            assert latency.p95_ms == pytest.approx(exact, rel=0.3)

    run(store, scenario)


def test_a_process_of_0_1_may_run_on(store: Store) -> None:
    async def scenario(database: Database, _: HistoryRepository) -> None:
        rows = drawn_rows(60)
        await fill(database, rows[:20])
        await database.open()
        await fill(database, rows[20:40], anew=False)
        assert await convert_all(database) == 40
        await fill(database, rows[40:], anew=False)
        await assert_counts(database, number=60)
        assert await convert_all(database) == 20
        await assert_counts(database, number=60)

    run(store, scenario)


def test_what_is_interrupted_is_undone_and_goes_on_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "_STEP", 25)
    recount, steps = statements.recount, []

    async def fail_once(*args: Any) -> None:
        steps.append(args)
        if len(steps) == 2:
            raise RuntimeError("power cut")
        await recount(*args)

    async def scenario(database: Database, history: HistoryRepository) -> None:
        await fill(database, drawn_rows(60))
        await database.open()
        with pytest.raises(RuntimeError, match="power cut"):
            await convert_all(database)
        _, records = await counts_and_records(database)
        assert Counter(record.schema_version for record in records) == {2: 25, 1: 35}
        await assert_counts(database, number=60)
        # Both kinds are deleted with their counts.
        assert await history.delete_all(b"\0" * 32) > 0
        left = len((await counts_and_records(database))[1])
        await assert_counts(database, number=left)
        await convert_all(database)
        await assert_counts(database, number=left)
        await history.delete_all(b"\1" * 32)
        assert await counts_and_records(database) == ({}, [])

    monkeypatch.setattr(conversion, "recount", fail_once)
    run(store, scenario)


def test_several_processes_convert_each_record_once(store: Store) -> None:
    async def scenario(database: Database, _: HistoryRepository) -> None:
        await fill(database, drawn_rows(100))
        others = [store.database() for _ in range(3)]
        await asyncio.gather(*(other.open() for other in others))
        converted = await asyncio.gather(*map(convert_all, others))
        for other in others:
            await other.close()
        assert sum(converted) == 100
        await assert_counts(database, number=100)

    run(store, scenario)


def test_a_service_converts_what_it_finds(store: Store) -> None:
    token = new_token()
    owner = Visitor(None, token).owner  # type: ignore[arg-type]
    run(store, lambda database, _: fill(database, case_rows(owner, within_retention())))
    wanted = Counter(verdict for _, verdict, *_ in CASES)
    withheld = wanted["not_assessable"]
    with client_of(store.settings()) as client:
        visitor = Visitor(client, token)
        assert len(visitor.ids(limit=200)) == len(CASES)
        wait_until(lambda: visitor.read("/stats/")["verdicts"] == dict(wanted))
        assert len(visitor.ids(verdict="not_assessable")) == withheld
        least_certain = visitor.read("/history/", sort="uncertainty")["items"]
        assert {item["verdict"] for item in least_certain[-withheld:]} == {"not_assessable"}
        table = visitor.get("/history/export.csv").text.splitlines()
        assert sum(",not_assessable," in line for line in table) == withheld
        (found,) = visitor.ids(search="1b5cc4bef66eaae0", verdict="malignant")
        assert visitor.read(f"/history/{found}")["result"]["region"]["malignant_area_mm2"] == 0.192


def test_records_that_0_1_left_on_disk_arrive_converted(store: Store) -> None:
    token = new_token()
    owner = Visitor(None, token).owner  # type: ignore[arg-type]
    settings = store.settings()
    settings.data_dir.mkdir()

    async def leave() -> None:
        waiting = Database(f"sqlite:///{settings.data_dir / FILE_NAME}")
        await fill(waiting, case_rows(owner, within_retention()))
        await waiting.close()

    asyncio.run(leave())
    wanted = Counter(verdict for _, verdict, *_ in CASES)
    with client_of(settings) as client:
        visitor = Visitor(client, token)
        wait_until(lambda: len(visitor.ids(limit=200)) == len(CASES))
        assert visitor.read("/stats/")["verdicts"] == dict(wanted)
        assert len(visitor.ids(verdict="not_assessable")) == wanted["not_assessable"]

    async def check() -> None:
        database = store.database()
        _, records = await counts_and_records(database)
        assert {record.schema_version for record in records} == {2}
        await assert_counts(database, number=len(CASES))
        await database.close()

    asyncio.run(check())
