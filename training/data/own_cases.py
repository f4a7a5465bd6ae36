"""Patches of other data sets: two folders, one for each class, and a table of their cases."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from hf_space.imaging.zip_archive import entry_path
from training.data.listing import Layout, Listing
from training.data.records import LeftOut, PatchRecord
from training.data.splits import SPLIT_NAMES, SplitName, grouped_folds
from training.errors import SourceError

_REQUIRED: Final = ("file", "case")
_PLAIN_CLASSES: Final = frozenset({"0", "1"})
# Farther apart than neighbours on a slide: what has no place has no neighbours.
_UNPLACED_STEP: Final = 1000
# One part each for test and validation, three for training.
_PARTS: Final[tuple[SplitName, ...]] = ("test", "val", "train", "train", "train")


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the table."""

    case_id: str
    place: tuple[int, int] | None
    split: SplitName | None


def own_layout(table: Path, positive: str) -> Layout:
    """Return a function that finds patches by a table of their cases.

    Args:
        table: CSV file with the columns ``file`` (path in the source, or the name alone where it
            occurs once) and ``case``; ``x`` and ``y`` (pixels at about 4 microns per pixel) and
            ``split`` may be left out. Without a split, a fifth of the cases is for testing and a
            fifth for validation.
        positive: Folder of class 1; the other folder has class 0.

    Raises:
        SourceError: The table cannot be read, or a value in it is wrong.
    """
    rows = _read_table(table)

    def layout(paths: Iterable[str]) -> Listing:
        return _list_own(paths, rows, positive, table)

    return layout


def _read_table(table: Path) -> dict[str, _Row]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _REQUIRED if name not in (reader.fieldnames or ())]
            if missing:
                raise SourceError(f"{table} has no column {', '.join(missing)}")
            rows: dict[str, _Row] = {}
            for number, line in enumerate(reader, start=2):
                name, row = _read_line(line, f"{table}, line {number}")
                if name in rows:
                    raise SourceError(f"{table}, line {number}: a second row for {name}")
                rows[name] = row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"cannot read the table of cases {table}: {error}") from error
    if not rows:
        raise SourceError(f"{table} names no file")
    return _require_one_split(rows, table)


def _read_line(line: Mapping[str, str | None], where: str) -> tuple[str, _Row]:
    values = {name: (value or "").strip() for name, value in line.items() if name}
    name, case_id, split = values["file"], values["case"], values.get("split", "")
    if not name or not case_id:
        raise SourceError(f"{where}: file and case must not be empty")
    if split and split not in SPLIT_NAMES:
        raise SourceError(f"{where}: the split is {split!r}, not one of {', '.join(SPLIT_NAMES)}")
    place = values.get("x", ""), values.get("y", "")
    if any(place) and not all(value.isdecimal() for value in place):
        raise SourceError(f"{where}: x and y are {place[0]!r} and {place[1]!r}, not whole pixels")
    return str(entry_path(name)), _Row(
        case_id=case_id,
        place=(int(place[0]), int(place[1])) if any(place) else None,
        split=next((known for known in SPLIT_NAMES if known == split), None),
    )


def _require_one_split(rows: dict[str, _Row], table: Path) -> dict[str, _Row]:
    splits: dict[str, SplitName | None] = {}
    for row in rows.values():
        if splits.setdefault(row.case_id, row.split) != row.split:
            raise SourceError(f"{table}: the case {row.case_id} lies in two splits")
    if any(splits.values()) and not all(splits.values()):
        raise SourceError(f"{table}: some cases have a split and some have none")
    return rows


def _list_own(
    paths: Iterable[str], rows: Mapping[str, _Row], positive: str, table: Path
) -> Listing:
    found: dict[str, str] = {}
    listing = Listing()
    for path in sorted(paths):
        place = entry_path(path)
        name = next((name for name in (str(place), place.name) if name in rows), None)
        if name is None:
            listing.left_out.append(LeftOut(path, "no row"))
        elif name in found:
            raise SourceError(f"{table}: {name} may be {found[name]} or {path}: give the path")
        else:
            found[name] = path
    listing.left_out.extend(LeftOut(name, "no file") for name in rows if name not in found)
    places = {name: entry_path(path) for name, path in found.items()}
    labels = _labels(places, positive)
    records = _records(places, rows, labels)
    listing.paths.update((record, found[name]) for name, record in records.items())
    return listing


def _labels(places: Mapping[str, PurePosixPath], positive: str) -> dict[str, int]:
    """Return the class of each file, by the folder that it lies in."""
    folders = {place.parent.name for place in places.values()}
    fitting = folders <= _PLAIN_CLASSES or (positive in folders and len(folders) == 2)
    if not fitting:
        shown = ", ".join(sorted(folders)) or "none"
        raise SourceError(
            f"the patches lie in the folders {shown}: there must be two, 0 and 1, or --positive "
            "must name that of class 1"
        )
    return {name: int(place.parent.name == positive) for name, place in places.items()}


def _records(
    places: Mapping[str, PurePosixPath], rows: Mapping[str, _Row], labels: Mapping[str, int]
) -> dict[str, PatchRecord]:
    counts: dict[str, int] = {}
    records = {}
    for name, place in places.items():
        row = rows[name]
        number = counts[row.case_id] = counts.get(row.case_id, -1) + 1
        x, y = row.place or (0, _UNPLACED_STEP * number)
        records[name] = PatchRecord(
            row.case_id, x, y, labels[name], str(place), own_split=row.split
        )
    if records and not all(record.own_split for record in records.values()):
        splits = _drawn_splits(list(records.values()))
        return {
            name: replace(record, own_split=splits[record.case_id])
            for name, record in records.items()
        }
    return records


def _drawn_splits(records: list[PatchRecord]) -> dict[str, SplitName]:
    """Draw the split of each case; always the same for the same cases."""
    cases = [record.case_id for record in records]
    labels = np.array([record.label for record in records])
    if min(len(set(cases)), *np.bincount(labels, minlength=2)) < len(_PARTS):
        raise SourceError(
            f"{len(set(cases))} cases, with {labels.sum()} patches of class 1 among {len(labels)}, "
            "are too few to draw splits from: add a column `split` to the table, with "
            f"{', '.join(SPLIT_NAMES)}"
        )
    folds = grouped_folds(cases, labels, n_folds=len(_PARTS), seed=0)
    return {case: _PARTS[fold] for case, fold in zip(cases, folds, strict=True)}
