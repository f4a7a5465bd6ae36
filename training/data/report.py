"""The one-page report of a preparation, with a contact sheet for each class."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
from PIL import Image

from training.data.inspection import Audit
from training.data.records import LEFT_OUT_TITLES, LeftOut, PatchRecord
from training.data.source import CLASS_NAMES, PATCH_SIZE_PIXELS
from training.data.splits import DATASET_KEY, SPLIT_NAMES

if TYPE_CHECKING:
    from datasets import DatasetDict

T = TypeVar("T")

REPORT_FILE: Final = "report.md"
LEFT_OUT_FILE: Final = "left_out.csv"
LISTED_AT_MOST: Final = 50
"""Longer lists of findings are cut, so that the report stays one page."""

_SHEET_COLUMNS: Final = 12
_SHEET_ROWS: Final = 8
_SHEET_GAP_PIXELS: Final = 2


@dataclass(frozen=True, slots=True)
class PrepareResult:
    """What a preparation did.

    Attributes:
        audit: Counts and findings.
        seconds: Wall time of reading, checking and writing.
        images_per_second: All images looked at, readable or not, per second.
        left_out: Files of the source that are no patches.
    """

    audit: Audit
    seconds: float
    images_per_second: float
    left_out: Sequence[LeftOut] = ()

    @property
    def lost(self) -> int:
        """Number of files that are not in the data set; a second copy loses nothing."""
        lost = [file for file in self.left_out if file.kind != "second copy"]
        return len(lost) + len(self.audit.excluded)


def contact_sheet_file(label: int) -> str:
    """File name of the contact sheet of a class."""
    return f"contact_sheet_{CLASS_NAMES[label]}.png"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    def line(cells: Sequence[object]) -> str:
        shown = (f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells)
        return "| " + " | ".join(shown) + " |"

    return [line(header), line(["---"] * len(header)), *(line(row) for row in rows), ""]


def _class_counts(audit: Audit, cases: Sequence[str]) -> tuple[int, int, int]:
    no_idc = sum(audit.counts[case_id, 0] for case_id in cases)
    idc = sum(audit.counts[case_id, 1] for case_id in cases)
    return no_idc, idc, no_idc + idc


def _split_rows(audit: Audit) -> Iterator[Sequence[object]]:
    for name in SPLIT_NAMES:
        cases = [case_id for case_id in audit.cases if audit.splits[case_id] == name]
        yield name, DATASET_KEY[name], len(cases), *_class_counts(audit, cases)
    yield "all", "", len(audit.cases), *_class_counts(audit, audit.cases)


def _case_rows(audit: Audit) -> Iterator[Sequence[object]]:
    for case_id in audit.cases:
        counts = _class_counts(audit, [case_id])
        flags = audit.near_white[case_id], audit.padded[case_id]
        yield case_id, audit.splits[case_id], *counts, *flags


def _findings(title: str, note: str, found: Sequence[T], show: Callable[[T], str]) -> list[str]:
    lines = [f"## {title}: {len(found):,}", "", note, ""]
    if found:
        lines += [f"- {show(item)}" for item in found[:LISTED_AT_MOST]]
        if len(found) > LISTED_AT_MOST:
            lines.append(f"- and {len(found) - LISTED_AT_MOST:,} more")
        lines.append("")
    return lines


def _show_group(group: Sequence[PatchRecord]) -> str:
    return " = ".join(f"`{record.name}`" for record in group)


def _findings_of(audit: Audit) -> list[str]:
    return [
        *_findings(
            "Excluded files",
            "Unreadable, or larger than a patch; they are not in the data set.",
            audit.excluded,
            lambda patch: f"`{patch.record.name}`: {patch.reason}",
        ),
        *_findings(
            "Exact duplicates",
            "Groups with identical pixels; all of them are kept.",
            audit.duplicates,
            _show_group,
        ),
        *_findings(
            "Conflicting labels", "Duplicates that carry both labels.", audit.conflicts, _show_group
        ),
        *_findings(
            "Duplicates across splits", "A leak, if there is any.", audit.leaks, _show_group
        ),
    ]


def _left_out_findings(left_out: Sequence[LeftOut]) -> list[str]:
    lines = []
    for kind, title in LEFT_OUT_TITLES.items():
        found = [file for file in left_out if file.kind == kind]
        if found:
            note = f"They are not in the data set; `{LEFT_OUT_FILE}` has all of them."
            lines += _findings(f"Left out, {title}", note, found, _show_left_out)
    return lines


def _show_left_out(file: LeftOut) -> str:
    return f"`{file.path}`" + (f": {file.detail}" if file.detail else "")


def render_report(source: str, result: PrepareResult) -> str:
    """Write the report as Markdown."""
    audit = result.audit
    near_white, padded = audit.near_white.total(), audit.padded.total()
    lines = [
        "# Prepared patches",
        "",
        f"Source: `{source}`. {audit.kept:,} patches of {len(audit.cases):,} cases kept, "
        f"{result.lost:,} left out; {near_white:,} near white, {padded:,} padded at a "
        f"slide's edge. {result.images_per_second:,.0f} images per second "
        f"({result.seconds:,.1f} s).",
        "",
        "## Splits",
        "",
        *_table(("split", "key", "cases", "no IDC", "IDC", "patches"), _split_rows(audit)),
        *_findings_of(audit),
        *_left_out_findings(result.left_out),
        "## Contact sheets",
        "",
        *(f"![{CLASS_NAMES[label]}]({contact_sheet_file(label)})\n" for label in (0, 1)),
        "## Cases",
        "",
        *_table(
            ("case", "split", "no IDC", "IDC", "patches", "near white", "padded"),
            _case_rows(audit),
        ),
    ]
    return "\n".join(lines)


def _sample(prepared: DatasetDict, label: int, count: int) -> Iterator[Image.Image]:
    """Draw patches of one class from all splits, always the same ones."""
    positions = [
        (key, int(row))
        for key in sorted(prepared)
        for row in np.flatnonzero(np.asarray(prepared[key]["label"]) == label)
    ]
    chosen = np.random.default_rng(0).permutation(len(positions))[:count]
    for index in sorted(chosen):
        key, row = positions[index]
        patch: dict[str, Any] = prepared[key][row]
        yield patch["image"].convert("RGB")


def contact_sheet(patches: Iterable[Image.Image]) -> Image.Image:
    """Arrange up to 96 patches of 50x50 pixels on white, 12 in a row."""
    step = PATCH_SIZE_PIXELS + _SHEET_GAP_PIXELS
    size = (_SHEET_COLUMNS * step + _SHEET_GAP_PIXELS, _SHEET_ROWS * step + _SHEET_GAP_PIXELS)
    sheet = Image.new("RGB", size, "white")
    for index, patch in enumerate(patches):
        row, column = divmod(index, _SHEET_COLUMNS)
        sheet.paste(patch, (_SHEET_GAP_PIXELS + column * step, _SHEET_GAP_PIXELS + row * step))
    return sheet


def write_report(prepared_dir: Path, source: str, result: PrepareResult) -> None:
    """Write `report.md`, the two contact sheets and `left_out.csv` into a prepared folder."""
    from datasets import load_from_disk

    prepared = load_from_disk(prepared_dir)
    for label in range(len(CLASS_NAMES)):
        sheet = contact_sheet(_sample(prepared, label, _SHEET_COLUMNS * _SHEET_ROWS))
        sheet.save(prepared_dir / contact_sheet_file(label))
    text = render_report(source, result)
    (prepared_dir / REPORT_FILE).write_text(text, encoding="utf-8")
    if result.left_out:
        _write_left_out(prepared_dir / LEFT_OUT_FILE, result.left_out)


def _write_left_out(path: Path, left_out: Sequence[LeftOut]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "reason", "detail"))
        writer.writerows((each.path, LEFT_OUT_TITLES[each.kind], each.detail) for each in left_out)
