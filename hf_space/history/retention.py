"""Deletes records older than the retention period, every hour."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from hf_space.history.reading.repository import HistoryRepository

_EVERY_SECONDS: Final = 3600.0
_AGAIN_SECONDS: Final = 60.0
_DAY: Final = timedelta(days=1)

logger = logging.getLogger(__name__)


class Retention:
    """Deletes records, unless the clock seems to have jumped.

    A clock that runs years ahead would make every record seem old. So where none would be left but
    those of the last day, nothing is deleted until the clock has said the same for a day; a clock
    that was put right meanwhile begins that day anew.
    """

    def __init__(self, history: HistoryRepository, days: int, folder: Path) -> None:
        """Delete what is older than some days.

        Args:
            history: Holds the records.
            days: How long they are kept.
            folder: Gets a file while deletion is held back, so that a restart does not begin anew.
        """
        self._history = history
        self._period = timedelta(days=days)
        self._held_since = folder / "retention-held-since"

    async def keep_purging(self) -> None:
        """Delete what is too old, every hour, until cancelled."""
        while True:
            wait = _EVERY_SECONDS
            try:
                deleted = await self.purge(datetime.now(UTC))
                if deleted:
                    logger.info("retention deleted %d records", deleted)
                await self._history.compact()
            except Exception as error:  # the database may be unreachable
                logger.warning("retention has to wait: %s", type(error).__name__)
                wait = _AGAIN_SECONDS
            # Spread out, so that processes started together do not all purge at once.
            await asyncio.sleep(wait * random.uniform(0.9, 1.1))  # noqa: S311 -- no secret

    async def purge(self, now: datetime) -> int:
        """Delete what is too old at a time, and return the number of records."""
        before = now - self._period
        recent = now - min(_DAY, self._period / 2)
        if not await self._history.seems_outdated(before, recent):
            self._held_since.unlink(missing_ok=True)
        elif not self._is_confirmed(now):
            logger.warning("no record but the last day's would be left: is the clock right?")
            return 0
        return await self._history.purge(before)

    def _is_confirmed(self, now: datetime) -> bool:
        """Tell whether the clock has said so for a day; note when it first did."""
        try:
            since = datetime.fromisoformat(self._held_since.read_text("ascii"))
        except (OSError, ValueError):
            since = None
        if since is not None and since <= now:
            return now - since >= _DAY
        self._held_since.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held_since.write_text(now.isoformat(), "ascii")
        return False
