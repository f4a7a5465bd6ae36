"""The Space's size and start are compared with their limits."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from benchmarks import results
from benchmarks.space import SpaceStart, bars, installed_mb, render_space
from training.release.documents import block_of

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
# The second was slow for both.
STARTS = [SpaceStart(4.0, 4.5, 2.0), SpaceStart(9.0, 9.5, 5.0), SpaceStart(5.0, 5.5, 2.5)]


def test_medians_are_compared() -> None:
    held = bars(STARTS, 812.34)
    assert asdict(held["answer_seconds"]) == {"limit": 7.0, "measured": 5.5, "met": True}
    assert asdict(held["installed_mb"]) == {"limit": 900, "measured": 812.34, "met": True}


def test_both_bars_can_be_missed() -> None:
    held = bars([SpaceStart(6.0, 6.1, 2.0)], 900.5)
    assert [name for name, bar in held.items() if not bar.met] == ["answer_seconds", "installed_mb"]


def test_files_of_the_environment_count_and_what_links_lead_to_does_not(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "one.so").write_bytes(bytes(1_500_000))
    (tmp_path / "python").symlink_to(tmp_path / "lib" / "one.so")
    assert installed_mb(tmp_path) == 1.5


def test_the_table_has_medians_and_extremes() -> None:
    held = {name: asdict(bar) for name, bar in bars(STARTS, 812.34).items()}
    machine = {"date": "2026-11-28", "cores": 2, "processor": "a processor", "python": "3.11.7"}
    starts = [asdict(start) for start in STARTS]
    table = render_space(machine | {"starts": starts, "bars": held})
    assert "2 cores of a processor, Python 3.11.7, 3 starts." in table
    assert "| installed environment | at most 900 MB | 812.3 MB | yes |" in table
    assert "| start to first prediction | 5.50 | 4.50 | 9.50 |" in table


def test_the_page_shows_the_results_file() -> None:
    figures = json.loads(results.RESULTS.read_text(encoding="utf-8")).get("space")
    shown = block_of(PAGE.read_text(encoding="utf-8"), "space")
    assert shown == (render_space(figures).strip() if figures else "")
