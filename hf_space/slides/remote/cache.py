"""Slides that cannot be read in parts, fetched to a folder that has a limit."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hf_space.messages.catalogue import text
from hf_space.slides.addresses import address_path
from hf_space.slides.errors import InUseError, StoreError
from hf_space.slides.files import replacing
from hf_space.slides.lock import locked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.slides.remote.store import ObjectFacts, StoredObject

MOST_BYTES: Final = 50_000_000_000
"""Limit of all fetched slides together; the least recently used are removed first."""

_FOLDER: Final = "biopsia-slides"
# Another worker may be fetching the same slide.
_WAIT_SECONDS: Final = 3600.0


def cache_folder() -> Path:
    """Return the folder of fetched slides; ``TMPDIR`` says where it is."""
    return Path(tempfile.gettempdir()) / _FOLDER


@contextmanager
def fetched(stored: StoredObject, facts: ObjectFacts) -> Iterator[Path]:
    """Fetch an object, unless that version is there, and keep it from being removed.

    Args:
        stored: The object.
        facts: What the store says of it.

    Yields:
        A file with the object's content and suffix.

    Raises:
        StoreError: It cannot be fetched, or is larger than the folder may be.
        OSError: The folder cannot be written.
    """
    folder = cache_folder()
    key = hashlib.sha256(f"{stored.address}\0{facts.version}\0{facts.size}".encode()).hexdigest()
    path = folder / f"{key}{address_path(stored.address).suffix}"
    with locked(folder, path.name, seconds=_WAIT_SECONDS):
        if not path.exists():
            # What a process that was killed has left.
            for part in folder.glob(f".part.*.{path.name}"):
                part.unlink(missing_ok=True)
            make_room(folder, facts.size, stored.shown)
            with replacing(path) as part:
                stored.fetch(part)
        os.utime(path)
        yield path


def make_room(folder: Path, size: int, shown: str) -> None:
    """Remove what was not used for longest until so many bytes fit; what is in use stays.

    Raises:
        StoreError: They do not fit.
    """
    files = sorted(_files(folder), key=lambda each: each[1])
    total = sum(held for _, _, held in files)
    for path, _, held in files:
        if total + size <= MOST_BYTES:
            return
        with suppress(InUseError), locked(folder, path.name):
            path.unlink(missing_ok=True)
            total -= held
    if total + size > MOST_BYTES:
        message = text("slide.too_large_for_cache", "en", folder=folder)
        raise StoreError(errno.ENOSPC, message, shown)


def _files(folder: Path) -> Iterator[tuple[Path, float, int]]:
    for path in folder.iterdir():
        with suppress(OSError):
            facts = path.stat()
            if not path.name.startswith("."):
                yield path, facts.st_mtime, facts.st_size
