"""The time of statistics and pages of a history with a million records."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.load import post
from benchmarks.long_history import (
    DAYS,
    LongHistory,
    add_reviews,
    fill,
    last_quarter,
    read_only_record,
    server_version,
)
from benchmarks.pages import pages_of
from benchmarks.plain_counts import ZONE, check_statistics, count_plainly
from benchmarks.plans import explain_statistics
from benchmarks.processes import Server, running
from benchmarks.reader import Reader
from benchmarks.saving import check_parts
from benchmarks.subjects import service_command
from benchmarks.workload import encode_form, patch_files
from hf_space.access.visitor import owner_of_token
from hf_space.history.record import Record
from hf_space.schemas.history import StatisticsQuery

REVIEWED: Final = (0.0, 0.01, 0.1)
"""Shares of the records that have a review, one after another."""
MANY_OWNERS: Final = 1000

_TOKENS: Final = tuple(f"{number:043}" for number in range(MANY_OWNERS))
_WEEK: Final = timedelta(days=7)
# The drawn days end now; retention must not delete the first ones.
_RETENTION: Final = {"BIOPSIA_RETENTION_DAYS": f"{2 * DAYS}"}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Million:
    """Where and how to measure.

    Attributes:
        environment: Settings of the service; its limits are off.
        url: PostgreSQL database of the history, empty.
        log: For what the service prints.
        records: How many there are; a million unless the run is a quick one.
        calls: How often each question is asked.
    """

    environment: Mapping[str, str]
    url: str
    log: Path
    records: int
    calls: int

    def measure(self) -> tuple[dict[str, Any], str]:
        """Measure with one owner of all records, and then with a thousand owners.

        Returns:
            The figures, and the plans of the statements that `/stats/` sends.

        Raises:
            RuntimeError: The service did not start, a request failed, or statistics are wrong.
        """
        pattern = self._real_record()
        alone, many = (self._history(pattern, number) for number in (1, MANY_OWNERS))
        fill(self.url, alone)
        with self._service() as server:
            figures = self._measure_one_owner(Reader(server.port, _TOKENS[0], self.calls), alone)
        plans = [self._explain("one owner of all records", alone)]
        fill(self.url, many)
        with self._service() as server:
            reader = Reader(server.port, _TOKENS[0], self.calls)
            figures["statistics"].append(self._time_statistics(reader, many, reviewed=0.0))
        plans.append(self._explain(f"one of {MANY_OWNERS:,} owners", many))
        version = server_version(self.url)
        head = f"# {self.records:,} records over {DAYS} days, PostgreSQL {version}"
        return {"postgresql": version, "records": self.records, **figures}, "\n\n".join(
            [head, *plans]
        )

    def _measure_one_owner(self, reader: Reader, history: LongHistory) -> dict[str, Any]:
        statistics, reviewed = [], 0
        for share in REVIEWED:
            wanted = round(share * self.records)
            if wanted:
                add_reviews(self.url, history.owners[0], wanted - reviewed)
                reviewed = wanted
            statistics.append(self._time_statistics(reader, history, reviewed=share))
        pages = {
            name: asdict(reader.time("/history/", parameters))
            for name, parameters in pages_of(self.url, history).items()
        }
        return {"statistics": statistics, "pages": pages}

    def _time_statistics(
        self, reader: Reader, history: LongHistory, *, reviewed: float
    ) -> dict[str, Any]:
        plain = count_plainly(self.url, history.owners[0])
        check_statistics(reader.read("/stats/", {"time_zone": ZONE}), plain)
        week = {
            "since": (history.until - _WEEK).isoformat(),
            "until": history.until.isoformat(),
        }
        return {
            "owners": len(history.owners),
            "reviewed": reviewed,
            "all": asdict(reader.time("/stats/", {"time_zone": ZONE})),
            "week": asdict(reader.time("/stats/", {"time_zone": ZONE} | week)),
            "counted_plainly_ms": round(plain.milliseconds, 1),
        }

    def _explain(self, who: str, history: LongHistory) -> str:
        owner = history.owners[0]
        whole = explain_statistics(self.url, owner, StatisticsQuery(time_zone=ZONE))
        week = explain_statistics(
            self.url,
            owner,
            StatisticsQuery(time_zone=ZONE, since=history.until - _WEEK, until=history.until),
        )
        parts = [f"# {who}, all {DAYS} days", *(each.render() for each in whole)]
        parts += [f"# {who}, the last 7 days", *(each.render() for each in week)]
        return "\n\n".join(parts)

    def _history(self, pattern: Record, owners: int) -> LongHistory:
        known = [owner for token in _TOKENS[:owners] if (owner := owner_of_token(token))]
        return LongHistory(pattern, known, self.records, last_quarter())

    def _real_record(self) -> Record:
        """Let the service save one answer, and return its record."""
        form = {"microns_per_pixel": "4", "save": "true"}
        with self._service() as server:
            post(server.port, "/predict/", encode_form(patch_files()[:1], part="file", fields=form))
        return read_only_record(self.url)

    @contextmanager
    def _service(self) -> Iterator[Server]:
        environment = {**self.environment, **_RETENTION}
        with running(service_command(), environment, health="/health/", log=self.log) as server:
            check_parts(server)
            yield server
