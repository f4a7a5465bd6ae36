"""Finds, reviews, counts and deletes the records of one owner."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from hf_space.errors import InvalidOptionsError
from hf_space.history.database.tables import predictions, reviews
from hf_space.history.database.transactions import reading, writing
from hf_space.history.deletion import Deletion, one_of, unknown_record
from hf_space.history.reading.filing import read_folders, write_filing
from hf_space.history.reading.items import (
    HAS_ORIGINAL,
    ITEM_COLUMNS,
    filings_of,
    item_of,
    latest_reviews,
    review_of,
)
from hf_space.history.reading.search import folded
from hf_space.history.reading.selection import chosen, cursor_after, in_order, neighbours
from hf_space.history.reading.statistics import read_statistics
from hf_space.history.record import saved_record_of
from hf_space.schemas.history import MAX_PAGE, HistoryPage, HistoryQuery, Review
from hf_space.schemas.ids import time_of, uuid7

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hf_space.history.database.connection import Database
    from hf_space.history.deletion import Forget, Listener
    from hf_space.history.record import SavedRecord
    from hf_space.history.writing.spool import Spool
    from hf_space.schemas.filing import Filing, FolderList
    from hf_space.schemas.history import (
        HistoryFilter,
        HistoryItem,
        ReviewRequest,
        Statistics,
        StatisticsQuery,
    )

_MOST_REVIEWS: Final = 100


class HistoryRepository:
    """Every method but `purge` takes the owner first, and sees no other's records."""

    def __init__(self, database: Database, spool: Spool, forget: Forget | None = None) -> None:
        """Read from a database; deletions reach the records that wait for it too.

        Args:
            database: Holds the records.
            spool: Holds those that wait for it.
            forget: Drops cached results of the images whose records an owner deletes.
        """
        self._database = database
        self._deletion = Deletion(database, spool, forget)

    async def page(self, owner: bytes, query: HistoryQuery) -> HistoryPage:
        """Return one page; raises InvalidOptionsError for a bad cursor."""
        wanted = in_order(
            select(*ITEM_COLUMNS).where(chosen(owner, query)), query.sort, query.cursor
        ).limit(query.limit + 1)
        async with self._reading() as connection:
            rows = (await connection.execute(wanted)).all()
            shown = rows[: query.limit]
            ids = [row.id for row in shown]
            latest = await latest_reviews(connection, ids)
            filed = await filings_of(connection, ids)
        more = len(rows) > query.limit
        return HistoryPage(
            items=[item_of(row, latest.get(row.id), filed.get(row.id)) for row in shown],
            next_cursor=cursor_after(shown[-1], query.sort) if more else None,
        )

    async def record(self, owner: bytes, identifier: UUID) -> SavedRecord:
        """Return a record with its reviews and the data for its drawings."""
        columns = [column for column in predictions.c if column.name != "original"]
        beside = neighbours(owner, identifier)
        query = select(*columns, HAS_ORIGINAL, *beside).where(one_of(owner, identifier))
        async with self._reading() as connection:
            row = (await connection.execute(query)).first()
            if row is None:
                raise unknown_record(identifier)
            given = await connection.execute(
                select(reviews).where(reviews.c.prediction_id == identifier).order_by(reviews.c.id)
            )
            given_reviews = [review_of(one) for one in given]
            filing = (await filings_of(connection, [identifier])).get(identifier)
        # The grids of a large region take a while to unpack.
        return await asyncio.to_thread(saved_record_of, row, given_reviews, filing)

    async def thumbnail(self, owner: bytes, identifier: UUID) -> bytes:
        """Return a record's thumbnail, WebP."""
        return await self._picture(owner, identifier, predictions.c.thumbnail)

    async def thumbnails(self, owner: bytes, identifiers: Sequence[UUID]) -> dict[UUID, bytes]:
        """Return the thumbnails of records, WebP, without those that are not there."""
        query = select(predictions.c.id, predictions.c.thumbnail).where(
            predictions.c.owner == owner, predictions.c.id.in_(identifiers)
        )
        async with self._reading() as connection:
            return {row.id: row.thumbnail for row in await connection.execute(query)}

    async def original(self, owner: bytes, identifier: UUID) -> bytes:
        """Return the image file itself; raises UnknownRecordError where it was not stored."""
        return await self._picture(owner, identifier, predictions.c.original)

    async def review(
        self, owner: bytes, identifier: UUID, request: ReviewRequest, labels: dict[str, str]
    ) -> Review:
        """Add a review to a record; earlier ones stay.

        Args:
            owner: Whose record it is.
            identifier: The record.
            request: The review.
            labels: The class that each verdict means; none for a verdict that means neither.

        Raises:
            InvalidOptionsError: The label is no class, or the one that is disagreed with; the note
                holds what PostgreSQL cannot store; or the record has too many reviews.
            UnknownRecordError: There is no such record.
        """
        if "\0" in (request.note or ""):
            raise _bad("note", "it holds a null character")
        # The lock keeps the record from being deleted, or reviewed by another, meanwhile.
        mine = select(predictions.c.verdict).where(one_of(owner, identifier))
        async with self._writing() as connection:
            verdict = (await connection.execute(mine.with_for_update())).scalar()
            if verdict is None:
                raise unknown_record(identifier)
            label = _right_label(request, labels, verdict)
            given = select(func.count()).where(reviews.c.prediction_id == identifier)
            if (await connection.execute(given)).scalar_one() >= _MOST_REVIEWS:
                raise _bad("opinion", f"a record takes no more than {_MOST_REVIEWS} of them")
            content = request.model_dump() | {"label": label}
            review = uuid7()
            row = {"id": review, "prediction_id": identifier, "owner": owner, **content}
            row["folded_note"] = request.note and folded(request.note)
            await connection.execute(reviews.insert(), row)
        return Review(id=review, created_at=time_of(review), **content)

    async def file(self, owner: bytes, identifier: UUID, filing: Filing) -> Filing:
        """File a record in place of where it was; raises UnknownRecordError where there is none."""
        # The lock keeps the record from being deleted, or filed by another, meanwhile.
        mine = select(predictions.c.id).where(one_of(owner, identifier)).with_for_update()
        async with self._writing() as connection:
            if (await connection.execute(mine)).first() is None:
                raise unknown_record(identifier)
            await write_filing(connection, owner, identifier, filing)
        return filing

    async def folders(self, owner: bytes) -> FolderList:
        """Return an owner's folders, by name."""
        async with self._reading() as connection:
            return await read_folders(connection, owner)

    async def statistics(self, owner: bytes, query: StatisticsQuery) -> Statistics:
        """Return the statistics of an owner's predictions."""
        async with self._reading() as connection:
            return await read_statistics(connection, owner, query)

    async def export(self, owner: bytes, wanted: HistoryFilter) -> AsyncIterator[HistoryItem]:
        """Yield all chosen records, newest first, some at a time."""
        query = HistoryQuery(**wanted.model_dump(), limit=MAX_PAGE)
        while True:
            page = await self.page(owner, query)
            for item in page.items:
                yield item
            if page.next_cursor is None:
                return
            query = query.model_copy(update={"cursor": page.next_cursor})

    async def delete(self, owner: bytes, identifier: UUID) -> None:
        """Delete a record for good, with its reviews, case label and folder."""
        await self._deletion.delete(owner, identifier)

    async def delete_all(self, owner: bytes) -> int:
        """Delete all records that an owner has by now, for good; returns their number."""
        return await self._deletion.delete_all(owner)

    def when_deleted(self, listener: Listener) -> None:
        """Call a listener whenever an owner has deleted records."""
        self._deletion.listeners.append(listener)

    async def change_owner(self, old: bytes, new: bytes) -> None:
        """Give all records of an owner to one who has none yet."""
        await self._deletion.change_owner(old, new)

    async def purge(self, before: datetime) -> int:
        """Delete everybody's records from before a quarter of an hour; returns their number."""
        return await self._deletion.purge(before)

    async def newest(self) -> datetime | None:
        """Return when the newest of everybody's records was made; None where there is none."""
        last = select(predictions.c.id).order_by(predictions.c.id.desc()).limit(1)
        async with self._reading() as connection:
            found = (await connection.execute(last)).scalar_one_or_none()
        return found and time_of(found)

    async def compact(self) -> None:
        """Rewrite SQLite's files without what deleted records have left in them."""
        await self._deletion.compact()

    async def _picture(
        self, owner: bytes, identifier: UUID, column: ColumnElement[bytes | None]
    ) -> bytes:
        async with self._reading() as connection:
            query = select(column).where(one_of(owner, identifier))
            picture = (await connection.execute(query)).scalar_one_or_none()
        if picture is None:
            raise unknown_record(identifier)
        return picture

    def _reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return reading(self._database)

    def _writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return writing(self._database)


def _right_label(request: ReviewRequest, labels: dict[str, str], verdict: str) -> str | None:
    if request.opinion == "agree":
        return labels.get(verdict)
    others = [label for said, label in labels.items() if said != verdict]
    if request.label is not None and request.label not in others:
        raise _bad("label", f"to disagree with {verdict}, name one of {', '.join(sorted(others))}")
    return request.label


def _bad(field: str, message: str) -> InvalidOptionsError:
    return InvalidOptionsError(f"{field}: {message}", fields=[{"field": field, "message": message}])
