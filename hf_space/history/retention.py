"""Deletes records older than the retention period, every hour."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from hf_space.history.reading.repository import HistoryRepository

_EVERY_SECONDS: Final = 3600.0
_AGAIN_SECONDS: Final = 60.0
# More than once, so that retention catches up after a time in which the service did not run.
_PACE: Final = 4
_DAY: Final = timedelta(days=1)
_FILE_NAME: Final = "retention-time"

logger = logging.getLogger(__name__)


class Retention:
    """Deletes records by a time of its own, which runs after the clock but never far at once.

    A clock that is years ahead would make every record seem old. So retention's time goes on by no
    more than four times as long as the service has run, which no clock that is set can change.
    """

    def __init__(self, history: HistoryRepository, days: int, folder: Path) -> None:
        """Delete what is older than some days.

        Args:
            history: Holds the records.
            days: How long they are kept.
            folder: Gets a file with retention's time, for the next start. Without one it begins at
                the newest record.
        """
        self._history = history
        self._period = timedelta(days=days)
        self._file = folder / _FILE_NAME
        self._time: datetime | None = None

    async def keep_purging(self) -> None:
        """Delete what is too old, every hour, until cancelled."""
        last = monotonic()
        while True:
            wait = _EVERY_SECONDS
            try:
                running, last = monotonic() - last, monotonic()
                deleted = await self.purge(datetime.now(UTC), timedelta(seconds=running))
                if deleted:
                    logger.info("retention deleted %d records", deleted)
                await self._history.compact()
            except Exception as error:  # the database may be unreachable
                logger.warning("retention has to wait: %s", type(error).__name__)
                wait = _AGAIN_SECONDS
            # Spread out, so that processes started together do not all purge at once.
            await asyncio.sleep(wait * random.uniform(0.9, 1.1))  # noqa: S311 -- no secret

    async def purge(self, now: datetime, running: timedelta) -> int:
        """Delete what is too old, and return the number of records.

        Args:
            now: What the clock says.
            running: How long the service has run since the last call.
        """
        last = self._time or self._noted() or await self._history.newest() or now
        reached = min(now, last + _PACE * running)
        if now - reached > _DAY:
            logger.warning("retention is %s behind the clock: is the clock right?", now - reached)
        # A clock that went back does not take it along, since catching up may take years.
        self._time = max(last, reached)
        self._note(self._time)
        return await self._history.purge(reached - self._period)

    def _noted(self) -> datetime | None:
        try:
            noted = datetime.fromisoformat(self._file.read_text("ascii"))
        except (OSError, ValueError):
            return None
        return noted if noted.tzinfo else None

    def _note(self, time: datetime) -> None:
        # Where there is no room, the next start begins at the newest record.
        with suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file.touch(mode=0o600)
            self._file.write_text(time.isoformat(), "ascii")
