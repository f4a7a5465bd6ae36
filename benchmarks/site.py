"""How fast the site is: Lighthouse, bytes of script, and the time from a drop to its verdict."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.processes import ROOT
from benchmarks.results import environment
from benchmarks.summary import Bar, at_least, at_most
from benchmarks.table import render_bars, render_table

_BARS: Final = {
    "performance_mobile": ("lowest performance of the three pages, phone", "at least", ""),
    "performance_desktop": ("the same, desktop", "at least", ""),
    "accessibility": ("lowest accessibility", "at least", ""),
    "best_practices": ("lowest best practices", "at least", ""),
    "home_script_kb": ("compressed JavaScript of home's first load", "at most", " kB"),
    "drop_beyond_api_ms": ("from drop to visible verdict, beyond the API's time", "at most", " ms"),
}
_DEVICES: Final = {"mobile": "phone", "desktop": "desktop"}
_HEADER: Final = (
    "| page | device | performance | accessibility | best practices "
    "| first paint, ms | largest paint, ms | blocked, ms | layout shift | script, kB "
    "| machine |"
)
_WHOLE: Final = (
    *("performance", "accessibility", "best_practices"),
    *("first_contentful_paint_ms", "largest_contentful_paint_ms", "total_blocking_time_ms"),
)


def measure_site() -> dict[str, Any]:
    """Run the site's own benchmark on its production build.

    Returns:
        Lighthouse's scores (0 to 100) by page and device, times in milliseconds, and the bars.

    Raises:
        subprocess.CalledProcessError: It failed; its output went to the terminal.
    """
    with TemporaryDirectory(prefix="biopsia-bench-") as name:
        results = Path(name) / "site.json"
        subprocess.run(
            ("npm", "run", "bench"),  # noqa: S607 -- where npm lies differs between machines
            cwd=ROOT / "frontend",
            env=os.environ | {"RESULTS": str(results)},
            check=True,
        )
        found: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    held = {name: asdict(bar) for name, bar in bars(found).items()}
    return environment() | found | {"bars": held}


def bars(found: dict[str, Any]) -> dict[str, Bar]:
    """Compare the figures of the site's benchmark with their limits."""
    pages: dict[str, dict[str, dict[str, float]]] = found["lighthouse"]

    def lowest(score: str, *devices: str) -> float:
        return min(page[device][score] for page in pages.values() for device in devices)

    drop = found["drop"]
    return {
        "performance_mobile": at_least(95, lowest("performance", "mobile")),
        "performance_desktop": at_least(98, lowest("performance", "desktop")),
        "accessibility": at_least(100, lowest("accessibility", *_DEVICES)),
        "best_practices": at_least(100, lowest("best_practices", *_DEVICES)),
        "home_script_kb": at_most(180, found["script"]["first_load"] / 1000),
        "drop_beyond_api_ms": at_most(150, drop["median_to_verdict_ms"] - drop["median_api_ms"]),
    }


def render_site(figures: dict[str, Any]) -> str:
    """Return the bars, and a table of the pages, as Markdown."""
    machine = f"{figures['date']}, {figures['cores']} cores of {figures['processor']}."
    drop = figures["drop"]
    times = (
        f"From drop to verdict {drop['median_to_verdict_ms']:.0f} ms "
        f"(p95 {drop['p95_to_verdict_ms']:.0f}); the API alone {drop['median_api_ms']:.0f} ms "
        f"(p95 {drop['p95_api_ms']:.0f})."
    )
    script = {name: size / 1000 for name, size in figures["script"].items()}
    sizes = (
        f"Home asks for {script['first_load']:.1f} kB of script before it has loaded, has "
        f"{script['untouched']:.1f} kB while nobody touches it, and {script['with_viewer']:.1f} kB "
        "with the viewer."
    )
    rows = [
        _row(page, device, scores)
        for page, devices in figures["lighthouse"].items()
        for device, scores in devices.items()
    ]
    parts = [
        machine,
        render_bars(_BARS, figures["bars"]),
        times,
        sizes,
        render_table(_HEADER, rows),
    ]
    return "\n\n".join(parts)


def _row(page: str, device: str, scores: dict[str, float]) -> str:
    cells = [
        *(f"{scores[name]:,.0f}" for name in _WHOLE),
        f"{scores['cumulative_layout_shift']:.3f}",
        f"{scores['script_bytes'] / 1000:,.0f}",
        f"{scores['benchmark_index']:,.0f}",
    ]
    return f"| {page} | {_DEVICES[device]} | {' | '.join(cells)} |"
