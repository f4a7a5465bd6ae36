"""Writes records in groups, or to the spool while the database does not accept them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from hf_space.history.database.connection import WriteSession
from hf_space.history.database.errors import describe, fault_of, is_refusal, is_unreachable
from hf_space.history.database.statements import insert_records
from hf_space.history.record import group_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from hf_space.history.database.connection import Database
    from hf_space.history.record import Record
    from hf_space.history.writing.spool import Spool
    from hf_space.observability.metrics import Metrics
    from hf_space.schemas.health import DatabaseFault

Outcome = Literal["saved", "delayed", "lost"]
"""In the database; on disk until the database reconnects; or nowhere."""

# Results of a group wait for its commit, and the next group gathers meanwhile.
GROUP_RECORDS: Final = 64
_WRITE_SECONDS: Final = 3.0
# Image files may be stored too: this much more for each byte, on a slow line.
_SECONDS_PER_BYTE: Final = 1 / 1_000_000
_RETRY_SECONDS: Final = 1.0
_LONGEST_RETRY_SECONDS: Final = 30.0
_CLOSE_SECONDS: Final = 10.0

logger = logging.getLogger(__name__)


class Writer:
    """Belongs to one event loop, from `start` to `close`.

    Attributes:
        fault: Why the database did not accept the last group; None if it did.
            `hf_space.history.writing.recovery` clears it.
        retry_seconds: How long recovery is to wait before it tries again.
    """

    def __init__(self, database: Database, spool: Spool, metrics: Metrics) -> None:
        """Write to a database, and to a spool while it is unreachable."""
        self.fault: DatabaseFault | None = "opening"
        self.retry_seconds = _RETRY_SECONDS
        self._session = WriteSession(database)
        self._spool = spool
        self._metrics = metrics
        self._queue: deque[tuple[Record, asyncio.Future[Outcome]]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def state(self) -> Literal["ready", "unavailable"]:
        """Whether the database took the last group."""
        return "unavailable" if self.fault else "ready"

    def start(self) -> None:
        """Begin to write what is queued."""
        self._task = asyncio.create_task(self._write_queued())

    async def save(self, record: Record) -> Outcome:
        """Write a record; returns when it is stored, or known to be lost.

        It is written even if the caller is cancelled meanwhile.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue.append((record, future))
        self._wake.set()
        return await future

    async def insert(self, records: Sequence[Record]) -> None:
        """Insert all records or none, each once; raises as `WriteSession.run` does."""

        async def work(connection: AsyncConnection) -> None:
            await insert_records(connection, records)

        size = sum(record.size_bytes for record in records)
        await self._session.run(work, seconds=_WRITE_SECONDS + size * _SECONDS_PER_BYTE)
        self.retry_seconds = _RETRY_SECONDS

    async def check(self) -> None:
        """Raise an error, as `insert` does, if the database is unreachable."""
        await self._session.check(seconds=_WRITE_SECONDS)

    async def count_spooled(self) -> int:
        """Return how many records wait on disk, and update the metrics."""
        # Those of an earlier process, and of others beside it, wait too.
        try:
            number = await self._spool.length()
        except Exception as error:  # a broken file must not keep the database from being used
            logger.error("the records on disk cannot be read: %s", describe(error))
            return 0
        self._metrics.spool_length.set(number)
        return number

    def note_failure(self, error: Exception) -> None:
        """Write to the spool from now on, until recovery clears the fault."""
        if self.state == "ready":
            # A database that can be reached but accepts nothing must not be retried every second.
            self.retry_seconds = min(2 * self.retry_seconds, _LONGEST_RETRY_SECONDS)
            # A statement that fails names its mistake; an unreachable database has none to name.
            trace = None if is_unreachable(error) else error
            logger.warning("the history cannot be written: %s", describe(error), exc_info=trace)
        self.fault = fault_of(error)

    def note_refusal(self, record: Record) -> Outcome:
        """Log that the database refuses the content of a record."""
        logger.error("the database refuses record %s, which is lost", record.id)
        return "lost"

    def count_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Count the outcome of records in the metrics."""
        for outcome, number in Counter(outcomes).items():
            self._metrics.saves.labels(outcome).inc(number)

    async def close(self) -> None:
        """Write what is queued, and stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                while self._queue:
                    self._wake.set()
                    await asyncio.sleep(0.01)
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._session.close()

    async def _write_queued(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await self._write_group()

    async def _write_group(self) -> None:
        first = list(islice(self._queue, GROUP_RECORDS))
        group = first[: group_size([record.size_bytes for record, _ in first])]
        outcomes = await self._write([record for record, _ in group])
        # Only now: `close` waits for an empty queue.
        for _ in group:
            self._queue.popleft()
        self.count_outcomes(outcomes)
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

    async def _write(self, records: Sequence[Record]) -> Sequence[Outcome]:
        if self.state == "ready":
            try:
                await self.insert(records)
            except Exception as error:  # after any error, requests must not wait forever
                if is_refusal(error) and len(records) > 1:
                    return [outcome for one in records for outcome in await self._write([one])]
                if is_refusal(error):
                    return [self.note_refusal(records[0])]
                self.note_failure(error)
            else:
                return ["saved"] * len(records)
        return await self._add_to_spool(records)

    async def _add_to_spool(self, records: Sequence[Record]) -> Sequence[Outcome]:
        try:
            added = await self._spool.add(records)
            await self.count_spooled()
        except Exception:  # after any error, requests must not wait forever
            logger.exception("records could not be written to disk")
            added = 0
        if added < len(records):
            logger.error("%d records are lost: there is no room on disk", len(records) - added)
        return ["delayed" if place < added else "lost" for place in range(len(records))]
