"""A list of pictures from outside the data set."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from hf_space.schemas.options import PredictOptions
from training.errors import SourceError

UNKNOWN: Final = "unknown"
_COLUMNS: Final = ("file", "kind", "label", "microns_per_pixel")


@dataclass(frozen=True, slots=True)
class Picture:
    """One row of a manifest.

    Attributes:
        path: The image file.
        file: Its name in the manifest.
        kind: What it shows or where it comes from.
        label: 1 with invasive carcinoma, 0 without; None if unknown.
        microns_per_pixel: Its scale; None if unknown.
    """

    path: Path
    file: str
    kind: str
    label: int | None
    microns_per_pixel: float | None


def read_manifest(path: Path) -> list[Picture]:
    """Read a CSV file with the columns file, kind, label and microns_per_pixel.

    Others are ignored. Files are relative to the manifest; label and scale may be empty.

    Raises:
        SourceError: It cannot be read, a column is missing, it has no row, or a value is wrong.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise SourceError(f"{path} has no column {', '.join(missing)}")
            pictures = [_picture(row, path, number) for number, row in enumerate(reader, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"cannot read the manifest {path}: {error}") from error
    if not pictures:
        raise SourceError(f"{path} names no picture")
    return pictures


def _picture(row: dict[str, Any], manifest: Path, number: int) -> Picture:
    label, scale = (row["label"] or "").strip(), (row["microns_per_pixel"] or "").strip()
    where = f"{manifest}, line {number}"
    if label not in ("", "0", "1"):
        raise SourceError(f"{where}: the label is {label!r}, not 0, 1 or empty")
    try:
        options = PredictOptions(microns_per_pixel=float(scale) if scale else None)
    except (ValueError, ValidationError) as error:
        raise SourceError(f"{where}: {scale!r} is no scale in microns per pixel") from error
    path = manifest.parent / (row["file"] or "")
    if not path.is_file():
        raise SourceError(f"{where}: there is no file {path}")
    return Picture(
        path=path,
        file=row["file"],
        kind=(row["kind"] or "").strip() or UNKNOWN,
        label=int(label) if label else None,
        microns_per_pixel=options.microns_per_pixel,
    )
