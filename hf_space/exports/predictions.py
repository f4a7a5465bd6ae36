"""Results as CSV, for other programs: English names, plain numbers."""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING, Any, Final

from hf_space.exports.csv import csv_line, plain_text

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


def tiles_of(result: PredictionResult) -> list[tuple[int, int, float]]:
    """List the row, column and probability of a region's tissue tiles; places count from 1."""
    tiles = result.region.tiles if result.region else []
    return [
        (row, column, value)
        for row, line in enumerate(tiles, start=1)
        for column, value in enumerate(line, start=1)
        if value is not None
    ]


COLUMNS: Final = (
    *("file", "verdict", "probability", "threshold", "operating_point", "kind"),
    *("microns_per_pixel", "scale_source", "malignant_area_mm2", "warnings", "error"),
)


def write_csv(file: IO[str], rows: list[dict[str, Any]]) -> None:
    """Write rows with the columns `COLUMNS`."""
    writer = csv.DictWriter(file, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)


def image_row(item: BatchItem) -> dict[str, Any]:
    """Return what the columns `COLUMNS` say about one image."""
    row: dict[str, Any] = {"file": item.name}
    if item.error:
        return row | {"error": f"{item.error.code}: {item.error.message}"}
    if item.result:
        result = item.result
        row |= {
            "verdict": result.verdict,
            "probability": round(result.probability, 6),
            "threshold": round(result.threshold, 6),
            "operating_point": result.operating_point,
            "kind": result.kind,
            "microns_per_pixel": result.image.microns_per_pixel,
            "scale_source": result.image.scale_source,
            "malignant_area_mm2": result.region.malignant_area_mm2 if result.region else None,
            "warnings": " ".join(warning.code for warning in result.warnings),
        }
    return row
