"""An owner's records: found, reviewed, counted and deleted. Nobody else's are ever touched."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, select
from sqlalchemy.exc import DBAPIError

from hf_space.errors import HistoryUnavailableError, InvalidOptionsError, UnknownRecordError
from hf_space.history_schemas import MAX_PAGE, HistoryItem, HistoryPage, HistoryQuery, Review
from hf_space.ids import first_id_at, time_of, uuid7
from hf_space.store.database import describe, is_conflict, is_unreachable
from hf_space.store.dialects import try_lock
from hf_space.store.selection import chosen, cursor_after, in_order
from hf_space.store.statistics import read_statistics
from hf_space.store.tables import predictions, reviews, tallies
from hf_space.store.tallies import QUARTER_SECONDS, quarter_of, take_out

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from hf_space.history_schemas import (
        HistoryFilter,
        ReviewRequest,
        Statistics,
        StatisticsQuery,
    )
    from hf_space.store.database import Database
    from hf_space.store.spool import Spool

_QUERY_SECONDS: Final = 5.0
# Deleting a million records takes a while.
_DELETE_SECONDS: Final = 120.0
_CONFLICTS: Final = 10

_HAS_ORIGINAL: Final = predictions.c.original.is_not(None).label("has_original")
# What tells how a record was counted.
_COUNTED: Final = tuple(
    predictions.c[name]
    for name in (
        *("id", "owner", "kind", "verdict", "probability", "model_name", "model_revision"),
        *("cached", "total_ms"),
    )
)
_COPIED: Final = (
    *("id", "created_at", "kind", "verdict", "probability", "threshold", "operating_point"),
    *("image", "model"),
)
_PURGE_LOCK: Final = 0x70757267
_SUMMARY: Final = (predictions.c.id, predictions.c.margin, predictions.c.result, _HAS_ORIGINAL)


class History:
    """Every method takes the owner first, and sees no other's records."""

    def __init__(self, database: Database, spool: Spool) -> None:
        """Read from a database; deletions reach the records that wait for it too."""
        self._database = database
        self._spool = spool

    async def page(self, owner: bytes, query: HistoryQuery) -> HistoryPage:
        """Return one page; raises InvalidOptionsError for a bad cursor."""
        wanted = in_order(
            select(*_SUMMARY).where(chosen(owner, query)), query.sort, query.cursor
        ).limit(query.limit + 1)
        async with self._reading() as connection:
            rows = (await connection.execute(wanted)).all()
            shown = rows[: query.limit]
            # Later ones replace earlier ones.
            latest = dict(await _reviews(connection, [row.id for row in shown]))
        more = len(rows) > query.limit
        return HistoryPage(
            items=[_item(row, latest.get(row.id)) for row in shown],
            next_cursor=cursor_after(shown[-1], query.sort) if more else None,
        )

    async def record(
        self, owner: bytes, identifier: UUID
    ) -> tuple[Row[*tuple[Any, ...]], list[Review]]:
        """Return a record's row, with all but the original, and its reviews, oldest first."""
        columns = [column for column in predictions.c if column.name != "original"]
        query = select(*columns, _HAS_ORIGINAL).where(_one(owner, identifier))
        async with self._reading() as connection:
            row = (await connection.execute(query)).first()
            if row is None:
                raise _unknown(identifier)
            given = await _reviews(connection, [identifier])
        return row, [review for _, review in given]

    async def thumbnail(self, owner: bytes, identifier: UUID) -> bytes:
        """Return a record's thumbnail, WebP."""
        return await self._picture(owner, identifier, predictions.c.thumbnail)

    async def original(self, owner: bytes, identifier: UUID) -> bytes:
        """Return the image file itself; raises UnknownRecordError where it was not kept."""
        return await self._picture(owner, identifier, predictions.c.original)

    async def review(
        self, owner: bytes, identifier: UUID, request: ReviewRequest, labels: dict[str, str]
    ) -> Review:
        """Add a second opinion to a record; earlier ones stay.

        Args:
            owner: Whose record it is.
            identifier: The record.
            request: The opinion.
            labels: The class that each verdict means; none for a verdict that means neither.

        Raises:
            InvalidOptionsError: The label is no class, or the one that is disagreed with; or the
                note holds what PostgreSQL cannot keep.
            UnknownRecordError: There is no such record.
        """
        if "\0" in (request.note or ""):
            raise _bad("note", "it holds a null character")
        # The lock keeps the record from being deleted before the opinion is there.
        mine = select(predictions.c.verdict).where(_one(owner, identifier))
        async with self._writing() as connection:
            verdict = (await connection.execute(mine.with_for_update(read=True))).scalar()
            if verdict is None:
                raise _unknown(identifier)
            label = _right_label(request, labels, verdict)
            content = request.model_dump() | {"label": label}
            review = uuid7()
            row = {"id": review, "prediction_id": identifier, "owner": owner, **content}
            await connection.execute(reviews.insert(), row)
        return Review(id=review, created_at=time_of(review), **content)

    async def statistics(self, owner: bytes, query: StatisticsQuery) -> Statistics:
        """Return what an owner's predictions add up to."""
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
        """Delete a record for good, and its reviews."""
        gone = delete(predictions).where(_one(owner, identifier)).returning(*_COUNTED)
        # It may wait on disk, or have come from there just now: so there first.
        with _reachable():
            waited = await self._spool.remove_of(owner, identifier)
        async with self._writing() as connection:
            row = (await connection.execute(gone)).first()
            if row:
                await take_out(connection, row)
        if row is None and not waited:
            raise _unknown(identifier)

    async def delete_all(self, owner: bytes) -> int:
        """Delete all records of an owner for good; returns their number."""
        with _reachable():
            waited = await self._spool.remove_of(owner)
        for _ in range(_CONFLICTS):
            try:
                return waited + await self._delete_all(owner)
            except DBAPIError as error:
                if not is_conflict(error):
                    raise
        raise HistoryUnavailableError("an owner's records change faster than they are deleted")

    async def purge(self, before: datetime) -> int:
        """Delete everybody's records from before a quarter of an hour; returns their number.

        Of several processes one does it, and the others find nothing to do.
        """
        quarter = quarter_of(before)
        first_kept = first_id_at(datetime.fromtimestamp(quarter * QUARTER_SECONDS, UTC))
        async with self._writing(seconds=_DELETE_SECONDS) as connection:
            if not await try_lock(connection, _PURGE_LOCK):
                return 0
            gone = await connection.execute(
                delete(predictions).where(predictions.c.id < first_kept)
            )
            await connection.execute(delete(tallies).where(tallies.c.quarter < quarter))
        return gone.rowcount

    async def _delete_all(self, owner: bytes) -> int:
        # Within one snapshot the tallies are those of the records, whoever adds some meanwhile.
        async with self._writing(snapshot=True, seconds=_DELETE_SECONDS) as connection:
            gone = await connection.execute(delete(predictions).where(predictions.c.owner == owner))
            await connection.execute(delete(tallies).where(tallies.c.owner == owner))
            return gone.rowcount

    async def _picture(
        self, owner: bytes, identifier: UUID, column: ColumnElement[bytes | None]
    ) -> bytes:
        async with self._reading() as connection:
            query = select(column).where(_one(owner, identifier))
            picture = (await connection.execute(query)).scalar_one_or_none()
        if picture is None:
            raise _unknown(identifier)
        return picture

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        with _reachable():
            async with asyncio.timeout(_QUERY_SECONDS), self._database.reading() as connection:
                yield connection

    @asynccontextmanager
    async def _writing(
        self, *, snapshot: bool = False, seconds: float = _QUERY_SECONDS
    ) -> AsyncIterator[AsyncConnection]:
        with _reachable():
            async with (
                asyncio.timeout(seconds),
                self._database.writing(snapshot=snapshot) as connection,
            ):
                yield connection


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not is_unreachable(error):
            raise
        raise HistoryUnavailableError(
            f"the history cannot be reached: {describe(error)}"
        ) from error


