"""The figures of many slides as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from benchmarks.table import render_bars, render_table, time_text

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
        f"| {time_text(median(by_round(runs, name, 'overhead_seconds')), '.2f')} |"
        for name in _NAMES
    ]
    speed = render_table("| who | start | slides per minute | overhead a slide |", rows)
    held = [f"| {each['slides']:,} | {each['resident_mb']:.0f} MB |" for each in figures["memory"]]
    memory = render_table("| slides done | memory of two workers |", held)
    return "\n\n".join([machine, render_bars(_BARS, figures["bars"]), speed, memory])
