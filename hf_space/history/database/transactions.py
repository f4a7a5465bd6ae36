"""Transactions of a request, which end in time and say when the database is unreachable."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

from hf_space.errors import HistoryUnavailableError
from hf_space.history.database.connection import answered_within
from hf_space.history.database.errors import describe, is_unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy.ext.asyncio import AsyncConnection

    from hf_space.history.database.connection import Database

_QUERY_SECONDS: Final = 5.0


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[AsyncConnection]:
    """Give a transaction to read in; raises HistoryUnavailableError."""
    with reachable():
        async with answered_within(_QUERY_SECONDS), database.reading() as connection:
            yield connection


@asynccontextmanager
async def writing(
    database: Database, *, seconds: float = _QUERY_SECONDS
) -> AsyncIterator[AsyncConnection]:
    """Give a transaction to write in, within some seconds; raises HistoryUnavailableError."""
    with reachable():
        async with answered_within(seconds), database.writing() as connection:
            yield connection


@contextmanager
def reachable() -> Iterator[None]:
    """Raise HistoryUnavailableError in place of what says that a database cannot serve now."""
    try:
        yield
    except Exception as error:
        if not is_unreachable(error):
            raise
        raise HistoryUnavailableError(
            f"the history cannot be reached: {describe(error)}"
        ) from error
