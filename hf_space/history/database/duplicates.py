"""Of an owner's records with one fingerprint exactly one counts; the others are duplicates.

The first to be inserted counts, which a unique index decides between processes. Once it is
deleted, the oldest of those that are left counts in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    column,
    func,
    select,
    text,
    true,
    update,
    values,
)

from hf_space.history.database.connection import is_postgresql
from hf_space.history.database.tables import COUNTED, IS_COUNTED, IS_DUPLICATE, predictions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    Key = tuple[bytes, bytes]


def lock_number(owner: bytes) -> int:
    """Return the number of the lock under which an owner's records come, change and go."""
    return int.from_bytes(owner[:8], "big", signed=True)


async def lock_owners(connection: AsyncConnection, owners: Collection[bytes]) -> None:
    """Wait for, and take, the locks of owners for the rest of the transaction.

    On SQLite, which has one writer at a time, the transaction is such a lock.
    """
    if is_postgresql(connection):
        # In one order everywhere, so that no two transactions wait for each other.
        numbers = [lock_number(owner) for owner in sorted(owners)]
        await connection.execute(_LOCK, {"numbers": numbers})


async def lock_owners_of(connection: AsyncConnection, owners: Select[bytes]) -> ColumnElement[bool]:
    """Take the locks of the owners that a query finds.

    Returns:
        The condition that a record is theirs; others may have come since the query.
    """
    if not is_postgresql(connection):
        return true()
    found = set((await connection.execute(owners)).scalars())
    await lock_owners(connection, found)
    return predictions.c.owner.in_(found)


async def counted_of(connection: AsyncConnection, keys: Collection[Key]) -> set[Key]:
    """Return which pairs of owner and fingerprint have a record that counts already."""
    columns = predictions.c.owner, predictions.c.fingerprint
    query = select(*columns).join_from(*_at(keys)).where(IS_COUNTED)
    return {(row.owner, row.fingerprint) for row in await connection.execute(query)}


async def promote(
    connection: AsyncConnection, gone: Iterable[Row[Any]]
) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """Let the oldest duplicate count in the place of each record that is gone.

    Args:
        connection: Holds the locks of the owners.
        gone: The columns `COUNTED` of records that were deleted.

    Returns:
        The same columns of the records that count from now on, and as they were before.
    """
    keys = {(row.owner, row.fingerprint) for row in gone if row.fingerprint and row.is_counted}
    if not keys:
        return [], []
    before = (await connection.execute(select(*COUNTED).where(_are_heirs(keys)))).all()
    if not before:
        return [], []
    heirs = update(predictions).where(predictions.c.id.in_([row.id for row in before]))
    now = await connection.execute(heirs.values(is_counted=True).returning(*COUNTED))
    return now.all(), before


def _are_heirs(keys: Collection[Key]) -> ColumnElement[bool]:
    of = predictions.c
    place = func.row_number().over(partition_by=[of.owner, of.fingerprint], order_by=of.id)
    duplicates = select(of.id, place.label("place")).join_from(*_at(keys)).where(IS_DUPLICATE)
    ranked = duplicates.subquery()
    return of.id.in_(select(ranked.c.id).where(ranked.c.place == 1))


def _at(keys: Collection[Key]) -> tuple[FromClause, FromClause, ColumnElement[bool]]:
    """Return what joins records to pairs of owner and fingerprint: by their index.

    SQLite looks through all records for those whose pair is in a list.
    """
    of = predictions.c
    names = column("key_owner", of.owner.type), column("key_fingerprint", of.fingerprint.type)
    known = values(*names, name="known").data(sorted(keys)).cte()
    at = and_(known.c.key_owner == of.owner, known.c.key_fingerprint == of.fingerprint)
    return known, predictions, at


_LOCK: Final = text(
    "SELECT pg_advisory_xact_lock(number) FROM unnest(CAST(:numbers AS bigint[])) AS number"
)
