"""Deletes records older than the retention period, every hour."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final

from hf_space.history.machine_clock import boot_id, uptime

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hf_space.history.reading.repository import HistoryRepository

_EVERY_SECONDS: Final = 3600.0
_AGAIN_SECONDS: Final = 60.0
# More than once, so that retention catches up after a time in which the service did not run.
_PACE: Final = 4
_DAY: Final = timedelta(days=1)
_NONE: Final = timedelta(0)
_FILE_NAME: Final = "retention-time"

logger = logging.getLogger(__name__)


class Retention:
    """Deletes records by its own time, which follows the clock but never jumps far.

    A clock that is years ahead would make every record seem old. So retention's time advances at
    most four times as fast as the service's running time, plus the time that the machine was up
    otherwise, suspended or without the service. Setting the clock changes neither. A clock that is
    behind would make new records seem old, so no record gets a time before retention's.
    """

    def __init__(
        self,
        history: HistoryRepository,
        days: int,
        folder: Path,
        never_before: Callable[[datetime], None] | None = None,
    ) -> None:
        """Delete what is older than some days.

        Args:
            history: Holds the records.
            days: How long they are kept.
            folder: Gets a file with retention's time, for the next start. Without one it begins at
                the newest record.
            never_before: Called with the least time that records may get from now on.
        """
        self._history = history
        self._period = timedelta(days=days)
        self._file = folder / _FILE_NAME
        self._never_before = never_before
        self._time: datetime | None = None

    async def keep_purging(self) -> None:
        """Delete what is too old, every hour, until cancelled."""
        ran, up = monotonic(), self._noted_uptime() or uptime()
        if noted := self._noted():
            # The database may be unreachable while results are saved.
            self._believe(noted)
        while True:
            wait = _EVERY_SECONDS
            try:
                present = monotonic(), uptime()
                running, passed = present[0] - ran, present[1] - up
                deleted = await self.purge(
                    datetime.now(UTC),
                    timedelta(seconds=running),
                    timedelta(seconds=max(0.0, passed - running)),
                )
                # The time of a failed attempt counts for the next one.
                ran, up = present
                if deleted:
                    logger.info("retention deleted %d records", deleted)
                await self._history.compact()
            except Exception as error:  # the database may be unreachable
                logger.warning("retention has to wait: %s", type(error).__name__)
                wait = _AGAIN_SECONDS
            # Spread out, so that processes started together do not all purge at once.
            await asyncio.sleep(wait * random.uniform(0.9, 1.1))  # noqa: S311 -- no secret

    async def purge(self, now: datetime, running: timedelta, besides: timedelta = _NONE) -> int:
        """Delete what is too old, and return the number of records.

        Args:
            now: What the clock says.
            running: How long the service has run since the last call that went well.
            besides: How long the machine has been up besides.
        """
        last = self._time or self._noted() or await self._history.newest()
        if last is None:
            # The clock may not be set yet; it begins at the first record.
            return 0
        reached = min(now, last + _PACE * running + besides)
        if now - reached > _DAY:
            logger.warning("retention is %s behind the clock: is the clock right?", now - reached)
        deleted = await self._history.purge(reached - self._period)
        # It does not follow a clock that went back, since catching up could take years.
        self._believe(max(last, reached))
        self._note(max(last, reached))
        return deleted

    def _believe(self, time: datetime) -> None:
        self._time = time
        if self._never_before:
            self._never_before(time)

    def _noted(self) -> datetime | None:
        try:
            noted = datetime.fromisoformat(self._words()[0])
        except (IndexError, ValueError):
            return None
        return noted if noted.tzinfo else None

    def _noted_uptime(self) -> float | None:
        """Return the uptime at which the time was noted; None where that was in another boot."""
        match self._words():
            case [_, boot, seconds] if boot == boot_id() and self._noted():
                with suppress(ValueError):
                    return min(float(seconds), uptime())
        return None

    def _words(self) -> list[str]:
        try:
            return self._file.read_text("ascii").split()
        except (OSError, ValueError):
            return []

    def _note(self, time: datetime) -> None:
        # On a full disk, the next start begins at the newest record.
        with suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file.touch(mode=0o600)
            self._file.write_text(f"{time.isoformat()} {boot_id()} {uptime():.0f}", "ascii")
