"""Run the benchmarks, write `benchmarks/results.json`, and the tables in `docs/performance.md`."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
from typing import Any, Final

from benchmarks.bulk_table import render_bulk, render_plan
from benchmarks.chaos.report import QUICK_CHAOS, measure_chaos, render_chaos
from benchmarks.chaos.run import Plan as ChaosPlan
from benchmarks.core_time import measure_core_time, render_core_time
from benchmarks.history import QUICK_HISTORY, HistoryPlan, measure_history
from benchmarks.history_table import render_history
from benchmarks.live import measure_live, render_live
from benchmarks.processes import ROOT
from benchmarks.results import merge_results, read_results
from benchmarks.serving import QUICK, Plan, measure_serving
from benchmarks.site import measure_site, render_site
from benchmarks.slides import measure_slides, render_slides
from benchmarks.space import measure_space, render_space
from benchmarks.table import render_serving
from training.release.documents import replace_block

DOCUMENT: Final = ROOT / "docs" / "performance.md"
SCALE: Final = ROOT / "docs" / "scale.md"
PLANS: Final = ROOT / "benchmarks" / "stats_plan.txt"
NAMES: Final = (
    *("input_pipeline", "serving", "core_time", "history", "live"),
    *("site", "slides", "bulk", "space", "chaos"),
)

logger = logging.getLogger(__name__)


def main() -> None:
    """Measure what was asked for; all of it, unless something was named."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    # httpx logs each request.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a short look at serving, history or chaos; nothing is written",
    )
    options = parser.parse_args()
    # A termination signal unwinds like Ctrl-C, so that no server outlives its benchmark.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for name in options.names or NAMES:
        if name == "serving":
            _serving(quick=options.quick)
        elif name == "core_time":
            _core_time()
        elif name == "history":
            _history(quick=options.quick)
        elif name == "live":
            _live()
        elif name == "site":
            _site()
        elif name == "slides":
            _slides()
        elif name == "bulk":
            _bulk()
        elif name == "space":
            _space()
        elif name == "chaos":
            _chaos(quick=options.quick)
        elif name == "input_pipeline":
            _input_pipeline()
        else:
            parser.error(f"no benchmark {name!r}: {', '.join(NAMES)}")


def _serving(*, quick: bool) -> None:
    figures = measure_serving(QUICK if quick else Plan())
    table = render_serving(figures)
    logger.info("%s", table)
    if not quick:
        _publish("serving", figures, table)


def _core_time() -> None:
    figures = measure_core_time()
    table = render_core_time(figures)
    logger.info("%s", table)
    _publish("core_time", figures, table)


def _history(*, quick: bool) -> None:
    figures, plans = measure_history(QUICK_HISTORY if quick else HistoryPlan())
    table = render_history(figures)
    logger.info("%s", table)
    if not quick:
        _publish("history", figures, table)
        PLANS.write_text(plans + "\n", encoding="utf-8")


def _live() -> None:
    figures = measure_live()
    table = render_live(figures)
    logger.info("%s", table)
    _publish("live", figures, table)


def _site() -> None:
    figures = measure_site()
    table = render_site(figures)
    logger.info("%s", table)
    _publish("site", figures, table)


def _slides() -> None:
    figures = measure_slides()
    table = render_slides(figures)
    logger.info("%s", table)
    _publish("slides", figures, table)


def _bulk() -> None:
    # Imported here because it needs Ray.
    from benchmarks.bulk import measure_bulk

    figures = measure_bulk()
    table = render_bulk(figures)
    logger.info("%s", table)
    merge_results("bulk", figures)
    text = replace_block(SCALE.read_text(encoding="utf-8"), "bulk", table)
    plan = render_plan(read_results()["slides"], figures)
    SCALE.write_text(replace_block(text, "plan", plan), encoding="utf-8")


def _space() -> None:
    figures = measure_space()
    table = render_space(figures)
    logger.info("%s", table)
    _publish("space", figures, table)


def _chaos(*, quick: bool) -> None:
    figures = measure_chaos(QUICK_CHAOS if quick else ChaosPlan())
    table = render_chaos(figures)
    logger.info("%s", table)
    for other in figures["chaos"]["others"]:
        logger.warning("%s", other)
    if not quick:
        _publish("chaos", figures, table)


def _publish(name: str, figures: dict[str, Any], table: str) -> None:
    merge_results(name, figures)
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(replace_block(text, name, table), encoding="utf-8")


def _input_pipeline() -> None:
    # TensorFlow takes seconds to import, and serving needs none of it.
    from benchmarks.input_pipeline import measure

    figures: dict[str, Any] = measure()
    merge_results("input_pipeline", figures)
    logger.info("%s", json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
