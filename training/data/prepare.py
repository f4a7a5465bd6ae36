"""Turn patches in Kaggle's layout into a Hugging Face data set on disk, split by case.

The data set is what `datasets.load_from_disk(DIR)` returns: a DatasetDict with the keys `train`
(the published training list and every unlisted case), `validation` and `test`. Memory does not
grow with the number of images: they stream through a short queue into Arrow files.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from training.data.inspection import Audit, InspectedPatch, inspect_patches
from training.data.listing import Layout, list_named
from training.data.records import PatchRecord, PatchSource
from training.data.remote import open_any_source
from training.data.report import PrepareResult, write_report
from training.data.source import CLASS_NAMES
from training.data.splits import DATASET_KEY
from training.errors import DatasetError

if TYPE_CHECKING:
    from datasets import Features


def features() -> Features:
    """Columns of a prepared data set; images are 50x50 RGB, x and y are pixels on the slide."""
    from datasets import ClassLabel, Features, Image, Value

    return Features(
        {
            "image": Image(),
            "label": ClassLabel(names=list(CLASS_NAMES)),
            "case_id": Value("string"),
            "x": Value("int32"),
            "y": Value("int32"),
            "split": Value("string"),
            "near_white": Value("bool"),
            "padded": Value("bool"),
        }
    )


def _row(patch: InspectedPatch) -> dict[str, Any]:
    record = patch.record
    return {
        "image": {"bytes": patch.png, "path": record.name},
        "label": record.label,
        "case_id": record.case_id,
        "x": record.x,
        "y": record.y,
        "split": record.split,
        "near_white": patch.near_white,
        "padded": patch.padded,
    }


def _save_empty(folder: Path) -> None:
    """Save a data set without rows: all files that `load_from_disk` wants, one shard a part."""
    from datasets import Dataset, DatasetDict, NamedSplit

    empty: dict[str, list[Any]] = {name: [] for name in features()}
    keys = dict.fromkeys(DATASET_KEY.values(), 1)
    parts = {
        key: Dataset.from_dict(empty, features=features(), split=NamedSplit(key)) for key in keys
    }
    DatasetDict(parts).save_to_disk(folder, num_shards=keys)


def _fill(folder: Path, rows: Iterator[dict[str, Any]]) -> None:
    """Write the rows of one part over its empty shard.

    `Dataset.from_generator` would write a cache first and `save_to_disk` copy it through a memory
    map, which doubles the traffic and makes resident memory grow with the data.
    """
    from datasets.arrow_writer import ArrowWriter

    first = next(rows, None)
    if first is None:
        return
    (shard,) = folder.glob("data-*.arrow")
    with ArrowWriter(features=features(), path=str(shard)) as writer:
        for row in itertools.chain([first], rows):
            writer.write(row)
        writer.finalize()


@dataclass
class _Writer:
    """Streams the patches of a source into one Arrow file for each key."""

    source: PatchSource
    workers: int
    audit: Audit
    bar: tqdm[Any]

    def _rows(self, records: Sequence[PatchRecord]) -> Iterator[dict[str, Any]]:
        for patch in inspect_patches(self.source, records, workers=self.workers):
            self.audit.add(patch)
            self.bar.update()
            if isinstance(patch, InspectedPatch):
                yield _row(patch)

    def write(self, folder: Path) -> None:
        by_key: dict[str, list[PatchRecord]] = {key: [] for key in DATASET_KEY.values()}
        for record in self.source.records:
            by_key[DATASET_KEY[record.split]].append(record)
        _save_empty(folder)
        for key, records in by_key.items():
            _fill(folder / key, self._rows(records))


def _require_absent(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DatasetError(f"{out} is not empty; remove it or choose another --out")


def _write(source: PatchSource, folder: Path, *, workers: int, progress: bool) -> Audit:
    from datasets.utils.logging import (
        disable_progress_bar,
        enable_progress_bar,
        is_progress_bar_enabled,
    )

    audit = Audit()
    had_bars = is_progress_bar_enabled()
    disable_progress_bar()
    try:
        total = len(source.records)
        with tqdm(total=total, desc="preparing", unit="img", disable=not progress) as bar:
            _Writer(source, workers, audit, bar).write(folder)
    finally:
        if had_bars:
            enable_progress_bar()
    return audit


def prepare(
    source: str | Path,
    out: Path,
    *,
    layout: Layout = list_named,
    workers: int | None = None,
    progress: bool = False,
) -> PrepareResult:
    """Verify all patches of a source, write the data set and its report.

    Args:
        source: Folder or zip, `kaggle`, a prepared folder, or a Hub data set id.
        out: New or empty folder for the data set, `report.md`, the contact sheets and, where
            files were left out, `left_out.csv`. It appears only when everything is written; caches
            live beside it and are removed.
        layout: Tells which files of a folder or zip are patches; default: by Kaggle's names.
        workers: Decoding threads; as many as processors by default.
        progress: Show a progress bar on stderr.

    Returns:
        Findings and speed.

    Raises:
        SourceError: When the source cannot be opened.
        DatasetError: When `out` is not empty, or no patch is readable.
    """
    _require_absent(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
        scratch = Path(folder)
        with open_any_source(source, cache_dir=scratch / "downloads", layout=layout) as opened:
            start = time.perf_counter()
            audit = _write(
                opened,
                scratch / "prepared",
                workers=workers or os.cpu_count() or 1,
                progress=progress,
            )
            seconds = time.perf_counter() - start
            total, left_out = len(opened.records), tuple(opened.left_out)
        if not audit.kept:
            raise DatasetError(f"none of the {total:,} patches of {source} is readable")
        result = PrepareResult(audit, seconds, total / seconds, left_out)
        write_report(scratch / "prepared", str(source), result)
        if out.exists():
            out.rmdir()
        shutil.move(scratch / "prepared", out)
    return result
