"""The history as one part of the service: opened, written, kept short, closed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from hf_space.history.database.connection import Database
from hf_space.history.reading.repository import History
from hf_space.history.retention import keep_purging
from hf_space.history.writing.recorder import Recorder
from hf_space.history.writing.spool import Spool

if TYPE_CHECKING:
    from hf_space.observability.metrics import Metrics
    from hf_space.settings import Settings

_FILE_NAME = "history.sqlite3"


class Archive:
    """Belongs to one event loop, from `start` to `close`.

    Attributes:
        recorder: Adds records.
        history: Finds and deletes them.
        kind: Which database it is.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        """Prepare the database that the settings name; raises ValueError for an unknown kind."""
        url = settings.database_url
        file = settings.data_dir.absolute() / _FILE_NAME
        address = url.get_secret_value() if url else f"sqlite:///{file}"
        # Each has connections of its own: slow questions must not keep answers from being saved.
        self._to_read, self._to_write = Database(address, plan_each=True), Database(address)
        self._spool = Spool(settings.data_dir.absolute(), max_records=settings.spool_records)
        self._retention_days = settings.retention_days
        self._purging: asyncio.Task[None] | None = None
        self.kind: Literal["postgresql", "sqlite"] = (
            "sqlite" if self._to_read.is_sqlite else "postgresql"
        )
        self.recorder = Recorder(self._to_write, self._spool, metrics)
        self.history = History(self._to_read, self._spool)

    async def start(self) -> None:
        """Open the database, if it is there; predictions do not need it."""
        await self.recorder.start()
        self._purging = asyncio.create_task(keep_purging(self.history, self._retention_days))

    async def close(self) -> None:
        """Write what waits, and let go of the database."""
        if self._purging:
            self._purging.cancel()
            with suppress(asyncio.CancelledError):
                await self._purging
        await self.recorder.close()
        await self._spool.close()
        await self._to_write.close()
        await self._to_read.close()
