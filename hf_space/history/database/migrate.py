"""Runs the migrations that a database lacks."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.runtime.migration import RevisionStep
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection

MIGRATIONS: Final = Path(__file__).parent / "migrations"
# Any number that no other application on the same database uses.
_LOCK: Final = 0x62696F70

logger = logging.getLogger(__name__)


def upgrade(connection: Connection) -> None:
    """Bring the tables up to date within the transaction of a connection.

    Processes that start together wait for the first: on PostgreSQL for a lock, on SQLite for the
    transaction itself, which must have been begun for writing.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    migrate(connection, lambda scripts, current: scripts._upgrade_revs("head", current))


def migrate(
    connection: Connection, steps: Callable[[ScriptDirectory, str], list[RevisionStep]]
) -> None:
    """Take the migrations that a function chooses from the scripts and the current revision."""
    # It takes a while to import, and processes without a history do not need it.
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(MIGRATIONS))
    options = {
        "fn": lambda current, _: _told(connection, steps(scripts, current)),
        # SQLite can undo changes of tables too, once the driver leaves transactions to us.
        "transactional_ddl": True,
    }
    context = MigrationContext.configure(connection, opts=options)
    with context.begin_transaction():
        # Alembic's commands keep these operations in globals, which two databases would share: the
        # spool is opened while PostgreSQL is waited for. So each migration is handed its own.
        context.run_migrations(op=Operations(context))


def _told(connection: Connection, steps: list[RevisionStep]) -> Iterator[RevisionStep]:
    """Log each step when its turn comes; Alembic would not say of which database it is."""
    # Of an address only this, since the rest may hold a password.
    name = Path(connection.engine.url.database or "").name
    for step in steps:
        logger.info("%s: running %s", name, step)
        yield step
