"""A long history in PostgreSQL: copies of one real record with different facts and times."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from operator import attrgetter, itemgetter
from typing import Any, Final

import numpy as np

from hf_space.history.database.connection import Database
from hf_space.history.database.statements import quarter_of, tally_of
from hf_space.history.database.tables import (
    COUNTS,
    NO_MARGIN,
    QUARTER_SECONDS,
    TALLY_KEY,
    predictions,
    reviews,
    tallies,
)
from hf_space.history.record import Record, identity_of
from hf_space.prediction.trust import judge, result_warning
from hf_space.schemas.ids import uuid7
from hf_space.schemas.prediction import Reason
from tests.record_factory import RULE, id_at

DAYS: Final = 30
EARLIER_REVISION: Final = "earlier"
"""Of the model, in the first two thirds of the days."""

_SHARE_MALIGNANT: Final = 0.3
_SHARE_CACHED: Final = 0.2
_SHARE_WITHHELD: Final = 0.1
# A patch's real thumbnail has some thousand bytes, which PostgreSQL stores outside the row.
_THUMBNAIL: Final = b"short"
_OPINIONS: Final = (("agree", "no_idc"), ("disagree", "idc"), ("unsure", None))
_SHARES_OF_OPINIONS: Final = (0.85, 0.1, 0.05)


@dataclass(frozen=True, slots=True)
class LongHistory:
    """What is drawn.

    Attributes:
        pattern: The record that all are copies of.
        owners: Whose they are, in turn.
        number: How many.
        until: End of their times; the beginning of a quarter of an hour.
    """

    pattern: Record
    owners: Sequence[bytes]
    number: int
    until: datetime

    @property
    def since(self) -> datetime:
        """From when on they were made."""
        return self.until - timedelta(days=DAYS)

    def days(self) -> Iterator[list[Record]]:
        """Draw the records of each day, oldest first."""
        rng = np.random.default_rng(0)
        seconds = np.sort(rng.uniform(0, DAYS * 86_400, self.number))
        ends = np.searchsorted(seconds, np.arange(1, DAYS) * 86_400.0)
        for day, part in enumerate(np.split(seconds, ends)):
            yield self._draw(rng, part, earlier=day < 2 * DAYS // 3)

    def _draw(self, rng: np.random.Generator, seconds: Any, *, earlier: bool) -> list[Record]:
        number = len(seconds)
        malignant = rng.random(number) < _SHARE_MALIGNANT
        columns = (
            seconds,
            rng.integers(0, len(self.owners), number),
            np.where(malignant, rng.beta(6, 1.5, number), rng.beta(1.5, 6, number)),
            rng.random(number) < _SHARE_CACHED,
            rng.lognormal(3, 0.8, number),
            rng.random(number) < _SHARE_WITHHELD,
        )
        result = json.loads(self.pattern.result) | {"threshold": RULE.threshold}
        pattern = replace(self.pattern, thumbnail=_THUMBNAIL)
        if earlier:
            pattern = replace(pattern, model_revision=EARLIER_REVISION)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [self._record(pattern, result, *row) for row in rows]

    def _record(
        self,
        pattern: Record,
        result: dict[str, Any],
        seconds: float,
        owner: int,
        probability: float,
        cached: bool,  # noqa: FBT001 -- a value among others
        total_ms: float,
        withheld: bool,  # noqa: FBT001
    ) -> Record:
        moment = self.since + timedelta(seconds=seconds)
        reasons: list[Reason] = ["not_h_and_e"] if withheld else []
        identifier, verdict = id_at(moment), judge(RULE, probability, reasons)
        own = {
            "id": str(identifier),
            "created_at": moment.isoformat(),
            "verdict": verdict,
            "reasons": reasons,
            "warnings": [result_warning(code).model_dump() for code in reasons],
            "probability": probability,
            # No duplicates: another image each time.
            "image": result["image"] | {"sha256": sha256(identifier.bytes).hexdigest()},
        }
        whole = result | own
        return replace(
            pattern,
            id=identifier,
            owner=self.owners[owner],
            verdict=verdict,
            probability=probability,
            margin=NO_MARGIN if withheld else abs(probability - RULE.threshold),
            cached=cached,
            total_ms=total_ms,
            result=json.dumps(whole, separators=(",", ":")),
            **identity_of(whole),
        )


def last_quarter() -> datetime:
    """Return when this quarter of an hour began."""
    return datetime.fromtimestamp(quarter_of(datetime.now(UTC)) * QUARTER_SECONDS, UTC)


def tally_rows(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return the rows of the tallies that the service would have made of these records alone."""
    summed: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in records:
        row = tally_of(record)
        known = summed.setdefault(itemgetter(*TALLY_KEY)(row), row)
        if known is not row:
            for name in COUNTS:
                known[name] += row[name]
    return list(summed.values())


@asynccontextmanager
async def driver_of(url: str) -> AsyncIterator[Any]:
    """Give a connection of PostgreSQL's driver, for operations that the service never needs."""
    database = Database(url)
    try:
        async with database.reading() as connection:
            yield (await connection.get_raw_connection()).driver_connection
    finally:
        await database.close()


def read_only_record(url: str) -> Record:
    """Return the record of a history that has one."""

    async def read() -> Record:
        async with driver_of(url) as driver:
            return Record(**await driver.fetchrow("SELECT * FROM predictions"))

    return asyncio.run(read())


def server_version(url: str) -> str:
    """Return the version of PostgreSQL."""

    async def read() -> str:
        async with driver_of(url) as driver:
            return str(await driver.fetchval("SHOW server_version")).split()[0]

    return asyncio.run(read())


def fill(url: str, history: LongHistory) -> None:
    """Replace the database's content by a history and its counts."""

    async def write() -> None:
        async with driver_of(url) as driver:
            await driver.execute("TRUNCATE predictions, reviews, filings, tallies")
            for records in history.days():
                # No two days share a row of the tallies.
                rows = map(attrgetter(*predictions.columns.keys()), records)
                await _copy(driver, "predictions", predictions.columns.keys(), rows)
                counted = map(itemgetter(*tallies.columns.keys()), tally_rows(records))
                await _copy(driver, "tallies", tallies.columns.keys(), counted)
            await driver.execute("VACUUM ANALYZE")

    asyncio.run(write())


def add_reviews(url: str, owner: bytes, number: int) -> None:
    """Let an owner give an opinion on some records that have none; on a tenth of them two."""

    async def write() -> None:
        async with driver_of(url) as driver:
            found = await driver.fetch(
                "SELECT id FROM predictions WHERE owner = $1 AND id NOT IN"
                " (SELECT prediction_id FROM reviews) ORDER BY random() LIMIT $2",
                *(owner, number),
            )
            ids = [row["id"] for row in found]
            rng = np.random.default_rng(number)
            chosen = rng.choice(len(_OPINIONS), len(ids) + len(ids) // 10, p=_SHARES_OF_OPINIONS)
            rows = [
                (uuid7(), identifier, owner, *_OPINIONS[place], None, None)
                for identifier, place in zip(ids + ids[: len(ids) // 10], chosen, strict=True)
            ]
            await _copy(driver, "reviews", reviews.columns.keys(), rows)
            await driver.execute("VACUUM ANALYZE")

    asyncio.run(write())


async def _copy(
    driver: Any, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    await driver.copy_records_to_table(table, columns=list(columns), records=rows)
