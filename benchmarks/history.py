"""The cost of the history: saving, the cache, and statistics over a million records."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.million import Million
from benchmarks.processes import HOST
from benchmarks.results import environment
from benchmarks.saving import CASES, Round, measure_saving
from benchmarks.summary import Bar, at_least, at_most
from tests.services import running_postgres, running_redis

STORES: Final = ("postgresql+redis", "sqlite+memory")

# PostgreSQL's default settings, which tests turn off.
_POSTGRES: Final = {"fsync": "on", "shared_buffers": "128MB"}
# A hundredth of a long history is reviewed with care; the table shows what more of it costs.
_REVIEWED: Final = 0.01
_SETTINGS: Final = {
    "BIOPSIA_HOST": HOST,
    "BIOPSIA_LOG_LEVEL": "warning",
    "BIOPSIA_OWNER_IMAGES_PER_MINUTE": "0",
    "BIOPSIA_ADDRESS_IMAGES_PER_MINUTE": "0",
    # A developer's own settings must not affect benchmarks.
    "BIOPSIA_DATABASE_URL": "",
    "BIOPSIA_REDIS_URL": "",
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HistoryPlan:
    """How long to measure: seconds of a case, rounds, records, and calls of each question."""

    seconds: int = 4
    rounds: int = 3
    records: int = 1_000_000
    calls: int = 50


QUICK_HISTORY: Final = HistoryPlan(seconds=2, rounds=1, records=10_000, calls=5)


def measure_history(plan: HistoryPlan) -> tuple[dict[str, Any], str]:
    """Measure statistics and pages, then saving and the cache on each pair of stores.

    Returns:
        The figures and bars, as they are written to the results; and the plans of the statements
        that `/stats/` sends.

    Raises:
        RuntimeError: A server did not start, a request failed, a record is missing, or
            statistics are wrong.
    """
    described = environment()
    million, plans = measure_million(plan)
    with TemporaryDirectory(prefix="biopsia-bench-") as name:
        rounds = {store: _saving(plan, store, Path(name) / store) for store in STORES}
    held = bars(rounds[STORES[0]], million)
    figures = {
        **described,
        "seconds": plan.seconds,
        "rounds": plan.rounds,
        "saving": {store: summary(found) for store, found in rounds.items()},
        **million,
        "bars": {name: asdict(bar) for name, bar in held.items()},
    }
    return figures, plans


def measure_million(plan: HistoryPlan) -> tuple[dict[str, Any], str]:
    """Measure statistics and pages only; see `Million.measure`."""
    with (
        TemporaryDirectory(prefix="biopsia-bench-") as name,
        running_postgres(**_POSTGRES) as postgres,
    ):
        folder = Path(name)
        own = {"BIOPSIA_DATABASE_URL": postgres.url, "BIOPSIA_DATA_DIR": str(folder / "data")}
        million = Million(_SETTINGS | own, postgres.url, folder / "log", plan.records, plan.calls)
        return million.measure()


def bars(rounds: Sequence[Round], million: Mapping[str, Any]) -> dict[str, Bar]:
    """Compare the medians of the rounds with PostgreSQL and Redis with their limits.

    Args:
        rounds: Each compares within itself.
        million: Figures of `Million.measure`; of its statistics those of one owner of all
            records count, with none or up to `_REVIEWED` of them reviewed.
    """
    slowest = max(
        row["all"]["median_ms"]
        for row in million["statistics"]
        if row["owners"] == 1 and row["reviewed"] <= _REVIEWED
    )
    return {
        "share_kept_when_saved": at_least(
            0.9, median(each.share_when_saved("computed") for each in rounds)
        ),
        "cached_times_computed": at_least(5, _times(rounds, saved=False)),
        "cached_times_computed_saved": at_least(5, _times(rounds, saved=True)),
        "statistics_ms": at_most(50, slowest),
    }


def summary(rounds: Sequence[Round]) -> dict[str, Any]:
    """Return the medians of the rounds, and the rates of each to show their spread."""
    by_round = [{_name(*case): round(each.rates[case], 1) for case in CASES} for each in rounds]
    return {
        "per_second": {name: median(row[name] for row in by_round) for name in by_round[0]},
        "share_kept": {
            kind: round(median(each.share_when_saved(kind) for each in rounds), 4)
            for kind in ("computed", "cached")
        },
        "cached_times_computed": {
            name: round(_times(rounds, saved=saved), 4)
            for name, saved in (("saved", True), ("not_saved", False))
        },
        "rounds": by_round,
    }


def _times(rounds: Sequence[Round], *, saved: bool) -> float:
    return median(each.cached_times_computed(saved=saved) for each in rounds)


def _name(kind: str, saved: bool) -> str:  # noqa: FBT001 -- the pair is a key
    return f"{kind}_{'saved' if saved else 'not_saved'}"


def _saving(plan: HistoryPlan, store: str, folder: Path) -> list[Round]:
    logger.info("%s", store)
    data = folder / "data"
    own = _SETTINGS | {"BIOPSIA_DATA_DIR": str(data)}
    counts = {"rounds": plan.rounds, "seconds": plan.seconds}
    if store == "sqlite+memory":
        return measure_saving(own, f"sqlite:///{data}/history.sqlite3", folder, **counts)
    with running_postgres(**_POSTGRES) as postgres, running_redis(appendonly="no") as redis:
        own |= {"BIOPSIA_DATABASE_URL": postgres.url, "BIOPSIA_REDIS_URL": redis.url}
        return measure_saving(own, postgres.url, folder, **counts)
