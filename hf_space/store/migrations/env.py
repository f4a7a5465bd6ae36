"""Alembic's entry: runs migrations on the connection that `hf_space.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from hf_space.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can undo changes of tables too, once the driver leaves transactions to us.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
