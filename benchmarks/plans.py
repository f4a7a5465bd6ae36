"""How PostgreSQL carries out the statements that `/stats/` sends."""

from __future__ import annotations

import asyncio
import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event

from hf_space.history.database.connection import Database
from hf_space.history.reading.statistics import read_statistics
from hf_space.schemas.history import StatisticsQuery

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_WIDTH: Final = 100
_TABLE: Final = re.compile(r"\bFROM (\w+)")
_INDEX: Final = re.compile(r"Index(?: Only)? Scan (?:Backward )?(?:using|on) (\w+)")
_TIME: Final = re.compile(r"Execution Time: ([\d.]+) ms")


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement, and what PostgreSQL did."""

    statement: str
    plan: str

    @property
    def index(self) -> str | None:
        """The index by which rows were found; None where a whole table was read."""
        found = _INDEX.search(self.plan)
        return found and found[1]

    def render(self) -> str:
        """Return the plan under the statement, with the index in a line of its own."""
        table, took = _TABLE.search(self.statement), _TIME.search(self.plan)
        if table is None or took is None:
            raise ValueError(f"no plan of a query: {self.plan}")
        how = f"index {self.index}" if self.index else "no index: the whole table is read"
        wrapped = textwrap.fill(" ".join(self.statement.split()), _WIDTH)
        return f"## {table[1]}: {how}, {took[1]} ms\n\n{wrapped}\n\n{self.plan}"


def explain_statistics(url: str, owner: bytes, query: StatisticsQuery) -> list[Explained]:
    """Explain all that the service sends for one answer of `/stats/`, in its order."""

    async def explain() -> list[Explained]:
        database = Database(url)
        try:
            async with database.reading() as connection:
                with _recording(connection) as sent:
                    await read_statistics(connection, owner, query)
                return [await _explain(connection, *each) for each in sent]
        finally:
            await database.close()

    return asyncio.run(explain())


@contextmanager
def _recording(connection: AsyncConnection) -> Iterator[list[tuple[str, Any]]]:
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(connection.sync_connection, "before_cursor_execute", note)


async def _explain(connection: AsyncConnection, statement: str, parameters: Any) -> Explained:
    lines = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters)
    return Explained(statement, "\n".join(lines.scalars()))
