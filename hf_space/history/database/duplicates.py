"""Of an owner's records with one fingerprint exactly one counts; the others are duplicates.

The first to be inserted counts, which a unique index decides between processes. Once it is
deleted, the oldest of those that are left counts in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, func, select, text, true, tuple_, update

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


async def lock_owners_of(
    connection: AsyncConnection, owners: Select[bytes]
) -> ColumnElement[bool]:
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
    column = predictions.c
    query = select(column.owner, column.fingerprint).where(IS_COUNTED, _is_one_of(keys))
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
    column = predictions.c
    place = func.row_number().over(
        partition_by=[column.owner, column.fingerprint], order_by=column.id
    )
    ranked = (
        select(column.id, place.label("place")).where(IS_DUPLICATE, _is_one_of(keys)).subquery()
    )
    return column.id.in_(select(ranked.c.id).where(ranked.c.place == 1))


def _is_one_of(keys: Collection[Key]) -> ColumnElement[bool]:
    return tuple_(predictions.c.owner, predictions.c.fingerprint).in_(sorted(keys))


_LOCK = text(
    "SELECT pg_advisory_xact_lock(number) FROM unnest(CAST(:numbers AS bigint[])) AS number"
)
