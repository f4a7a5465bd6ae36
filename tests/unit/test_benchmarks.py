"""The parts of the benchmarks that can be wrong without a server to measure."""

from __future__ import annotations

import json
import sys
from email import message_from_bytes
from pathlib import Path

import pytest

from benchmarks import results
from benchmarks.cases import CASES, Figures, check_agreement
from benchmarks.ceiling import Ceiling
from benchmarks.processes import running
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
from benchmarks.table import render_serving
from benchmarks.workload import CONTENT_TYPE, encode_form
from tests.synthetic import encode_png, make_patches
from training.documents import block_of

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
    # The second round was slow for all: its ratios count, not its figures.
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


def test_page_shows_the_results_file() -> None:
    figures = json.loads(results.RESULTS.read_text()).get("serving")
    shown = block_of((ROOT / "docs" / "performance.md").read_text(encoding="utf-8"), "serving")
    assert shown == (render_serving(figures).strip() if figures else "")


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
