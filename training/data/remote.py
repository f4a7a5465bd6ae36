"""Sources that must be fetched first: Kaggle's archive and data sets on the Hugging Face Hub."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from training.data.arrays import is_prepared, prepared_parts
from training.data.listing import Layout, list_named
from training.data.records import LeftOut, PatchRecord, PatchSource, count_left_out, sort_key
from training.data.source import open_source
from training.data.splits import SPLIT_NAMES
from training.errors import DatasetError, PatchReadError, SourceError

if TYPE_CHECKING:
    from datasets import Dataset

KAGGLE_HANDLE: Final = "paultimothymooney/breast-histopathology-images"
REQUIRED_COLUMNS: Final = ("image", "label", "case_id", "x", "y")

logger = logging.getLogger(__name__)

_HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def is_hub_id(source: str) -> bool:
    """Return whether this is a Hub id `owner/name`; an existing path or an archive is a path."""
    if _HUB_ID.fullmatch(source) is None or source.endswith(".zip"):
        return False
    return not Path(source).exists()


def download_kaggle() -> Path:
    """Download Kaggle's archive (about 3 GB) into kagglehub's cache, or find it there.

    Raises:
        SourceError: When kagglehub is missing, not logged in, or cannot reach Kaggle.
    """
    try:
        import kagglehub
    except ImportError as error:
        raise SourceError("downloading needs kagglehub: pip install kagglehub") from error
    try:
        return Path(kagglehub.dataset_download(KAGGLE_HANDLE))
    # kagglehub passes on its own errors and those of requests and the file system; the remedy is
    # always the same.
    except Exception as error:
        raise SourceError(
            f"could not download {KAGGLE_HANDLE} from Kaggle ({type(error).__name__}: {error}). "
            "Check the network and log in: set KAGGLE_USERNAME and KAGGLE_KEY, or put kaggle.json "
            "from your Kaggle account page into ~/.kaggle. Or download the zip in a browser and "
            "give its path instead of 'kaggle'"
        ) from error


@dataclass(frozen=True)
class _HubSource:
    datasets: Sequence[Dataset]
    positions: dict[PatchRecord, tuple[int, int]]
    records: Sequence[PatchRecord] = field(init=False)
    left_out: Sequence[LeftOut] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "records", sorted(self.positions, key=sort_key))

    def read(self, record: PatchRecord) -> bytes:
        part, row = self.positions[record]
        image: dict[str, Any] | None = self.datasets[part][row]["image"]
        data = image and image.get("bytes")
        if not isinstance(data, bytes):
            raise PatchReadError(f"{record.name}: the row holds no image")
        return data


def _records(dataset: Dataset, source: str) -> Iterator[PatchRecord]:
    missing = [name for name in REQUIRED_COLUMNS if name not in dataset.column_names]
    if missing:
        raise DatasetError(
            f"{source} has no column {', '.join(missing)}; "
            f"a prepared data set has {', '.join(REQUIRED_COLUMNS)}"
        )
    for row in dataset.remove_columns("image"):
        case_id, x, y, label = str(row["case_id"]), int(row["x"]), int(row["y"]), row["label"]
        if label not in (0, 1):
            raise DatasetError(f"{source} has label {label!r}; labels are 0 (no IDC) and 1 (IDC)")
        name = f"{case_id}_idx5_x{x}_y{y}_class{label}.png"
        split = next((known for known in SPLIT_NAMES if known == row.get("split")), None)
        padded = bool(row.get("padded"))
        yield PatchRecord(case_id, x, y, label, name, padded=padded, own_split=split)


def hub_source(parts: Sequence[Dataset], source: str) -> PatchSource:
    """Read the parts of a prepared data set as a source of patches.

    Raises:
        DatasetError: When columns are missing, labels are unknown or there is no row.
    """
    from datasets import Image

    positions: dict[PatchRecord, tuple[int, int]] = {}
    for number, part in enumerate(parts):
        for row, record in enumerate(_records(part, source)):
            positions.setdefault(record, (number, row))
    if not positions:
        raise DatasetError(f"{source} has no rows")
    return _HubSource([part.cast_column("image", Image(decode=False)) for part in parts], positions)


def _load_hub(source: str, cache_dir: Path) -> PatchSource:
    from datasets import DownloadConfig, load_dataset

    try:
        loaded = load_dataset(
            source,
            cache_dir=str(cache_dir),
            download_config=DownloadConfig(cache_dir=str(cache_dir / "files")),
        )
    # Missing network, missing login, unknown id and broken files each have their own classes in
    # datasets, huggingface_hub, httpx and pyarrow.
    except Exception as error:
        raise SourceError(
            f"{source!r} is no existing path, and as a data set on the Hugging Face Hub it cannot "
            f"be loaded ({type(error).__name__}: {error}). Check the spelling and the network; "
            "for a private data set run `hf auth login`"
        ) from error
    return hub_source(list(loaded.values()), source)


@contextmanager
def open_any_source(
    source: str | Path, *, cache_dir: Path, layout: Layout = list_named
) -> Iterator[PatchSource]:
    """Open a folder, a zip, a prepared folder, the word `kaggle`, or a Hub data set id.

    The log counts files that are not patches.

    Args:
        source: What to open; an existing path wins over the other readings.
        cache_dir: Where files of a Hub data set go.
        layout: Tells which files of a folder or zip are patches.

    Raises:
        SourceError: When it cannot be found, downloaded or opened.
        DatasetError: When a Hub data set is not a prepared one.
    """
    if isinstance(source, str) and is_hub_id(source):
        yield _load_hub(source, cache_dir)
        return
    path = download_kaggle() if source == "kaggle" and not Path(source).exists() else source
    if is_prepared(Path(path)):
        yield hub_source(list(prepared_parts(Path(path)).values()), str(path))
        return
    with open_source(path, layout) as opened:
        if opened.left_out:
            logger.warning("left out of %s: %s", path, count_left_out(opened.left_out))
        yield opened
