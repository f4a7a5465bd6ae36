"""CSV for spreadsheets and programs: one dialect, every cell guarded against formulas.

The dialect is RFC 4180 in UTF-8 with a byte order mark, which Excel needs to read accents. See
`docs/decisions/0025-one-csv-dialect.md`.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Row = TypeVar("Row")

_BYTE_ORDER_MARK: Final = "\ufeff"
# Where the semicolon separates cells, Excel begins a cell after one, and a row after a line break.
_START: Final = r"(?:\A|(?<=[;\r\n]))"
# White space, quotes and control characters, which spreadsheets may strip from a cell's start.
_DROPPED: Final = r'(?:[^\S\r\n]|["\x00-\x08\x0e-\x1b\ufeff])*'
# Full-width forms too, which Chinese and Japanese spreadsheets read as the normal ones.
_SIGN: Final = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_FORMULA: Final = re.compile(rf"{_START}(?={_DROPPED}{_SIGN})|\A(?=[\t\r\n])")


def guarded(text: str) -> str:
    """Return a text with an apostrophe before each part that a spreadsheet could run as a formula.

    https://owasp.org/www-community/attacks/CSV_Injection lists the characters.

    Example:
        >>> guarded("=1+1"), guarded("a; +b"), guarded("a-b")
        ("'=1+1", "a;' +b", 'a-b')
    """
    return _FORMULA.sub("'", text)


@dataclass(frozen=True)
class Table(Generic[Row]):
    """A table of one kind of rows.

    Attributes:
        columns: By its name in the header, what a column says about a row. Text is guarded, numbers
            stay as they are, None is an empty cell.
        byte_order_mark: What the file begins with; empty where a program refuses the mark.
    """

    columns: Mapping[str, Callable[[Row], object]]
    byte_order_mark: str = _BYTE_ORDER_MARK

    def header(self) -> bytes:
        """Return the beginning of the file: the byte order mark and the names of the columns."""
        return (self.byte_order_mark + _line(self.columns)).encode()

    def line(self, row: Row) -> bytes:
        """Return one row; bytes of file names that are not UTF-8 are escaped."""
        line = _line(_cell(value(row)) for value in self.columns.values())
        return line.encode(errors="backslashreplace")

    def file(self, rows: Iterable[Row]) -> Iterator[bytes]:
        """Yield a whole file, row by row."""
        yield self.header()
        yield from map(self.line, rows)


def _cell(value: object) -> object:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return guarded(value.isoformat() if isinstance(value, datetime) else str(value))


def _line(cells: Iterable[object]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
