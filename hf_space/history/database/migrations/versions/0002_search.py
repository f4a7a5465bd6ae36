"""Notes as searches compare them, and an index for the order by probability."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.operations import Operations

revision = "0002"
down_revision = "0001"

_INDEX = "ix_predictions_owner_probability_id"


def upgrade(op: Operations) -> None:
    """Add both, and fold the notes that are there."""
    op.create_index(_INDEX, "predictions", ["owner", "probability", "id"])
    op.add_column("reviews", sa.Column("folded_note", sa.Text))
    reviews = sa.table(
        "reviews",
        sa.column("id", sa.Uuid),
        sa.column("note", sa.Text),
        sa.column("folded_note", sa.Text),
    )
    connection = op.get_bind()
    noted = sa.select(reviews.c.id, reviews.c.note).where(reviews.c.note.is_not(None))
    rows = [
        {"review": row.id, "folded": unicodedata.normalize("NFC", row.note.casefold())}
        for row in connection.execute(noted)
    ]
    if rows:
        fold = reviews.update().where(reviews.c.id == sa.bindparam("review"))
        connection.execute(fold.values(folded_note=sa.bindparam("folded")), rows)


def downgrade(op: Operations) -> None:
    """Remove both."""
    op.drop_column("reviews", "folded_note")
    op.drop_index(_INDEX, "predictions")
