"""Finds the patches of a folder or zip in Kaggle's layout, and why other files are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from hf_space.imaging.zip_archive import entry_path
from training.data.records import LeftOut, PatchRecord, parse_name

_CLASS_FOLDERS: Final = ("0", "1")


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a source.

    Attributes:
        paths: Path of each patch, in the folder or zip.
        left_out: The other files.
    """

    paths: dict[PatchRecord, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


Layout = Callable[[Iterable[str]], Listing]
"""A function that finds patches by their paths, with either slash as separator."""


def list_named(paths: Iterable[str]) -> Listing:
    """Find patches by their names; if a name occurs twice, the file nearest to the root counts.

    A file in a folder of another case or class than its name says is left out, because it is not
    known which of the two is right.
    """
    found: dict[str, tuple[PatchRecord, str]] = {}
    left_out = []
    for path in sorted(paths, key=_depth):
        place = entry_path(path)
        record = parse_name(place.name)
        conflict = record and _conflict(place, record)
        if record is None:
            left_out.append(LeftOut(path, "other name"))
        elif conflict:
            left_out.append(LeftOut(path, "conflict", conflict))
        else:
            _, first = found.setdefault(place.stem.lower(), (record, path))
            if first != path:
                left_out.append(LeftOut(path, "second copy", f"of {first}"))
    return Listing(dict(found.values()), left_out)


def _conflict(place: PurePosixPath, record: PatchRecord) -> str:
    """Return how the folders contradict a name; empty if they do not."""
    outer, inner = ("", "", *place.parts[:-1])[-2:]
    in_class = inner in _CLASS_FOLDERS
    if in_class and inner != str(record.label):
        return f"folder of class {inner}, name of class {record.label}"
    case = outer if in_class else inner
    if case.isdecimal() and case != record.case_id:
        return f"folder of case {case}, name of case {record.case_id}"
    return ""


def _depth(path: str) -> tuple[int, str]:
    return len(entry_path(path).parts), path
