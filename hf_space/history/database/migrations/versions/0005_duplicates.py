"""The SHA-256 of images, and which of an owner's records are duplicates.

Records that are there get both later, by `hf_space.history.database.conversion`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.operations import Operations

revision = "0005"
down_revision = "0004"

_TABLE = "predictions"
_IS_OLD = "ix_predictions_old_id"
_INDEXES = (
    ("ix_predictions_old_owner_id", ["owner", "id"], "sha256 IS NULL"),
    ("ix_predictions_owner_sha256_id", ["owner", "sha256", "id"], "sha256 IS NOT NULL"),
    ("uq_predictions_counted", ["owner", "fingerprint"], "is_counted"),
    ("ix_predictions_duplicates", ["owner", "fingerprint", "id"], "NOT is_counted"),
)


def upgrade(op: Operations) -> None:
    """Add columns with constant defaults, which rewrites no row, and indexes of them.

    Code of 0.1 that is still running does not state the new columns, and goes on to work.
    """
    op.add_column(_TABLE, sa.Column("sha256", sa.LargeBinary(32)))
    op.add_column(_TABLE, sa.Column("fingerprint", sa.LargeBinary(16)))
    is_counted = sa.Column("is_counted", sa.Boolean, nullable=False, server_default=sa.true())
    op.add_column(_TABLE, is_counted)
    op.add_column(
        "tallies",
        sa.Column("duplicates", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
    op.drop_index(_IS_OLD, _TABLE)
    for name, columns, where in _INDEXES:
        op.create_index(name, _TABLE, columns, unique=name.startswith("uq"), **_where(where))


def downgrade(op: Operations) -> None:
    """Remove them; what was counted as a duplicate is not counted any more."""
    for name, *_ in _INDEXES:
        op.drop_index(name, _TABLE)
    op.create_index(_IS_OLD, _TABLE, ["id"], **_where("schema_version < 2"))
    op.drop_column("tallies", "duplicates")
    for name in ("is_counted", "fingerprint", "sha256"):
        op.drop_column(_TABLE, name)


def _where(condition: str) -> dict[str, Any]:
    text = sa.text(condition)
    return {"sqlite_where": text, "postgresql_where": text}
