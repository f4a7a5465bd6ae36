"""Writes records in groups; what the database cannot take now waits on disk."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy.exc import DBAPIError

from hf_space.history.database.connection import describe, is_refusal, is_unreachable
from hf_space.history.database.record import group_size
from hf_space.history.writing.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hf_space.history.database.connection import Database
    from hf_space.history.database.record import Record
    from hf_space.history.writing.spool import Spool
    from hf_space.observability.metrics import Metrics

Outcome = Literal["saved", "delayed", "lost"]
"""In the database; on disk until the database is back; or nowhere."""

# The answers of a group wait for its commit, and the next group gathers meanwhile.
_GROUP: Final = 64
_OPEN_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 1.0
_LONGEST_RETRY_SECONDS: Final = 30.0
_CLOSE_SECONDS: Final = 10.0

logger = logging.getLogger(__name__)


class Recorder:
    """Belongs to one event loop, from `start` to `close`.

    Attributes:
        state: Whether the database took the last group.
    """

    def __init__(self, database: Database, spool: Spool, metrics: Metrics) -> None:
        """Write to a database, and to a spool while it is away."""
        self.state: Literal["ready", "unavailable"] = "unavailable"
        self._database = database
        self._writer = Writer(database)
        self._spool = spool
        self._metrics = metrics
        self._waiting: deque[tuple[Record, asyncio.Future[Outcome]]] = deque()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._retry_seconds = _RETRY_SECONDS

    async def start(self) -> None:
        """Open the database, if it is there, and begin to write."""
        await self._open()
        self._tasks = [asyncio.create_task(self._write_all()), asyncio.create_task(self._heal())]

    async def save(self, record: Record) -> Outcome:
        """Write a record; returns when it is safe, or known not to be.

        It is written even if the caller is cancelled meanwhile.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, future))
        self._wake.set()
        return await future

    async def close(self) -> None:
        """Write what waits, and stop."""
        for task in self._tasks[1:]:
            task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                while self._waiting:
                    self._wake.set()
                    await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._writer.close()

    async def _write_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                first = list(islice(self._waiting, _GROUP))
                count = group_size([record.weight for record, _ in first])
                group = first[:count]
                outcomes = await self._write([record for record, _ in group])
                # Only now: `close` waits for an empty queue.
                for _ in range(count):
                    self._waiting.popleft()
                self._tell(group, outcomes)

    def _tell(
        self,
        group: Sequence[tuple[Record, asyncio.Future[Outcome]]],
        outcomes: Sequence[Outcome],
    ) -> None:
        for outcome, number in Counter(outcomes).items():
            self._metrics.saves.labels(outcome).inc(number)
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

    async def _write(self, records: Sequence[Record]) -> Sequence[Outcome]:
        if self.state == "ready":
            try:
                await self._writer.write(records)
            except Exception as error:  # whatever it is, the answers must not wait for ever
                if is_refusal(error) and len(records) > 1:
                    return [outcome for one in records for outcome in await self._write([one])]
                if is_refusal(error):
                    return [self._lose(records[0])]
                self._note_failure(error)
            else:
                self._retry_seconds = _RETRY_SECONDS
                return ["saved"] * len(records)
        return await self._set_aside(records)

    def _lose(self, record: Record) -> Outcome:
        logger.error("the database refuses record %s, which is lost", record.id)
        return "lost"

    def _note_failure(self, error: Exception) -> None:
        if self.state == "ready":
            self.state = "unavailable"
            # One that can be reached and takes nothing is not to be tried every second.
            self._retry_seconds = min(2 * self._retry_seconds, _LONGEST_RETRY_SECONDS)
            # A statement that fails names its mistake; a database that is away says enough.
            trace = None if is_unreachable(error) else error
            logger.warning("the history cannot be written: %s", describe(error), exc_info=trace)

    async def _set_aside(self, records: Sequence[Record]) -> Sequence[Outcome]:
        try:
            kept = await self._spool.add(records)
            await self._count_waiting()
        except Exception:  # whatever it is, the answers must not wait for ever
            logger.exception("records could not be set aside")
            kept = 0
        if kept < len(records):
            logger.error("%d records are lost: there is no room on disk", len(records) - kept)
        return ["delayed" if place < kept else "lost" for place in range(len(records))]

    async def _heal(self) -> None:
        """Look now and then whether the database is back, and bring it what was set aside."""
        while True:
            try:
                await self._count_waiting()
                if self.state == "unavailable":
                    await self._open()
                if self.state == "ready":
                    await self._writer.check()
                    await self._bring_back()
            except Exception as error:  # the next round may do better
                self._note_failure(error)
            await asyncio.sleep(self._retry_seconds)

    async def _open(self) -> None:
        try:
            async with asyncio.timeout(_OPEN_SECONDS):
                await self._database.open()
        except Exception as error:
            if not self._tasks:
                logger.warning("the history is not there yet: %s", describe(error))
            return
        if self._tasks:
            logger.info("the history is there")
        self.state = "ready"

    async def _bring_back(self) -> None:
        while await self._count_waiting():
            async with self._spool.moving(_GROUP) as records:
                try:
                    await self._writer.write(records)
                except DBAPIError as error:
                    if not is_refusal(error):
                        raise
                    await self._bring_back_one_by_one(records)
            self._retry_seconds = _RETRY_SECONDS

    async def _count_waiting(self) -> int:
        # Those of an earlier process, and of others beside it, wait too.
        try:
            number = await self._spool.length()
        except Exception as error:  # a broken file must not keep the database from being used
            logger.error("what waits on disk cannot be read: %s", describe(error))
            return 0
        self._metrics.spool_length.set(number)
        return number

    async def _bring_back_one_by_one(self, records: Sequence[Record]) -> None:
        """Find the record that the database refuses, so that it does not hold up the others."""
        for record in records:
            try:
                await self._writer.write([record])
            except DBAPIError as error:
                if not is_refusal(error):
                    raise
                self._metrics.saves.labels(self._lose(record)).inc()
