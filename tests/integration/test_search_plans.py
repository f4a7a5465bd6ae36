"""A search that matches few records uses indexes, on every pair of stores."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hf_space.history.database.connection import Database
from hf_space.history.database.tables import predictions
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.writing.spool import Spool
from hf_space.schemas.history import HistoryQuery
from tests.record_factory import NOON, id_at, make_record
from tests.stores import Store

OWNER = b"o" * 32
# Enough records that PostgreSQL does not prefer to read all of them.
NUMBER = 3000


def digest_of(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


HASH = digest_of(7).hex()[:12]


def rows(number: int) -> list[dict[str, Any]]:
    pattern = make_record(OWNER)
    return [
        asdict(
            replace(
                pattern,
                id=id_at(NOON + timedelta(minutes=place)),
                sha256=digest_of(place),
                fingerprint=digest_of(place)[:16],
            )
        )
        for place in range(number)
    ]


async def fill(database: Database) -> None:
    await database.open()
    async with database.writing() as connection:
        await connection.execute(predictions.insert(), rows(NUMBER))
        if not database.is_sqlite:
            # It does so by itself, after a minute.
            await connection.execute(text("ANALYZE"))


async def explain(connection: AsyncConnection, sent: tuple[str, Any]) -> Sequence[str]:
    statement, parameters = sent
    word = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    found = await connection.exec_driver_sql(f"{word} {statement}", parameters)
    return [str(row[-1]) for row in found]


async def plan_of(database: Database, history: HistoryRepository, typed: str) -> str:
    """Return how the database finds the first page of a search."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "predictions.owner" in statement:
            sent.append((statement, parameters))

    engine = database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        await history.page(OWNER, HistoryQuery(search=typed))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    async with database.reading() as connection:
        return "\n".join(await explain(connection, sent[0]))


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(HASH, id="a hash"),
        pytest.param(str(id_at(NOON))[:13], id="an id"),
        pytest.param("no such words", id="a note"),
    ],
)
def test_what_few_records_have_is_found_by_index(store: Store, typed: str) -> None:
    async def scenario() -> str:
        database, spool = store.database(), Spool(store.folder, max_records=0)
        try:
            await fill(database)
            return await plan_of(database, HistoryRepository(database, spool), typed)
        finally:
            await database.close()

    plan = asyncio.run(scenario())
    # None of them looks at all records, or at all of the owner's.
    for everything in ("Seq Scan on predictions", "SCAN predictions", "SubPlan"):
        assert everything not in plan
    assert "predictions USING INDEX ix_predictions_owner_id (owner=?)" not in plan
    assert ("ix_predictions_owner_sha256_id" in plan) == (typed == HASH)
