"""Finds an owner's records by what a person types.

It is the start of an id or of a hash, or part of a note, of a case label or of a folder.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from hf_space.history.database.tables import filings, predictions, reviews

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.schemas.filing import Filing

_ID_DIGITS: Final = 32
_SHA256_PREFIX: Final = re.compile(r"[0-9a-f]{1,64}")


def folded(text: str) -> str:
    """Return a text as searches compare it: in one case, and with accents written in one way.

    Databases fold what their own locale knows, SQLite nothing but ASCII; so none of them is asked.
    """
    return unicodedata.normalize("NFC", text.casefold())


def folded_filing(filing: Filing) -> str:
    """Return a case label and a folder as searches compare them."""
    # Neither holds a line break, so no text is found that begins in one and ends in the other.
    return folded("\n".join(filter(None, (filing.case_label, filing.folder))))


def matches(owner: bytes, text: str) -> ColumnElement[bool]:
    """Return the condition that an owner's record has what was typed."""
    typed = folded(text)
    noted = select(reviews.c.prediction_id).where(
        reviews.c.owner == owner, reviews.c.folded_note.contains(typed, autoescape=True)
    )
    filed = select(filings.c.prediction_id).where(
        filings.c.owner == owner, filings.c.folded.contains(typed, autoescape=True)
    )
    identifier = predictions.c.id
    return or_(identifier.in_(noted), identifier.in_(filed), *_begins(text.lower()))


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
