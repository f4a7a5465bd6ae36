"""How an owner files her records: a case label and a folder of her own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.operations import Operations

revision = "0004"
down_revision = "0003"

_TABLE = "filings"
_INDEX = "ix_filings_owner_folder_prediction_id"


def upgrade(op: Operations) -> None:
    """Add a table, beside which code of 0.1 that is still running goes on to work."""
    op.create_table(
        _TABLE,
        sa.Column("prediction_id", sa.Uuid, nullable=False),
        sa.Column("owner", sa.LargeBinary(32), nullable=False),
        sa.Column("case_label", sa.String(100)),
        sa.Column("folder", sa.String(100)),
        sa.Column("folded", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("prediction_id", name="pk_filings"),
        sa.ForeignKeyConstraint(
            ["prediction_id"],
            ["predictions.id"],
            name="fk_filings_prediction_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index(_INDEX, _TABLE, ["owner", "folder", "prediction_id"])


def downgrade(op: Operations) -> None:
    """Remove the table, and with it every case label and folder."""
    op.drop_index(_INDEX, _TABLE)
    op.drop_table(_TABLE)
