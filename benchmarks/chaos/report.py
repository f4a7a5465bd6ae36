"""The chaos as figures, bars and a table."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from benchmarks.chaos.calls import CALLS
from benchmarks.chaos.run import COLUMNS, EVENTS, Chaos, Plan, run_chaos
from benchmarks.results import environment
from benchmarks.summary import Bar, at_most
from benchmarks.table import render_bars, render_table
from tests.services import running_postgres, running_redis
from tests.stores import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services import Postgres, Redis

QUICK_CHAOS: Final = Plan(requests=1000, clients=32)
_BARS: Final = {
    "others": ("answers outside 2xx, stated 4xx and 503", "at most", ""),
    "lost": ("records and reviews lost", "at most", ""),
    "double": ("records and reviews double", "at most", ""),
    "foreign": ("records of another visitor, results of another image", "at most", ""),
    "returned": ("deleted records that came back", "at most", ""),
    "cut_off": ("exports cut off, of all", "at most", " %"),
}
# PostgreSQL stops three times; exports requested while it is down get 503 instead.
_MOST_CUT_OFF: Final = 20.0


def measure_chaos(plan: Plan) -> dict[str, Any]:
    """Run a plan against the service, with its own PostgreSQL and Redis.

    Raises:
        RuntimeError: One of the three did not start.
    """
    with _stores() as (store, postgres, redis):
        chaos = run_chaos(store, postgres, redis, plan)
    held = {name: asdict(bar) for name, bar in bars(chaos).items()}
    return environment() | {"plan": asdict(plan), "chaos": asdict(chaos), "bars": held}


@contextmanager
def _stores() -> Iterator[tuple[Store, Postgres, Redis]]:
    with (
        TemporaryDirectory(prefix="biopsia-chaos-") as folder,
        running_postgres() as postgres,
        running_redis() as redis,
    ):
        yield Store(Path(folder), postgres.url, redis.url), postgres, redis


def bars(chaos: Chaos) -> dict[str, Bar]:
    """Compare faults with a limit of none, and interrupted exports with all exports."""
    found = asdict(chaos.findings) | {"others": len(chaos.others)}
    wrong = {name: at_most(0, found[name]) for name in _BARS if name in found}
    return wrong | {"cut_off": at_most(_MOST_CUT_OFF, _cut_off(chaos))}


def _cut_off(chaos: Chaos) -> float:
    """Return the percentage of interrupted exports."""
    names = {call.name for call in CALLS if call.is_export}
    exports = [counts for name, counts in chaos.answers.items() if name in names]
    sent = sum(sum(counts.values()) for counts in exports)
    return 100 * sum(counts.get("cut off", 0) for counts in exports) / sent if sent else 0.0


def render_chaos(figures: dict[str, Any]) -> str:
    """Return the bars, what was saved, and the answers of each kind of request, as Markdown."""
    plan, chaos = figures["plan"], figures["chaos"]
    machine = (
        f"{figures['date']}, {figures['cores']} cores of {figures['processor']}: "
        f"{plan['requests']:,} requests of {plan['clients']} clients in {chaos['seconds']:.0f} s, "
        f"{len(EVENTS) // 2} times a database ended and started again."
    )
    saved = (
        f"{chaos['results']:,} results were to be saved, {chaos['delayed']:,} of them later, and "
        f"{chaos['not_saved']:,} were said not to be; {chaos['deleted']:,} records were deleted, "
        f"{chaos['reviews']:,} reviews saved, and {chaos['findings']['records']:,} records found."
    )
    rows = [
        f"| {name} | {sum(counts.values()):,} | "
        + " | ".join(f"{counts.get(column, 0):,}" for column in COLUMNS)
        + " |"
        for name, counts in chaos["answers"].items()
    ]
    header = f"| request | sent | {' | '.join(COLUMNS)} |"
    table = render_table(header, rows)
    return "\n\n".join([machine, render_bars(_BARS, figures["bars"]), saved, table])
