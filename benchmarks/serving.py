"""The service compared with a tutorial's server, two serving frameworks, and the bare network."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.cases import CASES, COMPARED, Case, Figures, Runner, check_agreement
from benchmarks.ceiling import Ceiling, measure_ceiling
from benchmarks.processes import Server, running
from benchmarks.results import environment
from benchmarks.start import measure_start
from benchmarks.subjects import Subject, competitors, service
from benchmarks.summary import (
    Measured,
    bars,
    case_name,
    compared_rates,
    median_ceiling,
    medians,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure: seconds of the compared case, of every other, and how often.

    A quick run is a smoke test: it leaves out what takes minutes on a slow server.
    """

    seconds: int = 6
    small_seconds: int = 3
    rounds: int = 3
    starts: int = 5
    quick: bool = False


QUICK: Final = Plan(seconds=2, small_seconds=2, rounds=1, starts=1, quick=True)


def measure_serving(plan: Plan) -> dict[str, Any]:
    """Measure everything in one run, in rounds, so that a noisy machine affects all equally.

    Cases without a bar are measured in the first round only.

    Returns:
        The figures and bars, as they are written to the results.

    Raises:
        RuntimeError: A server did not start, a request failed, or answers differ.
    """
    described = environment()
    with TemporaryDirectory(prefix="biopsia-bench-") as folder:
        campaign = Campaign(plan, Path(folder))
        start = measure_start(campaign.log, repeats=plan.starts)
        campaign.choose_variants()
        for number in range(plan.rounds):
            campaign.run_round(first=number == 0)
    held = bars(campaign.measured, campaign.ceilings, start, max(campaign.resident_mb))
    return {
        **described,
        "precision": campaign.precision,
        "rounds": plan.rounds,
        "seconds": plan.seconds,
        "variants": campaign.variants,
        "start": {name: round(value, 2) for name, value in asdict(start).items()},
        "benchmark_app": median_ceiling(campaign.ceilings),
        "cases": medians(campaign.measured),
        "rounds_of_16_clients_overlay": compared_rates(campaign.measured, campaign.ceilings),
        "bars": {name: asdict(bar) for name, bar in held.items()},
    }


class Campaign:
    """One run: its servers, and what was measured so far."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        """Prepare a run whose forms and logs lie in a folder."""
        self.log = folder / "servers.log"
        self.variants: dict[str, dict[str, float]] = {}
        self.measured: Measured = {}
        self.ceilings: list[Ceiling] = []
        self.resident_mb: list[float] = []
        self.precision = ""
        self._plan = plan
        self._subjects: list[Subject] = []
        self._probability = 0.0
        self._runner = Runner(folder, seconds=plan.seconds, small_seconds=plan.small_seconds)

    def choose_variants(self) -> None:
        """Keep the fastest variant of each server; the service has only one."""
        own = service()
        with self._started(own) as server:
            self.precision = server.get_json(own.health)["model"]["precision"]
            self._probability = self._runner.warm_up(server, own)
        for subject in competitors(self.precision):
            rates = {}
            for variant in subject.variants:
                one = replace(subject, variants=(variant,))
                with self._started(one) as server:
                    self._warm_up(server, one)
                    rates[variant.name] = self._measure(server, one, *COMPARED).images_per_second
            best = max(subject.variants, key=lambda variant: rates[variant.name])
            self.variants[subject.key] = {name: round(rate, 2) for name, rate in rates.items()}
            self._subjects.append(replace(subject, variants=(best,)))
        # Right after the ceiling, with which it is compared most closely.
        self._subjects.append(own)

    def run_round(self, *, first: bool) -> None:
        """Put every server through its cases, and the network alone."""
        for subject in self._subjects:
            every = subject.native or (first and not (self._plan.quick and subject.slow))
            cases = list(product(CASES, (True, False))) if every else [COMPARED]
            with self._started(subject) as server:
                self._warm_up(server, subject)
                for case, explain in cases:
                    figures = self._measure(server, subject, case, explain)
                    done = self.measured.setdefault(subject.key, {})
                    done.setdefault((case, explain), []).append(figures)
                if subject.native:
                    self.resident_mb.append(server.resident_mb())
        ceiling = measure_ceiling(self.precision, seconds=self._plan.small_seconds)
        logger.info("%s", ceiling)
        self.ceilings.append(ceiling)

    @contextmanager
    def _started(self, subject: Subject) -> Iterator[Server]:
        (variant,) = subject.variants
        logger.info("%s: %s", subject.title, variant.name)
        with running(
            variant.command, variant.environment, health=subject.health, log=self.log
        ) as server:
            yield server

    def _warm_up(self, server: Server, subject: Subject) -> None:
        probability = self._runner.warm_up(server, subject)
        if not subject.slow:
            check_agreement(self._probability, probability, subject.title)

    def _measure(self, server: Server, subject: Subject, case: Case, explain: bool) -> Figures:  # noqa: FBT001 -- the pair is a key
        figures = self._runner.measure(server, subject, case, explain=explain)
        logger.info("  %s: %s", case_name(case, explain), figures)
        return figures
