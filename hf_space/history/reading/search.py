"""Finds an owner's records by what a person types: an id's or hash's start, or part of a note."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from hf_space.history.database.tables import predictions, reviews

if TYPE_CHECKING:
    from collections.abc import Iterator

_ID_DIGITS: Final = 32
_SHA256_PREFIX: Final = re.compile(r"[0-9a-f]{1,64}")


def folded(text: str) -> str:
    """Return a text as searches compare it: in one case, and with accents written in one way.

    Databases fold what their own locale knows, SQLite nothing but ASCII; so none of them is asked.
    """
    return unicodedata.normalize("NFC", text.casefold())


def matches(owner: bytes, text: str) -> ColumnElement[bool]:
    """Return the condition that an owner's record has what was typed."""
    noted = select(reviews.c.prediction_id).where(
        reviews.c.owner == owner, reviews.c.folded_note.contains(folded(text), autoescape=True)
    )
    return or_(predictions.c.id.in_(noted), *_begins(text.lower()))


def _begins(text: str) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that an id, or the image's hash, begins with a text in lower case."""
    digits = text.replace("-", "")
    if not _SHA256_PREFIX.fullmatch(digits):
        return
    if len(digits) <= _ID_DIGITS:
        first, last = (UUID(digits.ljust(_ID_DIGITS, filler)) for filler in "0f")
        if text == digits or str(first).startswith(text):
            yield predictions.c.id.between(first, last)
    if text == digits:
        # As pydantic writes it; within a string of JSON, the quotes would be escaped.
        yield predictions.c.result.contains(f'"image":{{"sha256":"{digits}')
