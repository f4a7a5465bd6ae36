"""The figures of the history benchmark as Markdown."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.table import render_bars, render_table

_BARS: Final = {
    "share_kept_when_saved": (
        "16 clients, PostgreSQL and Redis: share of throughput kept when saved",
        "at least",
        "",
    ),
    "cached_times_computed": ("the same, cached: times computed, neither saved", "at least", ""),
    "cached_times_computed_saved": ("the same, cached: times computed, both saved", "at least", ""),
    "statistics_ms": ("statistics of one owner of all records, slowest median", "at most", " ms"),
}
_STORES: Final = {"postgresql+redis": "PostgreSQL, Redis", "sqlite+memory": "SQLite, memory"}


def render_history(figures: dict[str, Any]) -> str:
    """Return the bars, and tables of saving, statistics and pages."""
    parts = [_machine(figures), render_bars(_BARS, figures["bars"]), _saving(figures["saving"])]
    return "\n\n".join([*parts, _statistics(figures), _pages(figures)])


def _machine(figures: dict[str, Any]) -> str:
    return (
        f"{figures['date']}, {figures['cores']} cores of {figures['processor']}, "
        f"{figures['rounds']} rounds of {figures['seconds']} s for each case, "
        f"PostgreSQL {figures['postgresql']}."
    )


def _saving(stores: dict[str, Any]) -> str:
    rows = []
    for store, found in stores.items():
        for kind in ("computed", "cached"):
            rates = (found["per_second"][f"{kind}_{name}"] for name in ("saved", "not_saved"))
            cells = [*(f"{rate:,.1f}" for rate in rates), f"{found['share_kept'][kind]:.3f}"]
            rows.append(f"| {_STORES[store]} | {kind} | {' | '.join(cells)} |")
    header = "| stores | answers | saved, per second | not saved, per second | share kept |"
    return f"**Saving, 16 clients**\n\n{render_table(header, rows)}"


def _statistics(figures: dict[str, Any]) -> str:
    rows = [_statistics_row(row) for row in figures["statistics"]]
    header = (
        "| owners | reviewed | all days, ms | p95 | 7 days, ms | p95 "
        "| counted from the records, ms |"
    )
    title = f"**`GET /stats/`, {figures['records']:,} records**"
    return f"{title}\n\n{render_table(header, rows)}"


def _statistics_row(row: dict[str, Any]) -> str:
    times = [row[span][name] for span in ("all", "week") for name in ("median_ms", "p95_ms")]
    cells = [f"{time:,.1f}" for time in times]
    plain = f"{row['counted_plainly_ms']:,.0f}"
    return f"| {row['owners']:,} | {row['reviewed']:.0%} | {' | '.join(cells)} | {plain} |"


def _pages(figures: dict[str, Any]) -> str:
    rows = [
        f"| {name} | {took['median_ms']:,.1f} | {took['p95_ms']:,.1f} |"
        for name, took in figures["pages"].items()
    ]
    table = render_table("| page | median, ms | p95, ms |", rows)
    return f"**`GET /history/`, 50 of one owner's {figures['records']:,} records**\n\n{table}"
