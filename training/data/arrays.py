"""The prepared data set as arrays: decoded once, then mapped from disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from tqdm import tqdm

from hf_space.imaging.readers import decode_image
from training.errors import DatasetError

if TYPE_CHECKING:
    from datasets import Dataset

_CHUNK = 2048


@dataclass(frozen=True, slots=True)
class Patches:
    """Patches in memory order.

    Attributes:
        images: uint8 ``(N, h, h, 3)``, mapped from disk.
        labels: int64 ``(N,)``, 0 no IDC, 1 IDC.
        case_ids: str ``(N,)``.
        x: int64 ``(N,)``, left edge on the slide, in pixels.
        y: int64 ``(N,)``, top edge on the slide, in pixels.
        splits: str ``(N,)``: train, extension, val or test.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    case_ids: NDArray[np.str_]
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    splits: NDArray[np.str_]

    def __len__(self) -> int:
        """Return the number of patches."""
        return len(self.labels)


def is_prepared(folder: Path) -> bool:
    """Tell whether ``prepare`` wrote a folder."""
    return (folder / "dataset_dict.json").is_file()


def prepared_parts(dataset: Path) -> dict[str, Dataset]:
    """Open a folder written by ``prepare``: its parts by name, with images as bytes of PNG.

    Raises:
        DatasetError: the folder holds no prepared data set.
    """
    import datasets

    try:
        parts = datasets.load_from_disk(str(dataset))
    except FileNotFoundError as error:
        raise DatasetError(f"{dataset} holds no data set; run `prepare` first") from error
    undecoded = datasets.Image(decode=False)
    return {name: part.cast_column("image", undecoded) for name, part in parts.items()}


def load_patches(dataset: Path) -> Patches:
    """Open a folder written by ``prepare``; the first call decodes every patch into one array.

    Raises:
        DatasetError: the folder holds no prepared data set.
    """
    import datasets

    parts = prepared_parts(dataset)
    table = datasets.concatenate_datasets([parts[name] for name in sorted(parts)])
    columns = table.select_columns(["label", "case_id", "x", "y", "split"]).with_format("numpy")[:]
    return Patches(
        images=_images(table, dataset / "arrays" / f"images-{table._fingerprint}.npy"),
        labels=columns["label"].astype(np.int64),
        case_ids=columns["case_id"].astype(np.str_),
        x=columns["x"].astype(np.int64),
        y=columns["y"].astype(np.int64),
        splits=columns["split"].astype(np.str_),
    )


def _images(table: Any, path: Path) -> NDArray[np.uint8]:
    # The image column is large on the full archive: it is decoded in chunks into a mapped file.
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        # If runs are started together, one decodes and the others wait for it.
        with FileLock(path.with_suffix(".lock")):
            if not path.is_file():
                _decode(table, path)
    images: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return images


def _decode(table: Any, path: Path) -> None:
    partial = path.with_suffix(".partial")
    first = decode_image(table[0]["image"]["bytes"])
    target = np.lib.format.open_memmap(
        partial, mode="w+", dtype=np.uint8, shape=(len(table), *first.shape)
    )
    with ThreadPoolExecutor() as pool:
        for start in tqdm(range(0, len(table), _CHUNK), desc="decode", unit="chunk"):
            rows = table[start : start + _CHUNK]["image"]
            target[start : start + len(rows)] = list(
                pool.map(lambda row: decode_image(row["bytes"]), rows)
            )
    target.flush()
    partial.rename(path)
