"""Deletes records older than the retention period, every hour."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hf_space.history.reading.repository import HistoryRepository

_EVERY_SECONDS: Final = 3600.0
_AGAIN_SECONDS: Final = 60.0

logger = logging.getLogger(__name__)


async def keep_purging(history: HistoryRepository, retention_days: int) -> None:
    """Delete what is older than some days, every hour, until cancelled."""
    while True:
        wait = _EVERY_SECONDS
        try:
            deleted = await history.purge(datetime.now(UTC) - timedelta(days=retention_days))
            if deleted:
                logger.info("retention deleted %d records", deleted)
        except Exception as error:  # the database may be unreachable
            logger.warning("retention has to wait: %s", type(error).__name__)
            wait = _AGAIN_SECONDS
        # Spread out, so that processes started together do not all purge at once.
        await asyncio.sleep(wait * random.uniform(0.9, 1.1))  # noqa: S311 -- no secret
