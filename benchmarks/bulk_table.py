"""The figures of many slides as Markdown, and what they come to for 100,000 of them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from benchmarks.table import render_bars, render_table

PLANNED: Final = 100_000
# Of a section of 20 x 15 mm, all of it tissue.
TILES_EACH: Final = 7_500
FILE_GB: Final = 1.5
NODE_CORES: Final = 16
DOLLARS_PER_CORE_HOUR: Final = 0.05
_NAMES: Final = {
    "workers_1": "`--workers 1`",
    "workers_2": "`--workers 2`",
    "ray_1": "`--ray`, one node, one actor",
    "ray_2": "`--ray`, one node, two actors",
}
_BARS: Final = {
    "ray_over_workers": (
        "slides per minute: Ray with two actors over `--workers 2`",
        "at least",
        "",
    ),
    "ray_overhead_seconds": ("Ray's overhead for each slide, after start", "at most", " s"),
    "memory_growth": ("memory of two workers: after 1,000 slides over after 200", "at most", ""),
    "done_beside_a_bad_one": ("of 1,000 slides, one of them bad: done", "at least", ""),
}


@dataclass(frozen=True, slots=True)
class BulkRun:
    """One pass over the slides.

    Attributes:
        subject: Who scored them.
        start_seconds: Until the first worker had its first slide done, less that slide's own time.
        per_minute: Slides, from the first one done to the last one.
        overhead_seconds: Median time for each slide that its worker spent on no slide.
        tiles: Of all slides.
    """

    subject: str
    start_seconds: float
    per_minute: float
    overhead_seconds: float
    tiles: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of the workers after some slides, in MB."""

    slides: int
    resident_mb: float


def by_round(runs: list[BulkRun], subject: str, figure: str) -> list[float]:
    """Return a figure of a subject in each round."""
    return [float(getattr(run, figure)) for run in runs if run.subject == subject]


def render_bulk(figures: dict[str, Any]) -> str:
    """Return the bars, the speed of each subject, and the memory."""
    runs = [BulkRun(**run) for run in figures["runs"]]
    machine = (
        f"{figures['date']}, {figures['cores']} cores of {figures['processor']}, load "
        f"{figures['load_average_at_start']} before it began, Python {figures['python']}; "
        f"medians of {len(runs) // len(_NAMES)} rounds."
    )
    rows = [
        f"| {_NAMES[name]} | {median(by_round(runs, name, 'start_seconds')):.1f} s "
        f"| {median(by_round(runs, name, 'per_minute')):.0f} "
        f"| {median(by_round(runs, name, 'overhead_seconds')):.2f} s |"
        for name in _NAMES
    ]
    speed = render_table("| who | start | slides per minute | overhead a slide |", rows)
    held = [f"| {each['slides']:,} | {each['resident_mb']:.0f} MB |" for each in figures["memory"]]
    memory = render_table("| slides done | memory of two workers |", held)
    return "\n\n".join([machine, render_bars(_BARS, figures["bars"]), speed, memory])


def render_plan(slides: dict[str, Any], bulk: dict[str, Any]) -> str:
    """Return what 100,000 slides take.

    Args:
        slides: Figures of the benchmark of single slides.
        bulk: Figures of the benchmark of many.
    """
    run = slides["runs"][-1]
    per_core = run["tiles"] / run["seconds"] / slides["cores"]
    overhead = max(0.0, bulk["bars"]["ray_overhead_seconds"]["measured"])
    node_rate = per_core * NODE_CORES
    seconds = TILES_EACH / node_rate + overhead
    node_hours = PLANNED * seconds / 3600
    dollars = node_hours * NODE_CORES * DOLLARS_PER_CORE_HOUR
    result_mb, store = bulk["store"]["result_bytes"] / 1e6, bulk["store"]
    read_gb = store["read_bytes"] / 1e9 / store["tiles"] * TILES_EACH
    rows = [
        f"| tiles per second and core | {per_core:.0f} | measured |",
        f"| seconds for a slide of {TILES_EACH:,} tiles on {NODE_CORES} cores | {seconds:.1f} "
        "| with Ray's overhead |",
        f"| node hours for {PLANNED:,} slides | {node_hours:,.0f} | |",
        f"| hours on 10 nodes, on 50 | {node_hours / 10:,.0f}, {node_hours / 50:,.1f} | |",
        f"| cost at ${DOLLARS_PER_CORE_HOUR} for a core and hour | ${dollars:,.0f} | |",
        f"| read from the store, in parts | {PLANNED * read_gb / 1000:,.1f} TB "
        f"| of {PLANNED * FILE_GB / 1000:,.0f} TB, were all fetched |",
        f"| read by a node | {read_gb * 1000 / seconds:.0f} MB/s | |",
        f"| results | {PLANNED * result_mb / 1e6:,.1f} TB "
        f"| {result_mb:.1f} MB a slide, as one of {store['tiles']:,} tiles has |",
    ]
    return render_table("| figure | value | |", rows)
