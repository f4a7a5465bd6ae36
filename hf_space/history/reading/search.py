"""Finds an owner's records by a typed text.

It is the start of an id or of a hash, or part of a note, of a case label or of a folder.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, union_all

from hf_space.history.database.tables import filings, predictions, reviews

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.sql.base import ReadOnlyColumnCollection

    from hf_space.schemas.filing import Filing

_ID_DIGITS: Final = 32
_SHA256_DIGITS: Final = 64
# Of a million records, almost none begins with another's first eight digits.
_RARE_LENGTH: Final = 8
_SHA256_PREFIX: Final = re.compile(r"[0-9a-f]{1,64}")


def folded(text: str) -> str:
    """Return a text as searches compare it: in one case, and with accents written in one way.

    Databases fold by their own locale, and SQLite folds only ASCII, so this is done here.
    """
    return unicodedata.normalize("NFC", text.casefold())


def folded_filing(filing: Filing) -> str:
    """Return a case label and a folder as searches compare them."""
    # Neither holds a line break, so no text is found that begins in one and ends in the other.
    return folded("\n".join(filter(None, (filing.case_label, filing.folder))))


def matches(owner: bytes, text: str) -> ColumnElement[bool]:
    """Return the condition that an owner's record matches a typed text."""
    typed = folded(text)
    noted = select(reviews.c.prediction_id).where(
        reviews.c.owner == owner, reviews.c.folded_note.contains(typed, autoescape=True)
    )
    filed = select(filings.c.prediction_id).where(
        filings.c.owner == owner, filings.c.folded.contains(typed, autoescape=True)
    )
    found, identifier = [noted, filed], predictions.c.id
    if len(text) < _RARE_LENGTH:
        # Many records begin so, and looking at one after another soon finds a page of them.
        return or_(identifier.in_(union_all(*found)), *_begins(text.lower(), predictions.c))
    # Each by its own index: with "or" between them, databases look at all of an owner's records.
    mine = predictions.alias("mine").c
    found += [
        select(mine.id).where(mine.owner == owner, begins) for begins in _begins(text.lower(), mine)
    ]
    return identifier.in_(union_all(*found))


def _begins(text: str, column: ReadOnlyColumnCollection[str, Any]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that an id, or the image's hash, begins with a text in lower case."""
    digits = text.replace("-", "")
    if not _SHA256_PREFIX.fullmatch(digits):
        return
    if len(digits) <= _ID_DIGITS:
        first, last = (UUID(digits.ljust(_ID_DIGITS, filler)) for filler in "0f")
        if text == digits or str(first).startswith(text):
            yield column.id.between(first, last)
    if text == digits:
        low, high = (bytes.fromhex(digits.ljust(_SHA256_DIGITS, filler)) for filler in "0f")
        yield column.sha256.between(low, high)
        # Of a record that is not converted yet. As pydantic writes it; within a string of JSON, the
        # quotes would be escaped.
        in_json = column.result.contains(f'"image":{{"sha256":"{digits}')
        yield and_(column.sha256.is_(None), in_json)
