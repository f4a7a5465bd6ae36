"""What PostgreSQL and SQLite both can do, and SQLAlchemy names by database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Insert = postgresql.Insert | sqlite.Insert
"""An insert that may say what to do on conflict."""

INSERTS: Final[dict[str, type[Insert]]] = {
    "postgresql": postgresql.Insert,
    "sqlite": sqlite.Insert,
}


def is_postgresql(connection: AsyncConnection) -> bool:
    """Tell whether a connection leads to PostgreSQL, rather than SQLite."""
    return connection.dialect.name == "postgresql"


async def try_lock(connection: AsyncConnection, number: int) -> bool:
    """Take a lock for the rest of the transaction; False where another process has it.

    On SQLite, which has one writer at a time, the transaction is such a lock.
    """
    if not is_postgresql(connection):
        return True
    query = text("SELECT pg_try_advisory_xact_lock(:number)")
    return bool((await connection.execute(query, {"number": number})).scalar_one())
