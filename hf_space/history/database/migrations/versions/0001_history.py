"""Predictions, reviews, and the tallies that statistics are summed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.operations import Operations

revision = "0001"
down_revision = None

_COUNTS = (
    *("malignant", "benign", "uncertain", "regions", "cached"),
    *(f"probability_{index:02}" for index in range(20)),
    *(f"latency_{index:02}" for index in range(40)),
)


def upgrade(op: Operations) -> None:
    """Create all three tables."""
    op.create_table(
        "predictions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("owner", sa.LargeBinary(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("margin", sa.Double, nullable=False),
        sa.Column("model_name", sa.String(128), nullable=False),
        sa.Column("model_revision", sa.String(128), nullable=False),
        sa.Column("cached", sa.Boolean, nullable=False),
        sa.Column("total_ms", sa.Double, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("grid", sa.LargeBinary, nullable=False),
        sa.Column("tiles", sa.LargeBinary),
        sa.Column("thumbnail", sa.LargeBinary, nullable=False),
        sa.Column("original", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_predictions"),
    )
    if op.get_context().dialect.name == "postgresql":
        # They are compressed already; PostgreSQL would try again with every row.
        for name in ("grid", "tiles", "thumbnail", "original"):
            op.execute(f"ALTER TABLE predictions ALTER COLUMN {name} SET STORAGE EXTERNAL")
    op.create_index("ix_predictions_owner_id", "predictions", ["owner", "id"])
    op.create_index("ix_predictions_owner_margin_id", "predictions", ["owner", "margin", "id"])
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("prediction_id", sa.Uuid, nullable=False),
        sa.Column("owner", sa.LargeBinary(32), nullable=False),
        sa.Column("opinion", sa.String(16), nullable=False),
        sa.Column("label", sa.String(64)),
        sa.Column("note", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.ForeignKeyConstraint(
            ["prediction_id"],
            ["predictions.id"],
            name="fk_reviews_prediction_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_reviews_prediction_id_id", "reviews", ["prediction_id", "id"])
    op.create_index(
        "ix_reviews_owner_prediction_id_id", "reviews", ["owner", "prediction_id", "id"]
    )
    op.create_table(
        "tallies",
        sa.Column("owner", sa.LargeBinary(32), nullable=False),
        sa.Column("quarter", sa.Integer, nullable=False),
        sa.Column("model_name", sa.String(128), nullable=False),
        sa.Column("model_revision", sa.String(128), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in _COUNTS),
        sa.PrimaryKeyConstraint(
            "owner", "quarter", "model_name", "model_revision", name="pk_tallies"
        ),
        postgresql_with={"fillfactor": 50},
    )


def downgrade(op: Operations) -> None:
    """Drop them."""
    for name in ("tallies", "reviews", "predictions"):
        op.drop_table(name)
