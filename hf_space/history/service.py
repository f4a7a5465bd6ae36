"""The history: saves and returns results, and deletes old ones."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from hf_space.history.database.connection import Database
from hf_space.history.database.conversion import keep_converting
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.record import record_of
from hf_space.history.retention import Retention
from hf_space.history.writing.recovery import Recovery
from hf_space.history.writing.spool import Spool
from hf_space.history.writing.writer import Writer
from hf_space.schemas.ids import never_before
from hf_space.settings.folders import HISTORY_FILE

if TYPE_CHECKING:
    from hf_space.history.deletion import Forget
    from hf_space.history.writing.writer import Outcome
    from hf_space.observability.metrics import Metrics
    from hf_space.schemas.health import DatabaseFault
    from hf_space.schemas.prediction import PredictionResult
    from hf_space.settings import Settings


class HistoryService:
    """Belongs to one event loop, from `start` to `close`.

    Attributes:
        repository: Finds, reviews, counts and deletes records.
        kind: Which database it is.
    """

    def __init__(
        self, settings: Settings, metrics: Metrics, *, forget: Forget | None = None
    ) -> None:
        """Prepare the database that the settings name; raises ValueError for an unknown kind.

        Args:
            settings: Where the records are, and how long.
            metrics: Counts saved and lost records.
            forget: Drops cached results of the images whose records an owner deletes.
        """
        url = settings.database_url
        file = settings.data_dir.absolute() / HISTORY_FILE
        address = url.get_secret_value() if url else f"sqlite:///{file}"
        # Each has connections of its own: slow queries must not keep results from being saved.
        self._to_read, self._to_write = Database(address, plan_each=True), Database(address)
        self._spool = Spool(settings.data_dir.absolute(), max_records=settings.spool_records)
        self._tasks: list[asyncio.Task[None]] = []
        self._writer = Writer(self._to_write, self._spool, metrics)
        self._recovery = Recovery(self._to_write, self._spool, self._writer)
        self.repository = HistoryRepository(self._to_read, self._spool, forget)
        self._retention = Retention(
            self.repository, settings.retention_days, settings.data_dir.absolute(), never_before
        )
        self.kind: Literal["postgresql", "sqlite"] = (
            "sqlite" if self._to_read.is_sqlite else "postgresql"
        )

    @property
    def state(self) -> Literal["ready", "unavailable"]:
        """Whether the database took the last records."""
        return self._writer.state

    @property
    def fault(self) -> DatabaseFault | None:
        """Why the database did not accept the last records; None if it did."""
        return self._writer.fault

    async def start(self) -> None:
        """Open the database, if it can be reached; predictions do not need it."""
        await self._recovery.start()
        self._writer.start()
        work = (
            self._retention.keep_purging(),
            keep_converting(self._to_write),
        )
        self._tasks = [asyncio.create_task(each) for each in work]

    async def save(
        self,
        result: PredictionResult,
        *,
        owner: bytes,
        thumbnail: bytes,
        original: bytes | None,
        patch_microns: float,
    ) -> Outcome:
        """Save a result; returns when its record is stored, or known to be lost.

        It is saved even if the caller is cancelled meanwhile.

        Args:
            result: The result.
            owner: Whose it is.
            thumbnail: The image, small, as WebP.
            original: The image file, if it is to be stored.
            patch_microns: Side of the model's patch, in micrometres.
        """
        record = record_of(
            result,
            owner=owner,
            thumbnail=thumbnail,
            original=original,
            patch_microns=patch_microns,
        )
        return await self._writer.save(record)

    async def close(self) -> None:
        """Write what is queued, and close the database."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._recovery.close()
        await self._writer.close()
        await self.repository.compact()
        await self._spool.close()
        await self._to_write.close()
        await self._to_read.close()
        never_before(None)