def _one(owner: bytes, identifier: UUID) -> ColumnElement[bool]:
    return and_(predictions.c.id == identifier, predictions.c.owner == owner)


def _unknown(identifier: UUID) -> UnknownRecordError:
    return UnknownRecordError(f"There is no record {identifier} in your history.")


def _right_label(request: ReviewRequest, labels: dict[str, str], verdict: str) -> str | None:
    if request.opinion == "agree":
        return labels.get(verdict)
    others = [label for said, label in labels.items() if said != verdict]
    if request.label is not None and request.label not in others:
        raise _bad("label", f"to disagree with {verdict}, name one of {', '.join(sorted(others))}")
    return request.label


def _bad(field: str, message: str) -> InvalidOptionsError:
    return InvalidOptionsError(f"{field}: {message}", fields=[{"field": field, "message": message}])


async def _reviews(connection: AsyncConnection, ids: Sequence[UUID]) -> list[tuple[UUID, Review]]:
    """Return the reviews of records, oldest first, each with its record's id."""
    if not ids:
        return []
    query = select(reviews).where(reviews.c.prediction_id.in_(ids)).order_by(reviews.c.id)
    return [
        (
            row.prediction_id,
            Review(
                id=row.id,
                created_at=time_of(row.id),
                opinion=row.opinion,
                label=row.label,
                note=row.note,
            ),
        )
        for row in await connection.execute(query)
    ]


def _item(row: Row[Any], review: Review | None) -> HistoryItem:
    result = json.loads(row.result)
    region = result["region"]
    return HistoryItem(
        **{name: result[name] for name in _COPIED},
        warnings=[warning["code"] for warning in result["warnings"]],
        malignant_area_mm2=region and region["malignant_area_mm2"],
        has_original=row.has_original,
        review=review,
    )
