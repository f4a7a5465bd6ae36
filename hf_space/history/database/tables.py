"""The tables of the history, the same on PostgreSQL and SQLite.

Times are in the ids (version 7 UUIDs), so that one index serves order, pages and date ranges.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnClause,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TextClause,
    Uuid,
    literal_column,
    text,
    true,
)

PROBABILITY_BINS: Final = 20
LATENCY_BINS: Final = 60
# Each bin, from 1 ms on, is 30 % wider than the one before; the last begins at 1.5 hours.
LATENCY_GROWTH: Final = 1.3
QUARTER_SECONDS: Final = 900
NO_MARGIN: Final = 2.0
"""The `margin` of a record without a verdict: greater than any other."""

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

IS_OLD: Final = text("sha256 IS NULL")
"""That a record is not converted yet, see `hf_space.history.database.conversion`."""
IS_COUNTED: Final[ColumnClause[bool]] = literal_column("is_counted", Boolean)
IS_DUPLICATE: Final = text("NOT is_counted")
_IS_KNOWN: Final = text("sha256 IS NOT NULL")


def _index(
    name: str, *columns: str, where: TextClause | ColumnClause[Any], unique: bool = False
) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


# `result` is the JSON of the result without its drawings and arrays; other columns are what is
# counted, sorted or filtered by. `grid` and `tiles` hold the arrays, see `hf_space.history.record`.
predictions: Final = Table(
    "predictions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner", LargeBinary(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("probability", Double, nullable=False),
    # Distance of the probability from the threshold: the least is the most uncertain. `NO_MARGIN`
    # without a verdict.
    Column("margin", Double, nullable=False),
    Column("model_name", String(128), nullable=False),
    Column("model_revision", String(128), nullable=False),
    Column("cached", Boolean, nullable=False),
    Column("total_ms", Double, nullable=False),
    Column("result", Text, nullable=False),
    Column("grid", LargeBinary, nullable=False),
    Column("tiles", LargeBinary),
    Column("thumbnail", LargeBinary, nullable=False),
    Column("original", LargeBinary),
    # Of the result, and of how the record is counted. Code of 0.1 does not state it.
    Column("schema_version", SmallInteger, nullable=False, server_default="1"),
    # See `hf_space.history.record`; null until the record is converted.
    Column("sha256", LargeBinary(32)),
    Column("fingerprint", LargeBinary(16)),
    # In the tallies as a result of its own, rather than as a duplicate; records of the spool, which
    # has no tallies, are not.
    Column("is_counted", Boolean, nullable=False, server_default=true()),
    Index(None, "owner", "id"),
    Index(None, "owner", "margin", "id"),
    Index(None, "owner", "probability", "id"),
    _index("ix_predictions_old_owner_id", "owner", "id", where=IS_OLD),
    _index("ix_predictions_owner_sha256_id", "owner", "sha256", "id", where=_IS_KNOWN),
    _index("uq_predictions_counted", "owner", "fingerprint", where=IS_COUNTED, unique=True),
    _index("ix_predictions_duplicates", "owner", "fingerprint", "id", where=IS_DUPLICATE),
)
COUNTED: Final = tuple(
    predictions.c[name]
    for name in (
        *("id", "owner", "kind", "verdict", "probability", "model_name", "model_revision"),
        *("cached", "total_ms", "schema_version", "fingerprint", "is_counted"),
    )
)
"""What decides how a record is counted."""

# Rows are added and never changed; the latest one of a prediction counts.
reviews: Final = Table(
    "reviews",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("prediction_id", Uuid, ForeignKey(predictions.c.id, ondelete="CASCADE"), nullable=False),
    Column("owner", LargeBinary(32), nullable=False),
    Column("opinion", String(16), nullable=False),
    Column("label", String(64)),
    Column("note", Text),
    # The note as searches compare it, see `hf_space.history.reading.search`.
    Column("folded_note", Text),
    Index(None, "prediction_id", "id"),
    Index(None, "owner", "prediction_id", "id"),
)

# At most one of each prediction; without a row it has neither label nor folder.
filings: Final = Table(
    "filings",
    metadata,
    Column(
        "prediction_id",
        Uuid,
        ForeignKey(predictions.c.id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("owner", LargeBinary(32), nullable=False),
    Column("case_label", String(100)),
    Column("folder", String(100)),
    # Both as searches compare them, see `hf_space.history.reading.search`.
    Column("folded", Text, nullable=False),
    Index(None, "owner", "folder", "prediction_id"),
)

VERDICT_COUNTS: Final = ("malignant", "benign", "uncertain", "not_assessable")
PROBABILITY_COUNTS: Final = tuple(f"probability_{index:02}" for index in range(PROBABILITY_BINS))
LATENCY_COUNTS: Final = tuple(f"latency_{index:02}" for index in range(LATENCY_BINS))
TALLY_KEY: Final = ("owner", "quarter", "model_name", "model_revision")
RESULT_COUNTS: Final = (*VERDICT_COUNTS, "regions", *PROBABILITY_COUNTS)
"""What only records that are no duplicates add to."""
COUNTS: Final = (*RESULT_COUNTS, "duplicates", "cached", *LATENCY_COUNTS)

# Code of 0.1 does not state them.
_LATER_COUNTS: Final = frozenset({"not_assessable", "duplicates", *LATENCY_COUNTS[40:]})


def _count_column(name: str) -> Column[int]:
    default = "0" if name in _LATER_COUNTS else None
    return Column(name, Integer, nullable=False, server_default=default)


# What statistics are summed from: predictions counted by owner, quarter of an hour (since 1970,
# UTC: every zone's hours and days begin on one) and model.
tallies: Final = Table(
    "tallies",
    metadata,
    Column("owner", LargeBinary(32), primary_key=True),
    Column("quarter", Integer, primary_key=True),
    Column("model_name", String(128), primary_key=True),
    Column("model_revision", String(128), primary_key=True),
    *map(_count_column, COUNTS),
    # Counts change all the time: room on the page keeps the new row beside the old one.
    postgresql_with={"fillfactor": 50},
)
