"""The parts of the benchmarks that can be wrong without a server to measure."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from benchmarks import results
from benchmarks.budget import render_budget
from benchmarks.bulk_table import BulkRun, by_round, render_bulk
from benchmarks.cases import CASES, Figures, check_agreement
from benchmarks.ceiling import Ceiling
from benchmarks.history import STORES, summary
from benchmarks.history import bars as history_bars
from benchmarks.history_table import render_history
from benchmarks.long_history import EARLIER_REVISION, LongHistory, last_quarter, tally_rows
from benchmarks.plain_counts import PlainCounts, check_statistics
from benchmarks.plans import Explained
from benchmarks.processes import running
from benchmarks.saving import Case as SavingCase
from benchmarks.saving import Round, check_rows
from benchmarks.start import Start
from benchmarks.subjects import competitors, service
from benchmarks.summary import (
    Measured,
    bars,
    case_name,
    compared_rates,
    median_ceiling,
    medians,
)
from benchmarks.table import render_serving, time_text
from benchmarks.workload import CONTENT_TYPE, encode_form
from hf_space.history.database.tables import COUNTS, VERDICT_COUNTS
from hf_space.schemas.ids import time_of
from tests.record_factory import make_record
from tests.synthetic import encode_png, make_patches
from training.release.documents import block_of

ROOT = Path(__file__).parents[2]


def _rounds(*rates: float) -> list[Figures]:
    return [Figures(rate, 1000 / rate, 2000 / rate, 300.0) for rate in rates]


def _measured() -> Measured:
    rates = {
        "service": (200.0, 100.0, 220.0),
        "tutorial": (2.0, 2.0, 2.0),
        "litserve": (100.0, 50.0, 110.0),
        "bentoml": (80.0, 80.0, 80.0),
    }
    return {
        key: {(case, explain): _rounds(*values) for case in CASES for explain in (True, False)}
        for key, values in rates.items()
    }


_CEILINGS = [Ceiling(300, 400, 4), Ceiling(160, 200, 5), Ceiling(300, 440, 4)]
_START = Start(ready_seconds=4.0, import_gradio_seconds=3.0)


def test_bars_compare_within_rounds() -> None:
    held = bars(_measured(), _CEILINGS, _START, 650.0)
    # The second round was slow for all: ratios are compared, not figures.
    assert held["times_litserve_and_bentoml"].measured == 2.0
    assert held["share_of_benchmark_app"].measured == 0.5
    assert held["times_the_tutorial"].measured == 100.0
    assert held["one_client_latency_over_benchmark_app"].measured == 1.25
    assert held["explanation_cost"].measured == 0.0
    assert held["start_to_ready_seconds"].limit == 5.5
    assert not held["region_share_of_benchmark_app"].met
    assert all(bar.met for name, bar in held.items() if name != "region_share_of_benchmark_app")


def test_table_has_every_server_and_case() -> None:
    measured = _measured()
    held = bars(measured, _CEILINGS, _START, 650.0)
    table = render_serving(
        {
            **results.environment(),
            "precision": "f32",
            "rounds": 3,
            "variants": {"litserve": {"1 workers": 100.0}},
            "start": {"ready_seconds": 4.0, "import_gradio_seconds": 3.0},
            "benchmark_app": median_ceiling(_CEILINGS),
            "cases": medians(measured),
            "bars": {
                name: {"limit": b.limit, "measured": b.measured, "met": b.met}
                for name, b in held.items()
            },
        }
    )
    for subject in (service(), *competitors("f32")):
        assert table.count(f"| {subject.title} | yes |") == len(CASES)
    assert table.count("**no**") == 1
    assert case_name("batch", explain=False) == "batch_plain"
    assert compared_rates(measured, _CEILINGS)[1]["benchmark_app"] == 200


def test_forms_are_read_as_they_were_written() -> None:
    image = encode_png(make_patches(1)[0][0])
    body = encode_form([image, b"\r\n--\r\n"], part="files", fields={"explain": "true"})
    message = message_from_bytes(f"Content-Type: {CONTENT_TYPE}\r\n\r\n".encode() + body)
    parts = [part for part in message.walk() if not part.is_multipart()]
    names = [part.get_param("name", header="content-disposition") for part in parts]
    assert names == ["explain", "files", "files"]
    assert image in body


def test_results_of_other_benchmarks_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    results.merge_results("one", {"a": 1})
    results.merge_results("other", {"b": 2})
    results.merge_results("one", {"a": 3})
    assert results.read_results() == {"one": {"a": 3}, "other": {"b": 2}}


@pytest.mark.parametrize(
    ("name", "render"), [("serving", render_serving), ("history", render_history)]
)
def test_page_shows_the_results_file(name: str, render: Callable[[dict[str, Any]], str]) -> None:
    figures = json.loads(results.RESULTS.read_text()).get(name)
    shown = block_of((ROOT / "docs" / "performance.md").read_text(encoding="utf-8"), name)
    assert shown == (render(figures).strip() if figures else "")


def test_servers_that_disagree_are_not_compared() -> None:
    check_agreement(0.5, 0.503, "LitServe")
    with pytest.raises(RuntimeError, match="LitServe says 0.6000"):
        check_agreement(0.5, 0.6, "LitServe")


def test_server_is_watched_and_stopped(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1")
    with running(command, {}, health="/", log=tmp_path / "log") as server:
        server.reset_peak()
        assert server.peak_mb() >= server.resident_mb() * 0.99 > 1
    assert not Path(f"/proc/{server.pid}").exists()


def test_server_that_ends_is_reported(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit(3)")
    with (
        pytest.raises(RuntimeError, match="ended with 3"),
        running(command, {}, health="/", log=tmp_path / "log"),
    ):
        raise AssertionError("it never starts")


def _rates(*rates: float) -> Round:
    keys: list[SavingCase] = [
        ("computed", True),
        ("computed", False),
        ("cached", True),
        ("cached", False),
    ]
    return Round(dict(zip(keys, rates, strict=True)))


# The second round was slow for all, and for the cache most.
_HISTORY_ROUNDS = [
    _rates(190, 200, 950, 1200),
    _rates(45, 50, 150, 200),
    _rates(160, 200, 960, 1000),
]
_TIMING = {"median_ms": 12.0, "p95_ms": 15.0}


def _statistics_row(owners: int, reviewed: float, median_ms: float) -> dict[str, Any]:
    slow = {"median_ms": median_ms, "p95_ms": 2 * median_ms}
    span = {"all": slow, "week": _TIMING}
    return {"owners": owners, "reviewed": reviewed, **span, "counted_plainly_ms": 3210.4}


_MILLION: dict[str, Any] = {
    "postgresql": "15.1",
    "records": 1_000_000,
    "statistics": [
        _statistics_row(1, 0.0, 20),
        _statistics_row(1, 0.01, 49),
        _statistics_row(1, 0.1, 120),
        _statistics_row(1000, 0.0, 60),
    ],
    "pages": {"newest": _TIMING},
}


def test_history_bars_compare_within_rounds() -> None:
    held = history_bars(_HISTORY_ROUNDS, _MILLION)
    assert held["share_kept_when_saved"].measured == 0.9
    assert held["cached_times_computed"].measured == 5
    assert held["cached_times_computed_saved"].measured == 5
    # One owner of all records, few of them reviewed.
    assert held["statistics_ms"].measured == 49
    assert all(bar.met for bar in held.values())


def test_history_bar_is_missed() -> None:
    held = history_bars([_rates(89, 100, 444, 499)], _MILLION)
    assert [name for name, bar in held.items() if not bar.met] == [
        "share_kept_when_saved",
        "cached_times_computed",
        "cached_times_computed_saved",
    ]


def test_history_table_has_every_store_and_owner() -> None:
    held = history_bars(_HISTORY_ROUNDS, _MILLION)
    table = render_history(
        {
            **results.environment(),
            "seconds": 6,
            "rounds": 3,
            "saving": {store: summary(_HISTORY_ROUNDS) for store in STORES},
            **_MILLION,
            "bars": {
                name: {"limit": b.limit, "measured": b.measured, "met": b.met}
                for name, b in held.items()
            },
        }
    )
    assert "| SQLite, memory | computed | 160.0 | 200.0 | 0.900 |" in table
    assert "| PostgreSQL, Redis | cached | 950.0 | 1,000.0 | 0.792 |" in table
    assert "| 1 | 1% | 49.0 | 98.0 | 12.0 | 15.0 | 3,210 |" in table
    assert "| newest | 12.0 | 15.0 |" in table


def test_missing_records_void_a_run() -> None:
    check_rows(105, 100, left=16)
    with pytest.raises(RuntimeError, match="99 records of 100 answers"):
        check_rows(99, 100, left=16)
    with pytest.raises(RuntimeError, match="117 records of 100 answers"):
        check_rows(117, 100, left=16)


def test_long_history_is_counted_as_the_service_counts() -> None:
    owners, until = [b"a" * 32, b"b" * 32], last_quarter()
    history = LongHistory(make_record(owners[0]), owners, 3000, until)
    days = list(history.days())
    records = [record for day in days for record in day]
    moments = [time_of(record.id) for record in records]
    assert len(days) == 30
    assert len(set(records)) == len(records) == 3000
    assert moments == sorted(moments)
    assert until - timedelta(days=30) <= moments[0] < moments[-1] < until
    assert {record.model_revision for record in records} == {EARLIER_REVISION, "r1"}
    assert {json.loads(record.result)["id"] for record in records} == {
        str(record.id) for record in records
    }
    rows = tally_rows(records)
    assert len(rows) == sum(len(tally_rows(day)) for day in days)
    assert sum(row[name] for row in rows for name in VERDICT_COUNTS) == 3000
    # Beside the verdict: the probability, if there is one, and the latency or that it was cached.
    withheld = sum(record.verdict == "not_assessable" for record in records)
    assert 200 < withheld < 400
    assert sum(row[name] for row in rows for name in COUNTS) == 3 * 3000 - withheld


def test_wrong_statistics_void_a_run() -> None:
    plain = PlainCounts(
        {"counts": [], "results": [], "probability": [], "hours": [], "opinions": []}, 1.0
    )
    with pytest.raises(RuntimeError, match="says total: 1, but it is 0"):
        check_statistics({"total": 1}, plain)


def test_plan_names_its_index() -> None:
    statement = "SELECT sum(tallies.benign) \nFROM tallies \nWHERE tallies.owner = $1::BYTEA"
    used = "Index Scan using pk_tallies on tallies\nExecution Time: 1.250 ms"
    whole = "Seq Scan on tallies\nExecution Time: 3.500 ms"
    assert Explained(statement, used).render().startswith("## tallies: index pk_tallies, 1.250 ms")
    assert "no index: the whole table is read, 3.500 ms" in Explained(statement, whole).render()
    with pytest.raises(ValueError, match="no plan"):
        Explained(statement, "Seq Scan on tallies").render()


def test_many_slides_by_each_subject_are_shown_by_their_medians() -> None:
    runs = [
        BulkRun(name, start_seconds=3.0, per_minute=rate, overhead_seconds=0.5, tiles=1200)
        for rate in (20.0, 40.0, 90.0)
        for name in ("workers_1", "workers_2", "ray_1", "ray_2")
    ]
    figures = {
        **{"date": "2026-11-29", "cores": 2, "processor": "CPU", "load_average_at_start": 0.1},
        **{"python": "3.11", "runs": [asdict(run) for run in runs]},
        "memory": [{"slides": 100, "resident_mb": 900.0}],
        "bars": {
            "ray_over_workers": {"limit": 0.9, "measured": 0.95, "met": True},
            "ray_overhead_seconds": {"limit": 1.0, "measured": 0.5, "met": True},
        },
    }
    assert by_round(runs, "ray_2", "per_minute") == [20.0, 40.0, 90.0]
    table = render_bulk(figures)
    assert "| `--workers 2` | 3.0 s | 40 | 0.50 s |" in table
    assert "medians of 3 rounds" in table


def test_a_time_below_zero_is_not_measurable() -> None:
    figures = json.loads(results.RESULTS.read_text())
    shown = block_of((ROOT / "docs" / "scale.md").read_text(encoding="utf-8"), "bulk")
    assert shown == render_bulk(figures["bulk"]).strip()
    assert time_text(-0.19, ".2f") == "not measurable"
    assert time_text(0.0, ".2f") == "0.00 s"


def test_many_slides_are_planned_by_what_a_slide_and_a_tile_take() -> None:
    slides = {
        "cores": 2,
        # 4 seconds for a slide, and 2 milliseconds for each tile.
        "runs": [{"tiles": n, "seconds": 4 + n / 500, "peak_mb": 500.0} for n in (3_000, 12_000)],
    }
    # 1 MB for a slide, and 1.2 kB for each tile.
    store = [
        {"tiles": n, "file_bytes": 10**9, "read_bytes": 10**6 + 1200 * n, "result_bytes": 200 * n}
        for n in (300, 1200)
    ]
    measured: dict[str, Any] = {"slides": slides, "budget": {"store": store}}
    plan = render_budget(measured)
    assert "| milliseconds for a tile, by 2 cores | 2.00 | measured |" in plan
    assert "| seconds for a slide, beside its tiles | 4.0 | measured |" in plan
    assert "| seconds of Ray for a slide | 1.0 | the most that is asked |" in plan
    # 7,500 tiles take 15 s, and 5 s beside.
    assert "| seconds for a slide of 7,500 tiles, by one actor | 20.0 |" in plan
    assert "| actors on a node of 16 cores | 8 | of 2 cores each, as measured |" in plan
    assert "| memory of a node | 4.0 GB | 500 MB an actor |" in plan
    # 100,000 times 20 s by 8 actors at once, at $0.80 an hour.
    assert "| node hours for 100,000 slides | 69 | |" in plan
    assert "| hours on 10 nodes, on 50 | 6.9, 1.4 | |" in plan
    assert "| cost at $0.05 for a core and hour | $56 | |" in plan
    assert "| read from the store, in parts | 1.0 TB | of 150 TB, were all fetched |" in plan
    assert "| read by a node | 4 MB/s | |" in plan
    assert "| results | 0.15 TB | 1.5 MB a slide |" in plan
    measured["bulk"] = {"bars": {"ray_overhead_seconds": {"measured": 0.5}}}
    assert "| seconds of Ray for a slide | 0.5 | measured |" in render_budget(measured)


def test_the_plan_on_the_page_is_that_of_the_results_file() -> None:
    figures = json.loads(results.RESULTS.read_text())
    shown = block_of((ROOT / "docs" / "scale.md").read_text(encoding="utf-8"), "plan")
    assert shown == render_budget(figures).strip()
