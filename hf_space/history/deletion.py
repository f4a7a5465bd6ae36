"""Deletes records from the database, the disk and the caches, or gives them to a new owner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, select, true, update

from hf_space.errors import UnknownRecordError
from hf_space.history.database.connection import try_lock
from hf_space.history.database.duplicates import lock_owners
from hf_space.history.database.statements import delete_oldest, quarter_of
from hf_space.history.database.tables import (
    QUARTER_SECONDS,
    filings,
    predictions,
    reviews,
    tallies,
)
from hf_space.history.database.transactions import reachable, reading, writing
from hf_space.history.record import image_of
from hf_space.schemas.ids import first_id_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hf_space.history.database.connection import Database
    from hf_space.history.writing.spool import Spool

# Many records are deleted in steps, each a transaction, so that other writers wait only briefly and
# an interruption loses nothing. SQLite's other writers retry every tenth of a second.
_STEP: Final = 1000
_STEP_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.05

_PURGE_LOCK: Final = 0x70757267

Forget = Callable[[Collection[str]], Awaitable[None]]
"""Takes the SHA-256 of images, hexadecimal."""
Listener = Callable[[bytes, Collection[str] | None], None]
"""Takes the owner of records that were deleted, and the SHA-256 of their images; None for all."""


class Deletion:
    """Deletes records, those that wait for the database too, and what was copied of them.

    Attributes:
        listeners: Called when an owner has deleted records.
    """

    def __init__(self, database: Database, spool: Spool, forget: Forget | None = None) -> None:
        """Delete from a database.

        Args:
            database: Holds the records.
            spool: Holds those that wait for it.
            forget: Drops cached results of the images whose records an owner deletes.
        """
        self._database = database
        self._spool = spool
        self._forget = forget
        self._has_deleted = False
        self.listeners: list[Listener] = []

    async def delete(self, owner: bytes, identifier: UUID) -> None:
        """Delete a record for good, and its reviews."""
        mine = one_of(owner, identifier)
        async with self._leaving_no_copies(owner) as images:
            # It may wait on disk or be on its way from there, so the spool comes first.
            spooled = await self._remove_spooled(images, owner, identifier)
            async with writing(self._database) as connection:
                images += await _images(connection, select(predictions.c.result).where(mine))
                gone = await delete_oldest(connection, mine, 1)
        if not gone and not spooled:
            raise unknown_record(identifier)

    async def delete_all(self, owner: bytes) -> int:
        """Delete all records that an owner has by now, for good; returns their number."""
        async with self._leaving_no_copies(owner) as images:
            spooled = await self._remove_spooled(images, owner)
        mine = predictions.c.owner == owner
        newest = select(predictions.c.id).where(mine).order_by(predictions.c.id.desc()).limit(1)
        async with reading(self._database) as connection:
            last = (await connection.execute(newest)).scalar()
        deleted = 0
        if last is not None:
            # Not records saved in the meantime: for an owner who keeps sending it would never end.
            old = and_(mine, predictions.c.id <= last)
            deleted = await self._delete_many(old, owner, counted=spooled)
        self._tell(owner, None)
        return len(spooled) + deleted

    async def change_owner(self, old: bytes, new: bytes) -> None:
        """Give all records, and what was counted of them, to an owner who has none yet.

        Records that are being saved at the same time may stay with the old one. If it raises an
        error, those that wait on disk stay with the old one too.
        """
        with reachable():
            async with (
                self._spool.changing_owner(old, new),
                writing(self._database, seconds=_STEP_SECONDS) as connection,
            ):
                await lock_owners(connection, {old, new})
                for table in (predictions, reviews, filings, tallies):
                    changed = update(table).where(table.c.owner == old).values(owner=new)
                    await connection.execute(changed)

    async def purge(self, before: datetime) -> int:
        """Delete everybody's records from before a quarter of an hour; returns their number.

        Only one process does this at a time; another one that finds it running leaves it the rest.
        """
        beginning = datetime.fromtimestamp(quarter_of(before) * QUARTER_SECONDS, UTC)
        limit = first_id_at(beginning)
        with reachable():
            spooled = await self._spool.remove_before(limit)
        self._has_deleted |= bool(spooled)
        deleted = await self._delete_many(
            predictions.c.id < limit, lock=_PURGE_LOCK, counted=spooled
        )
        return len(spooled) + deleted

    async def compact(self) -> None:
        """Rewrite SQLite's files where something was deleted since they last were rewritten."""
        if self._has_deleted:
            # Later deletions count for the next time.
            self._has_deleted = False
            done = await self._database.erase(thoroughly=True), await self._spool.erase()
            self._has_deleted |= not all(done)

    def _tell(self, owner: bytes, images: Collection[str] | None) -> None:
        for listener in self.listeners:
            listener(owner, images)

    async def _remove_spooled(
        self, images: list[str], owner: bytes, identifier: UUID | None = None
    ) -> set[UUID]:
        with reachable():
            images += await self._spool.images_of(owner, identifier)
            return await self._spool.remove_of(owner, identifier)

    @asynccontextmanager
    async def _leaving_no_copies(self, owner: bytes | None) -> AsyncIterator[list[str]]:
        """Collect the SHA-256 of images; on exit drop their data in caches, pages and logs.

        Errors do not prevent this: some records may be deleted, and a retry would not find them.

        Args:
            owner: Whose records are deleted; None for everybody's, whose cached results stay.
        """
        images: list[str] = []
        try:
            yield images
        except BaseException:
            self._has_deleted = True
            raise
        finally:
            if images and owner is not None:
                await self._leave_no_copies(owner, {image for image in images if image})

    async def _leave_no_copies(self, owner: bytes, images: Collection[str]) -> None:
        self._has_deleted = True
        self._tell(owner, images)
        if self._forget:
            await self._forget(images)
        await self._database.erase()

    async def _delete_many(
        self,
        chosen: ColumnElement[bool],
        owner: bytes | None = None,
        *,
        lock: int | None = None,
        counted: Collection[UUID],
    ) -> int:
        """Delete step by step, from old to new, as long as the lock can be taken.

        Args:
            chosen: The records.
            owner: Their owner; None for all owners.
            lock: Number of the lock; None needs none.
            counted: Ids deleted from the spool. A record is in both places if it was inserted
                while the answer of the database did not arrive in time.

        Returns:
            How many were deleted that are not counted yet.
        """
        deleted = 0
        rest: ColumnElement[bool] = true()
        while True:
            step = and_(chosen, rest)
            async with (
                self._leaving_no_copies(owner) as images,
                writing(self._database, seconds=_STEP_SECONDS) as connection,
            ):
                if lock is not None and not await try_lock(connection, lock):
                    return deleted
                if owner is not None:
                    images += await _images(connection, _oldest(step))
                gone = await delete_oldest(connection, step, _STEP)
            deleted += len(set(gone) - set(counted))
            # Now: a later step may break off.
            self._has_deleted |= bool(gone)
            if len(gone) < _STEP:
                return deleted
            # Starting at the oldest again would read past all deleted rows each time.
            rest = predictions.c.id > gone[-1]
            await asyncio.sleep(_PAUSE_SECONDS)


def one_of(owner: bytes, identifier: UUID) -> ColumnElement[bool]:
    """Return the condition that a prediction is this one, and an owner's."""
    return and_(predictions.c.id == identifier, predictions.c.owner == owner)


def unknown_record(identifier: UUID) -> UnknownRecordError:
    """Return the error for an id that is not in an owner's history."""
    return UnknownRecordError(f"There is no record {identifier} in your history.")


def _oldest(which: ColumnElement[bool]) -> Select[str]:
    return select(predictions.c.result).where(which).order_by(predictions.c.id).limit(_STEP)


async def _images(connection: AsyncConnection, results: Select[str]) -> list[str]:
    return [image_of(text) for text in (await connection.execute(results)).scalars()]
