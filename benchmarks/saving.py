"""The cost of saving results, and the gain of the cache, at 16 clients."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import func, select

from benchmarks.load import closed_loop, post
from benchmarks.processes import Server, running
from benchmarks.subjects import service_command
from benchmarks.workload import PLACEHOLDER, Forms, patch_files, write_forms
from hf_space.history.database.connection import Database
from hf_space.history.database.tables import predictions

Kind = Literal["computed", "cached"]
Case = tuple[Kind, bool]
"""A case: whether the result must be computed, and whether it is saved."""
CASES: Final[tuple[Case, ...]] = tuple(product(("computed", "cached"), (True, False)))

CLIENTS: Final = 16
VISITORS: Final = tuple(f"{number:043}" for number in range(CLIENTS))
"""Tokens of 16 visitors."""

_PATH: Final = "/predict/"
_WARM_UP_SECONDS: Final = 3

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """Answers per second in each case, one after another in one run."""

    rates: Mapping[Case, float]

    def share_when_saved(self, kind: Kind) -> float:
        """Return the throughput with saving, as a share of that without."""
        return self.rates[kind, True] / self.rates[kind, False]

    def cached_times_computed(self, *, saved: bool) -> float:
        """Return how many times the throughput of computed answers cached ones have."""
        return self.rates["cached", saved] / self.rates["computed", saved]


def measure_saving(
    environment: Mapping[str, str], url: str, folder: Path, *, rounds: int, seconds: int
) -> list[Round]:
    """Measure all cases of the service, round by round, in alternating order.

    Args:
        environment: Settings of the service; its limits are off, its cache is on.
        url: Database of the history, empty.
        folder: For forms and the log; created.
        rounds: How often.
        seconds: How long each case takes in each round.

    Raises:
        RuntimeError: The service did not start, a request failed, or a record is missing.
    """
    folder.mkdir()
    forms = {case: _forms(folder / f"{case[0]}-{case[1]}", *case) for case in CASES}
    campaign = _Campaign(forms, seconds)
    with running(service_command(), environment, health="/health/", log=folder / "log") as server:
        check_parts(server)
        campaign.warm_up(server)
        found = [campaign.run_round(server, number) for number in range(rounds)]
        server.settle(3.0)
    check_rows(count_rows(url), campaign.answered, left=CLIENTS * campaign.runs)
    return found


class _Campaign:
    """Rounds on one server; counts the answers that are to be found in its database."""

    def __init__(self, forms: Mapping[Case, Forms], seconds: int) -> None:
        self.answered = 0
        self.runs = 0
        self._forms = forms
        self._seconds = seconds

    def warm_up(self, server: Server) -> None:
        for saved in (True, False):
            self._load(server, ("computed", saved), _WARM_UP_SECONDS)

    def run_round(self, server: Server, number: int) -> Round:
        order = CASES if number % 2 == 0 else CASES[::-1]
        rates = {case: self._measure(server, case) for case in order}
        logger.info(
            "  %s",
            {f"{kind}, saved: {saved}": f"{rates[kind, saved]:.1f}" for kind, saved in CASES},
        )
        return Round(rates)

    def _measure(self, server: Server, case: Case) -> float:
        server.settle(3.0)
        if case[0] == "cached":
            self._fill_cache(server)
        return self._load(server, case, self._seconds)

    def _fill_cache(self, server: Server) -> None:
        # Answers that are not saved are not kept in the cache either.
        forms = self._forms["cached", True]
        for index in range(forms.count):
            post(server.port, _PATH, forms.body(index))
        self.answered += forms.count

    def _load(self, server: Server, case: Case, seconds: int) -> float:
        load = closed_loop(server.port, _PATH, self._forms[case], clients=CLIENTS, seconds=seconds)
        if case[1]:
            self.answered += load.answered
            self.runs += 1
        return load.per_second


def check_parts(server: Server) -> None:
    """Raise RuntimeError unless the service has all its parts."""
    report = server.get_json("/health/")
    if report["status"] != "ok":
        raise RuntimeError(f"the service is {report}")


def check_rows(rows: int, answered: int, *, left: int) -> None:
    """Raise RuntimeError unless every answer is in the database.

    Args:
        rows: Records in the database.
        answered: Answers that clients were given.
        left: Most requests that clients may have left unanswered, saved or not.
    """
    if not answered <= rows <= answered + left:
        raise RuntimeError(f"{rows} records of {answered} answers")


def count_rows(url: str) -> int:
    """Return how many records a history has."""

    async def count() -> int:
        database = Database(url)
        try:
            async with database.reading() as connection:
                found = await connection.execute(select(func.count()).select_from(predictions))
                return int(found.scalar_one())
        finally:
            await database.close()

    return asyncio.run(count())


def _forms(folder: Path, kind: Kind, saved: bool) -> Forms:  # noqa: FBT001 -- the pair is a key
    numbered = kind == "computed"
    mark = PLACEHOLDER if numbered else b""
    images = patch_files() if numbered else patch_files()[:CLIENTS]
    fields = {"microns_per_pixel": "4", "save": str(saved).lower()}
    forms = write_forms(folder, [[image + mark] for image in images], part="file", fields=fields)
    return replace(forms, visitors=VISITORS, numbered=numbered)
