"""Patches read from a folder or straight from a zip.

In Kaggle's layout a patch is named `<case>_idx5_x<x>_y<y>_class<c>.png`; x and y are the pixel
coordinates of its upper left corner on the slide reduced to about 4 microns per pixel, c is 1 for
invasive ductal carcinoma. Any nesting of folders works, and the second copy that Kaggle's archive
carries in `IDC_regular_ps50_idx5/` collapses into the first.
"""

from __future__ import annotations

import logging
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hf_space.errors import BiopsiaError
from hf_space.imaging.preprocess import pad_to_patch
from hf_space.imaging.readers import decode_image
from training.data.listing import Layout, Listing, list_named
from training.data.records import LeftOut, PatchRecord, PatchSource, count_left_out, sort_key
from training.errors import PatchReadError, SourceError

logger = logging.getLogger(__name__)

CLASS_NAMES: Final = ("no_idc", "idc")
_WORDS: Final = {"idc": "IDC"}
PATCH_SIZE_PIXELS: Final = 50
MAX_PATCH_BYTES: Final = 1 << 20
"""A 50x50 PNG has about 7 kB; far larger members are not patches and are not even read."""


def class_title(name: str) -> str:
    """Return the name of a class in words, as `no IDC`."""
    return " ".join(_WORDS.get(word, word) for word in name.split("_"))


@dataclass(frozen=True)
class _Listed:
    listing: Listing
    records: Sequence[PatchRecord] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "records", sorted(self.listing.paths, key=sort_key))

    @property
    def left_out(self) -> Sequence[LeftOut]:
        return self.listing.left_out


@dataclass(frozen=True, kw_only=True)
class _FolderSource(_Listed):
    root: Path

    def read(self, record: PatchRecord) -> bytes:
        path = self.root / self.listing.paths[record]
        try:
            with path.open("rb") as file:
                data = file.read(MAX_PATCH_BYTES + 1)
        except OSError as error:
            raise PatchReadError(f"{record.name}: {error.strerror or error}") from error
        return _limited(record, data)


@dataclass(frozen=True, kw_only=True)
class _ZipSource(_Listed):
    archive: zipfile.ZipFile

    def read(self, record: PatchRecord) -> bytes:
        try:
            with self.archive.open(self.listing.paths[record]) as file:
                data = file.read(MAX_PATCH_BYTES + 1)
        # zipfile raises RuntimeError for encrypted members, and its subclass NotImplementedError
        # for unknown compression.
        except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            raise PatchReadError(f"{record.name}: {error}") from error
        return _limited(record, data)


def _limited(record: PatchRecord, data: bytes) -> bytes:
    if len(data) > MAX_PATCH_BYTES:
        raise PatchReadError(f"{record.name}: more than {MAX_PATCH_BYTES:,} bytes, not a patch")
    return data


def _folder_paths(root: Path) -> Iterator[str]:
    for folder, _, names in os.walk(root):
        relative = Path(folder).relative_to(root)
        for name in names:
            yield (relative / name).as_posix()


def _require_patches(listing: Listing, path: Path) -> None:
    if not listing.paths:
        others = count_left_out(listing.left_out)
        raise SourceError(
            f"{path} holds no patch named <case>_idx5_x<x>_y<y>_class<0 or 1>.png"
            + (f" ({others})" if others else "")
            + "; give the folder or zip of Kaggle's Breast Histopathology Images, or for other "
            "patches a table of their cases with `prepare --cases`"
        )


@contextmanager
def open_source(source: str | Path, layout: Layout = list_named) -> Iterator[PatchSource]:
    """Open a folder or zip of patches.

    Args:
        source: Path of the folder or zip.
        layout: Finds the patches among its files; default: Kaggle's layout.

    Yields:
        The source; a zip is closed on leaving the context.

    Raises:
        SourceError: When the path is missing, is no zip, or holds no patch.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        listing = layout(_folder_paths(path))
        _require_patches(listing, path)
        yield _FolderSource(listing=listing, root=path)
        return
    if not path.exists():
        raise SourceError(f"{path} does not exist")
    if not zipfile.is_zipfile(path):
        raise SourceError(f"{path} is neither a folder nor a zip archive")
    with zipfile.ZipFile(path) as archive:
        listing = layout(name for name in archive.namelist() if not name.endswith("/"))
        _require_patches(listing, path)
        yield _ZipSource(listing=listing, archive=archive)


def decode_patch(data: bytes, record: PatchRecord) -> NDArray[np.uint8]:
    """Decode one patch as stored, before padding.

    Returns:
        RGB, shape (h, w, 3) with h and w from 1 to 50, uint8.

    Raises:
        PatchReadError: When the bytes are no image, or the image is larger than a patch.
    """
    try:
        image = decode_image(data, max_bytes=MAX_PATCH_BYTES)
    except BiopsiaError as error:
        raise PatchReadError(f"{record.name}: {error}") from error
    if max(image.shape[:2]) > PATCH_SIZE_PIXELS:
        height, width = image.shape[:2]
        raise PatchReadError(f"{record.name}: {width}x{height} pixels, larger than a patch")
    return image


def readable(source: PatchSource, records: Sequence[PatchRecord]) -> list[PatchRecord]:
    """Return the records whose patch can be read; the others are named in the log."""
    kept = []
    for record in records:
        try:
            decode_patch(source.read(record), record)
        except PatchReadError as error:
            logger.warning("left out: %s", error)
        else:
            kept.append(record)
    return kept


def read_patches(
    source: PatchSource, records: Sequence[PatchRecord], *, progress: bool
) -> NDArray[np.uint8]:
    """Read patches into one array; edge patches are padded by reflection.

    Args:
        source: Where the records come from.
        records: Patches to read, length N; the result takes 7.5 kB for each.
        progress: Show a progress bar on stderr.

    Returns:
        RGB patches, shape (N, 50, 50, 3), uint8.

    Raises:
        PatchReadError: When one of them cannot be read.
    """
    shape = (len(records), PATCH_SIZE_PIXELS, PATCH_SIZE_PIXELS, 3)
    patches = np.empty(shape, dtype=np.uint8)
    bar = tqdm(records, desc="reading patches", unit="img", disable=not progress)
    for index, record in enumerate(bar):
        image = decode_patch(source.read(record), record)
        patches[index] = pad_to_patch(image, PATCH_SIZE_PIXELS)
    return patches
