"""The migrations make the tables that the code expects, on every database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.util import await_only

from hf_space.history.database.connection import Database
from hf_space.history.database.migrate import migrate
from hf_space.history.database.statements import insert_records
from hf_space.history.database.tables import metadata, reviews
from hf_space.schemas.ids import uuid7
from tests.record_factory import make_record
from tests.stores import Store

TABLES = {"alembic_version", "filings", "predictions", "reviews", "tallies"}


def run(store: Store, *steps: Callable[[Connection], Any]) -> list[Any]:
    """Open the database, take steps in one transaction, and return what they return."""

    async def scenario() -> list[Any]:
        database = store.database()
        try:
            await database.open()
            async with database.writing() as connection:
                return [await connection.run_sync(step) for step in steps]
        finally:
            await database.close()

    return asyncio.run(scenario())


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def table_names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def indexes(connection: Connection) -> dict[str, list[str | None]]:
    found = inspect(connection)
    return {
        str(index["name"]): index["column_names"]
        for table in metadata.tables
        for index in found.get_indexes(table)
    }


def downgrade(connection: Connection, revision: str = "base") -> None:
    migrate(connection, lambda scripts, current: scripts._downgrade_revs(revision, current))


def test_the_migrated_schema_is_that_of_the_code(store: Store) -> None:
    found, names, named_indexes = run(store, differences, table_names, indexes)
    assert found == []
    assert names == TABLES
    # The comparison of schemas ignores these indexes, which make pages and statistics fast.
    assert named_indexes == {
        "ix_predictions_duplicates": ["owner", "fingerprint", "id"],
        "ix_predictions_old_owner_id": ["owner", "id"],
        "ix_predictions_owner_id": ["owner", "id"],
        "ix_predictions_owner_margin_id": ["owner", "margin", "id"],
        "ix_predictions_owner_probability_id": ["owner", "probability", "id"],
        "ix_predictions_owner_sha256_id": ["owner", "sha256", "id"],
        "uq_predictions_counted": ["owner", "fingerprint"],
        "ix_reviews_prediction_id_id": ["prediction_id", "id"],
        "ix_reviews_owner_prediction_id_id": ["owner", "prediction_id", "id"],
        "ix_filings_owner_folder_prediction_id": ["owner", "folder", "prediction_id"],
    }


def test_a_difference_would_be_found(store: Store) -> None:
    (found,) = run(
        store,
        lambda connection: (
            connection.execute(text("DROP INDEX ix_predictions_owner_id")),
            connection.execute(text("ALTER TABLE reviews DROP COLUMN note")),
            differences(connection),
        )[-1],
    )
    assert {difference[0] for difference in found} == {"add_index", "add_column"}


def test_opening_again_changes_nothing(store: Store) -> None:
    async def keep() -> None:
        database = store.database()
        await database.open()
        async with database.writing() as connection:
            await insert_records(connection, [make_record(b"o" * 32)])
        await database.open()
        await database.close()

    asyncio.run(keep())
    counts = run(
        store,
        lambda connection: connection.scalar(text("SELECT count(*) FROM predictions")),
        lambda connection: connection.scalar(text("SELECT count(*) FROM alembic_version")),
        differences,
    )
    assert counts == [1, 1, []]


def test_many_that_open_at_once_make_the_tables_once(store: Store) -> None:
    async def scenario() -> None:
        databases = [store.database() for _ in range(8)]
        await asyncio.gather(*(database.open() for database in databases))
        for database in databases:
            await database.close()

    asyncio.run(scenario())
    assert run(store, differences, table_names) == [[], TABLES]


def test_a_database_that_keeps_its_migrations_waiting_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the spool is opened while a slow PostgreSQL is still migrating, in the same thread.
    databases = [Database(f"sqlite:///{tmp_path / name}") for name in ("slow", "quick")]
    held, release = asyncio.Event(), asyncio.Event()
    run = MigrationContext.run_migrations

    def wait_first(self: MigrationContext, **given: Any) -> None:
        if not held.is_set():
            held.set()
            await_only(release.wait())
        run(self, **given)

    monkeypatch.setattr(MigrationContext, "run_migrations", wait_first)

    async def scenario() -> list[set[str]]:
        slow = asyncio.create_task(databases[0].open())
        await held.wait()
        await databases[1].open()
        release.set()
        await slow
        found = []
        for database in databases:
            async with database.reading() as connection:
                found.append(await connection.run_sync(table_names))
            await database.close()
        return found

    assert asyncio.run(scenario()) == [TABLES, TABLES]


def test_downgrading_leaves_nothing_and_upgrading_makes_it_anew(store: Store) -> None:
    assert run(store, downgrade, table_names)[1] == {"alembic_version"}
    assert run(store, differences, table_names) == [[], TABLES]


def test_notes_from_before_there_were_searches_are_found(store: Store) -> None:
    record, review = make_record(b"o" * 32), uuid7()

    def note(connection: Connection) -> None:
        opinion = {"prediction_id": record.id, "owner": record.owner, "opinion": "unsure"}
        rows = [
            opinion | {"id": review, "note": "ÁREA"},
            opinion | {"id": uuid7(), "note": None},
        ]
        connection.execute(reviews.insert(), rows)

    run(store)
    store.insert(record)
    run(store, note, lambda connection: downgrade(connection, "0001"))
    (found,) = run(store, lambda connection: connection.execute(select(reviews)).all())
    assert {row.id: row.folded_note for row in found}[review] == "área"
    assert {row.note: row.folded_note for row in found}[None] is None


def test_changes_of_tables_are_undone_where_they_fail(store: Store) -> None:
    def fail(connection: Connection) -> None:
        downgrade(connection)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        run(store, fail)
    assert run(store, differences, table_names) == [[], TABLES]
