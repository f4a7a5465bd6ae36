"""The figures of the serving benchmark as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from benchmarks.cases import CASES, Case
from benchmarks.subjects import competitors, service
from benchmarks.summary import case_name

_BARS: Final = {
    "times_the_tutorial": ("16 clients, overlay: times the best tutorial server", "at least", ""),
    "times_litserve_and_bentoml": (
        "16 clients, overlay: times the better of LitServe and BentoML",
        "at least",
        "",
    ),
    "share_of_benchmark_app": ("16 clients, overlay: share of `benchmark_app`", "at least", ""),
    "one_client_latency_over_benchmark_app": (
        "one client, overlay: p50 over `benchmark_app`'s latency",
        "at most",
        "",
    ),
    "region_share_of_benchmark_app": (
        "region, overlay: tiles per second, share of `benchmark_app`",
        "at least",
        "",
    ),
    "explanation_cost": ("16 clients: cost of the explanation", "at most", ""),
    "start_to_ready_seconds": (
        "start to ready; limit: 1.5 times `import gradio` plus 1 s",
        "at most",
        " s",
    ),
    "resident_mb_after_region": ("resident memory after the regions", "at most", " MB"),
}
_CASES: Final[dict[Case, str]] = {
    "one_client": "One client",
    "sixteen_clients": "16 clients",
    "batch": "64 images",
    "region": "A region of 2,000 x 1,500 px",
}


def render_serving(figures: dict[str, Any]) -> str:
    """Return the bars, and a table for each case."""
    parts = [_machine(figures), render_bars(_BARS, figures["bars"])]
    parts += [_case(figures, case) for case in CASES]
    return "\n\n".join([*parts, _variants(figures["variants"])])


def _machine(figures: dict[str, Any]) -> str:
    alone = figures["benchmark_app"]
    return (
        f"{figures['date']}, {figures['cores']} cores of {figures['processor']}, "
        f"{figures['precision']}, {figures['rounds']} rounds. `benchmark_app`: "
        f"{alone['batch_1_per_second']:.0f} images per second one by one, "
        f"{alone['batch_8_per_second']:.0f} by eights, {alone['latency_ms']:.1f} ms for a single "
        f"image. `import gradio`: {figures['start']['import_gradio_seconds']:.2f} s."
    )


def render_bars(
    titles: Mapping[str, tuple[str, str, str]], bars: Mapping[str, Mapping[str, Any]]
) -> str:
    """Return bars as a table.

    Args:
        titles: Title, direction and unit of each, by its name.
        bars: Their limits and what was measured.
    """
    rows = [
        f"| {title} | {direction} {bar['limit']:.4g}{unit} "
        f"| {_amount(bar['measured'], unit)} | {'yes' if bar['met'] else '**no**'} |"
        for name, bar in bars.items()
        for title, direction, unit in (titles[name],)
    ]
    return render_table("| bar | limit | measured | met |", rows)


def time_text(seconds: float, spec: str) -> str:
    """Return a time; one below zero is smaller than the noise of its measurement."""
    return "not measurable" if seconds < 0 else f"{seconds:{spec}} s"


def _amount(measured: float, unit: str) -> str:
    return time_text(measured, ".4g") if unit == " s" else f"{measured:.4g}{unit}"


def _case(figures: dict[str, Any], case: Case) -> str:
    subjects = [service(), *competitors(figures["precision"])]
    rows = [
        f"| {subject.title} | {'yes' if explain else 'no'} | {_row(measured)} |"
        for subject in subjects
        for explain in (True, False)
        if (measured := figures["cases"][subject.key].get(case_name(case, explain)))
    ]
    rate = "tiles" if case == "region" else "images"
    header = f"| server | overlay | {rate} per second | p50, ms | p99, ms | peak memory, MB |"
    return f"**{_CASES[case]}**\n\n{render_table(header, rows)}"


def _row(measured: dict[str, float]) -> str:
    cells = (measured[name] for name in ("images_per_second", "p50_ms", "p99_ms"))
    return " | ".join([*(f"{cell:,.1f}" for cell in cells), f"{measured['peak_mb']:,.0f}"])


def _variants(variants: dict[str, dict[str, float]]) -> str:
    titles = {subject.key: subject.title for subject in competitors("")}
    rows = [
        f"| {titles[key]} | {name} | {rate:,.1f} |"
        for key, rates in variants.items()
        for name, rate in rates.items()
    ]
    header = "| server | variant | images per second |"
    return f"**Variants tried, 16 clients with overlay**\n\n{render_table(header, rows)}"


def render_table(header: str, rows: list[str]) -> str:
    """Return rows under a header, which has a bar at each end."""
    rule = "|" + " --- |" * (header.count("|") - 1)
    return "\n".join([header, rule, *rows])
