"""Alembic's entry: run migrations on the connection that `migrate` hands over."""

from __future__ import annotations

from alembic import context

from hf_space.history.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can undo changes of tables too, once the driver leaves transactions to us.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
