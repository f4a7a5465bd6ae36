"""Results as CSV, for other programs: English names, plain numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_space.csv_text import csv_line, plain_text
from hf_space.ui.components.result_html import tiles_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hf_space.bundle.calibration import OperatingPoint
    from hf_space.schemas.batch import BatchItem
    from hf_space.schemas.prediction import PredictionResult


def tiles_csv(result: PredictionResult, rule: OperatingPoint) -> bytes:
    """Return a region's tissue tiles, row by row."""
    rows = [(row, column, p, rule.verdict(p)) for row, column, p in tiles_of(result)]
    return _csv(("row", "column", "probability", "verdict"), rows)


def batch_csv(items: Iterable[BatchItem]) -> bytes:
    """Return a batch, one line for each file."""
    headers = ("index", "name", "kind", "probability", "verdict", "threshold")
    return _csv((*headers, "warnings", "error", "message"), [_line(item) for item in items])


def _line(item: BatchItem) -> tuple[object, ...]:
    name = plain_text(item.name or "")
    if item.result is None:
        code, message = (item.error.code, item.error.message) if item.error else ("", "")
        return (item.index, name, "", "", "", "", "", code, message)
    result = item.result
    codes = " ".join(warning.code for warning in result.warnings)
    facts = (result.kind, result.probability, result.verdict, result.threshold)
    return (item.index, name, *facts, codes, "", "")


def _csv(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = "".join(map(csv_line, (headers, *rows)))
    # With a byte order mark, spreadsheets read accents as they are.
    return text.encode("utf-8-sig")
