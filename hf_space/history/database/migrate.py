"""Runs the migrations that a database lacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

MIGRATIONS: Final = Path(__file__).parent / "migrations"
# Any number will do that no other application on the same database takes.
_LOCK: Final = 0x62696F70


def upgrade(connection: Connection) -> None:
    """Bring the tables up to date within the transaction of a connection.

    Processes that start together wait for the first: on PostgreSQL for a lock, on SQLite for the
    transaction itself, which must have been begun for writing.
    """
    # It takes a while to import, and processes without a history do not need it.
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
