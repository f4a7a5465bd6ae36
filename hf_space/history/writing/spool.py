"""Records that wait on this machine's disk until the database reconnects."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, func, select, text, update

from hf_space.history.database.connection import Database
from hf_space.history.database.statements import insert_uncounted
from hf_space.history.database.tables import predictions
from hf_space.history.record import Record, group_size, image_of, upgraded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import ColumnElement

FILE_NAME: Final = "spool.sqlite3"
_MAX_BYTES: Final = 1 << 30


class Spool:
    """A SQLite file with the tables of the history; processes of one machine share it."""

    def __init__(self, folder: Path, *, max_records: int) -> None:
        """Use a folder, which is made when the first record comes."""
        self._path = folder / FILE_NAME
        self._max_records = max_records
        self._database: Database | None = None
        self._opening = asyncio.Lock()

    async def add(self, records: Sequence[Record]) -> int:
        """Add as many of the first records as fit; returns their number."""
        database = await self._opened()
        full = await self._bytes(database) >= _MAX_BYTES
        room = 0 if full else max(0, self._max_records - await self.length())
        accepted = records[:room]
        if accepted:
            async with database.writing() as connection:
                await insert_uncounted(connection, accepted)
        return len(accepted)

    async def length(self) -> int:
        """Return how many records wait."""
        if self._database is None and not await asyncio.to_thread(self._path.exists):
            return 0
        database = await self._opened()
        async with database.reading() as connection:
            found = await connection.execute(select(func.count()).select_from(predictions))
            return int(found.scalar_one())

    @asynccontextmanager
    async def moving(self, limit: int) -> AsyncIterator[list[Record]]:
        """Give the records that have waited longest; on exit they are deleted, unless it raises.

        Deletions wait meanwhile, in any process, so that no deleted record is inserted afterwards.
        """
        database = await self._opened()
        size = func.length(predictions.c.result) + func.coalesce(
            func.length(predictions.c.original), 0
        )
        oldest = select(predictions.c.id, size.label("bytes")).order_by(predictions.c.id)
        async with database.writing() as connection:
            rows = (await connection.execute(oldest.limit(limit))).all()
            group = rows[: group_size([row.bytes for row in rows])]
            moved = predictions.c.id.in_([row.id for row in group])
            found = await connection.execute(select(predictions).where(moved))
            # A process of an earlier version may have written them.
            yield [upgraded(Record(**row._mapping)) for row in found]
            await connection.execute(delete(predictions).where(moved))
        await database.erase()

    async def images_of(self, owner: bytes, identifier: UUID | None = None) -> list[str]:
        """Return the SHA-256 of the images of one or all records of an owner."""
        if not await self.length():
            return []
        database = await self._opened()
        which = select(predictions.c.result).where(_mine(owner, identifier))
        async with database.reading() as connection:
            return [image_of(text) for text in (await connection.execute(which)).scalars()]

    @asynccontextmanager
    async def changing_owner(self, old: bytes, new: bytes) -> AsyncIterator[None]:
        """Give all records of an owner to another one on exit, unless it raises.

        Nothing is moved into the database meanwhile, as in `moving`.
        """
        if not await self.length():
            yield
            return
        changed = update(predictions).where(predictions.c.owner == old).values(owner=new)
        async with (await self._opened()).writing() as connection:
            await connection.execute(changed)
            yield

    async def remove_of(self, owner: bytes, identifier: UUID | None = None) -> set[UUID]:
        """Delete one or all records of an owner; returns their ids."""
        return await self._remove(_mine(owner, identifier))

    async def remove_before(self, limit: UUID) -> set[UUID]:
        """Delete the records of all owners with a lower id; returns their ids."""
        return await self._remove(predictions.c.id < limit)

    async def erase(self) -> bool:
        """Rewrite the file without what removed records have left in it; False if in use."""
        if not await asyncio.to_thread(self._path.exists):
            return True
        return await (await self._opened()).erase(thoroughly=True)

    async def close(self) -> None:
        """Close the file."""
        if self._database:
            await self._database.close()
            self._database = None

    async def _remove(self, which: ColumnElement[bool]) -> set[UUID]:
        if not await self.length():
            return set()
        database = await self._opened()
        async with database.writing() as connection:
            removing = delete(predictions).where(which).returning(predictions.c.id)
            removed = set((await connection.execute(removing)).scalars())
        await database.erase()
        return removed

    async def _bytes(self, database: Database) -> int:
        """Return how much of the file is in use; what was deleted leaves room in it."""
        async with database.reading() as connection:
            pages, free, size = [
                (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
                for name in ("page_count", "freelist_count", "page_size")
            ]
        return int((pages - free) * size)

    async def _opened(self) -> Database:
        async with self._opening:
            if self._database is None:
                database = Database(f"sqlite:///{self._path}")
                await database.open()
                self._database = database
            return self._database


def _mine(owner: bytes, identifier: UUID | None) -> ColumnElement[bool]:
    mine = predictions.c.owner == owner
    return mine if identifier is None else and_(mine, predictions.c.id == identifier)
