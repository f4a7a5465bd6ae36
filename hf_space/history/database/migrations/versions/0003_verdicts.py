"""A fourth verdict, durations of hours, and the version of saved results.

Results of version 1 are converted later, by `hf_space.history.database.conversion`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.operations import Operations

revision = "0003"
down_revision = "0002"

_INDEX = "ix_predictions_old_id"
_LATENCIES = tuple(f"latency_{index:02}" for index in range(40, 60))


def upgrade(op: Operations) -> None:
    """Add columns with constant defaults, which rewrites no row, and an index of old records.

    Code of 0.1 that is still running does not state the new columns, and goes on to work.
    """
    for name in ("not_assessable", *_LATENCIES):
        op.add_column(
            "tallies", sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0"))
        )
    op.add_column(
        "predictions",
        sa.Column("schema_version", sa.SmallInteger, nullable=False, server_default=sa.text("1")),
    )
    is_old = sa.text("schema_version < 2")
    op.create_index(_INDEX, "predictions", ["id"], sqlite_where=is_old, postgresql_where=is_old)


def downgrade(op: Operations) -> None:
    """Remove the columns; records without a verdict become uncertain, in the counts too.

    The results themselves stay of version 2, which 0.1 cannot show. Counts that version 2 left out
    are not restored: probabilities without a verdict, and durations of results from the cache.
    """
    op.execute(
        "UPDATE predictions SET verdict = 'uncertain', margin = 0 WHERE verdict = 'not_assessable'"
    )
    counts = ("uncertain", "not_assessable", "latency_39", *_LATENCIES)
    tallies = sa.table("tallies", *(sa.column(name, sa.Integer) for name in counts))
    op.execute(
        tallies.update().values(
            uncertain=tallies.c.uncertain + tallies.c.not_assessable,
            latency_39=sum((tallies.c[name] for name in _LATENCIES), tallies.c.latency_39),
        )
    )
    op.drop_index(_INDEX, "predictions")
    op.drop_column("predictions", "schema_version")
    for name in ("not_assessable", *_LATENCIES):
        op.drop_column("tallies", name)
