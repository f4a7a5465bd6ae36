"""From rows to the records and reviews that a page shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from hf_space.history.database.tables import filings, predictions, reviews
from hf_space.history.version_1 import as_version_2
from hf_space.schemas.filing import Filing
from hf_space.schemas.history import HistoryItem, Review
from hf_space.schemas.ids import time_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

HAS_ORIGINAL: Final = predictions.c.original.is_not(None).label("has_original")
ITEM_COLUMNS: Final = (
    *(predictions.c[name] for name in ("id", "probability", "margin", "result")),
    HAS_ORIGINAL,
)
"""The columns that a page of the history needs."""

_ITEM_FIELDS: Final = (
    *("id", "created_at", "kind", "verdict", "reasons", "probability", "threshold"),
    *("operating_point", "uncertain_band", "image", "model"),
)


async def latest_reviews(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Review]:
    """Return the latest review of each record that has one."""
    place = func.row_number().over(
        partition_by=reviews.c.prediction_id, order_by=reviews.c.id.desc()
    )
    ranked = (
        select(reviews, place.label("place")).where(reviews.c.prediction_id.in_(ids)).subquery()
    )
    latest = await connection.execute(select(ranked).where(ranked.c.place == 1))
    return {row.prediction_id: review_of(row) for row in latest}


def review_of(row: Row[Any]) -> Review:
    """Return the review that a row has."""
    given = {name: row._mapping[name] for name in ("opinion", "label", "note")}
    return Review(id=row.id, created_at=time_of(row.id), **given)


async def filings_of(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Filing]:
    """Return the filing of records, for those that have one."""
    found = await connection.execute(select(filings).where(filings.c.prediction_id.in_(ids)))
    return {
        # Checked when it was written.
        row.prediction_id: Filing.model_construct(case_label=row.case_label, folder=row.folder)
        for row in found
    }


def item_of(row: Row[Any], review: Review | None, filing: Filing | None) -> HistoryItem:
    """Return the record that a row of `ITEM_COLUMNS` has.

    Args:
        row: The columns.
        review: Its latest review.
        filing: Where it is filed.
    """
    result = as_version_2(json.loads(row.result))
    region = result["region"]
    return HistoryItem(
        **{name: result[name] for name in _ITEM_FIELDS},
        warnings=[warning["code"] for warning in result["warnings"]],
        malignant_area_mm2=region and region["malignant_area_mm2"],
        has_original=row.has_original,
        case_label=filing and filing.case_label,
        folder=filing and filing.folder,
        review=review,
    )
