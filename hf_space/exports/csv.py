"""Lines of CSV that spreadsheets read as they are meant."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def plain_text(text: str) -> str:
    """Return a visitor's text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_line(values: Sequence[object]) -> str:
    """Return one line of CSV (RFC 4180), with its end."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()
