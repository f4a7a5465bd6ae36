"""The site's figures are compared with their limits, page by page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from benchmarks.site import bars, render_site

SCORES = {
    "performance": 97,
    "accessibility": 100,
    "best_practices": 100,
    "first_contentful_paint_ms": 900,
    "largest_contentful_paint_ms": 1800,
    "total_blocking_time_ms": 40,
    "cumulative_layout_shift": 0.012,
    "script_bytes": 160_400,
    "benchmark_index": 2150,
}


@pytest.fixture
def found() -> dict[str, Any]:
    """What the site's benchmark found: a dashboard that is slow on a phone."""
    pages = {page: {"mobile": SCORES, "desktop": SCORES} for page in ("home", "result")}
    slow = {"mobile": SCORES | {"performance": 91, "accessibility": 98}, "desktop": SCORES}
    drop = {
        "median_to_verdict_ms": 84.0,
        "p95_to_verdict_ms": 120.0,
        "median_api_ms": 24.0,
        "p95_api_ms": 31.0,
    }
    script = {"first_load": 152_300, "untouched": 160_400, "with_viewer": 271_900}
    return {"lighthouse": pages | {"dashboard": slow}, "script": script, "drop": drop}


def test_the_lowest_page_counts(found: dict[str, Any]) -> None:
    held = bars(found)
    assert {name: (bar.measured, bar.met) for name, bar in held.items()} == {
        "performance_mobile": (91, False),
        "performance_desktop": (97, False),
        "accessibility": (98, False),
        "best_practices": (100, True),
        "home_script_kb": (152.3, True),
        "drop_beyond_api_ms": (60, True),
    }


def test_the_table_names_every_page_and_device(found: dict[str, Any]) -> None:
    machine = {"date": "2026-11-24", "cores": 2, "processor": "a processor"}
    held = {name: asdict(bar) for name, bar in bars(found).items()}
    table = render_site(machine | found | {"bars": held})
    assert "| dashboard | phone | 91 | 98 | 100 | 900 | 1,800 | 40 | 0.012 | 160 | 2,150 |" in table
    assert "| result | desktop | 97 |" in table
    assert "From drop to verdict 84 ms (p95 120); the API alone 24 ms (p95 31)." in table
    assert "152.3 kB of script before it has loaded, has 160.4 kB while nobody" in table
