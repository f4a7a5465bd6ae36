"""Medians of rounds of measurements, and the bars for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from statistics import median
from typing import Any

from benchmarks.cases import COMPARED, Case, Figures
from benchmarks.ceiling import Ceiling
from benchmarks.start import Start
from benchmarks.subjects import SERVICE

Measured = dict[str, dict[tuple[Case, bool], list[Figures]]]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar for the service: limit and measured figure."""

    limit: float
    measured: float
    met: bool


def at_least(limit: float, measured: float) -> Bar:
    """Compare a figure with a lower limit."""
    return Bar(limit, round(measured, 4), measured >= limit)


def at_most(limit: float, measured: float) -> Bar:
    """Compare a figure with an upper limit."""
    return Bar(round(limit, 4), round(measured, 4), measured <= limit)


def bars(
    measured: Measured, ceilings: list[Ceiling], start: Start, resident_mb: float
) -> dict[str, Bar]:
    """Compare within each round, and take the median of the rounds.

    Args:
        measured: The figures of all rounds, by server and case.
        ceilings: Figures of the network alone, by round.
        start: Start of the service and of its largest library.
        resident_mb: Memory of the service after its regions.
    """
    own = measured[SERVICE]
    rate = _rates(own[COMPARED])
    plain = _rates(own["sixteen_clients", False])
    tops = [ceiling.per_second for ceiling in ceilings]
    litserve, bentoml = (_rates(measured[key][COMPARED]) for key in ("litserve", "bentoml"))
    frameworks = [max(pair) for pair in zip(litserve, bentoml, strict=True)]
    latencies = [figures.p50_ms for figures in own["one_client", True]]
    return {
        "times_the_tutorial": at_least(100, _ratio(rate, _rates(measured["tutorial"][COMPARED]))),
        "times_litserve_and_bentoml": at_least(1.3, _ratio(rate, frameworks)),
        "share_of_benchmark_app": at_least(0.45, _ratio(rate, tops)),
        "one_client_latency_over_benchmark_app": at_most(
            3, _ratio(latencies, [ceiling.latency_ms for ceiling in ceilings])
        ),
        "region_share_of_benchmark_app": at_least(0.85, _ratio(_rates(own["region", True]), tops)),
        "explanation_cost": at_most(0.15, _ratio(plain, rate) - 1),
        "start_to_ready_seconds": at_most(
            1.5 * start.import_gradio_seconds + 1, start.ready_seconds
        ),
        "resident_mb_after_region": at_most(700, resident_mb),
    }


def medians(measured: Measured) -> dict[str, dict[str, dict[str, float]]]:
    """Return the median of each figure over the rounds, by server and case."""
    return {
        subject: {case_name(*case): _median(rounds) for case, rounds in cases.items()}
        for subject, cases in measured.items()
    }


def median_ceiling(ceilings: list[Ceiling]) -> dict[str, float]:
    """Return the median of each of the ceiling's figures."""
    rows = [asdict(ceiling) for ceiling in ceilings]
    return {name: round(median(row[name] for row in rows), 2) for name in rows[0]}


def case_name(case: Case, explain: bool) -> str:  # noqa: FBT001 -- the pair is a key
    """Return a case's name in the results."""
    return f"{case}_{'overlay' if explain else 'plain'}"


def compared_rates(measured: Measured, ceilings: list[Ceiling]) -> list[dict[str, Any]]:
    """Return the images per second of each round in the compared case, to show their spread."""
    rates = {key: _rates(cases[COMPARED]) for key, cases in measured.items()}
    rates["benchmark_app"] = [ceiling.per_second for ceiling in ceilings]
    return [
        {key: round(values[number], 2) for key, values in rates.items()}
        for number in range(len(ceilings))
    ]


def _rates(rounds: Iterable[Figures]) -> list[float]:
    return [figures.images_per_second for figures in rounds]


def _ratio(above: list[float], below: list[float]) -> float:
    return median(one / other for one, other in zip(above, below, strict=True))


def _median(rounds: list[Figures]) -> dict[str, float]:
    return {
        name.name: round(median(getattr(figures, name.name) for figures in rounds), 2)
        for name in fields(Figures)
    }
