"""Converts a caller's request to conditions, order and pages."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import and_, exists, select, tuple_

from hf_space.errors import InvalidOptionsError
from hf_space.history.database.tables import filings, predictions, reviews
from hf_space.history.reading.search import matches
from hf_space.schemas.ids import first_id_at

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, Label, Row, Select

    from hf_space.schemas.history import HistoryFilter, Sort

# What each sort compares, before ids decide between equals, and whether the greatest come first.
_ORDERS: Final[dict[Sort, tuple[Column[float] | None, bool]]] = {
    "newest": (None, True),
    "oldest": (None, False),
    "uncertainty": (predictions.c.margin, False),
    "probability": (predictions.c.probability, True),
}


def chosen(owner: bytes, wanted: HistoryFilter) -> ColumnElement[bool]:
    """Return the condition on an owner's predictions that a filter states."""
    column = predictions.c
    conditions: list[ColumnElement[bool]] = [column.owner == owner]
    if wanted.since:
        conditions.append(column.id >= first_id_at(wanted.since))
    if wanted.until:
        conditions.append(column.id < first_id_at(wanted.until))
    if wanted.verdict:
        conditions.append(column.verdict.in_(wanted.verdict))
    if wanted.kind:
        conditions.append(column.kind == wanted.kind)
    if wanted.min_probability is not None:
        conditions.append(column.probability >= wanted.min_probability)
    if wanted.max_probability is not None:
        conditions.append(column.probability <= wanted.max_probability)
    if wanted.reviewed is not None:
        reviewed = exists(select(reviews.c.id).where(reviews.c.prediction_id == column.id))
        conditions.append(reviewed if wanted.reviewed else ~reviewed)
    filed = _filed(owner, wanted)
    if filed is not None:
        conditions.append(column.id.in_(filed))
    if wanted.search:
        conditions.append(matches(owner, wanted.search))
    return and_(*conditions)


def _filed(owner: bytes, wanted: HistoryFilter) -> Select[Any] | None:
    """Return which of an owner's predictions a case label and a folder choose; None for all."""
    asked = {"case_label": wanted.case_label, "folder": wanted.folder}
    values = {name: value for name, value in asked.items() if value is not None}
    if not values:
        return None
    equal = (filings.c[name] == value for name, value in values.items())
    return select(filings.c.prediction_id).where(filings.c.owner == owner, *equal)


def neighbours(owner: bytes, identifier: UUID) -> tuple[Label[Any], Label[Any]]:
    """Return, as columns `newer_id` and `older_id`, what an owner has beside a record."""
    other = predictions.alias("other").c
    mine = select(other.id).where(other.owner == owner).limit(1)
    newer = mine.where(other.id > identifier).order_by(other.id)
    older = mine.where(other.id < identifier).order_by(other.id.desc())
    return newer.scalar_subquery().label("newer_id"), older.scalar_subquery().label("older_id")


def in_order(query: Select[Any], sort: Sort, cursor: str | None) -> Select[Any]:
    """Sort predictions, and begin after a cursor; raises InvalidOptionsError for a bad one."""
    measure, falling = _ORDERS[sort]
    identifier = predictions.c.id
    if cursor:
        value, last = _read_cursor(cursor, sort)
        # Both columns at once, so that the index leads to the place.
        place: ColumnElement[Any] = identifier if measure is None else tuple_(measure, identifier)
        after: Any = last if measure is None else tuple_(value, last)
        query = query.where(place < after if falling else place > after)
    keys = [identifier] if measure is None else [measure, identifier]
    return query.order_by(*(key.desc() if falling else key for key in keys))


def cursor_after(row: Row[Any], sort: Sort) -> str:
    """Return the cursor of the page that begins after a row."""
    measure, _ = _ORDERS[sort]
    value = 0.0 if measure is None else row._mapping[measure.name]
    text = f"{sort} {value!r} {row.id.hex}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, sort: Sort) -> tuple[float, UUID]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        named, value, identifier = base64.urlsafe_b64decode(padded).decode().split(" ")
        if named == sort:
            return float(value), UUID(identifier)
    except (binascii.Error, UnicodeError, ValueError):
        pass
    message = "no cursor of a page with this sort"
    raise InvalidOptionsError(
        f"cursor: {message}", fields=[{"field": "cursor", "message": message}]
    )
