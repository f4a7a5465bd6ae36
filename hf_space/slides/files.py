"""Writes files atomically, one or several together."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

_PART: Final = ".part."
_RANDOM_BYTES: Final = 8


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file under a temporary name, and rename it once it is on disk.

    Args:
        path: Of the file; what is there before stays until then.

    Yields:
        The path to write to, with the same suffix.

    Raises:
        OSError: The file cannot be written.
    """
    with replacing_all(path.parent) as part_of:
        yield part_of(path.name)


@contextmanager
def replacing_all(
    folder: Path, *, last: str | None = None, stale: Iterable[str] = ()
) -> Iterator[Callable[[str], Path]]:
    """Write files under temporary names, and rename all of them, or none, once they are on disk.

    Args:
        folder: Of the files; what is there before stays until then.
        last: The one that says that the others hold: the earlier one goes before any other file is
            replaced, and the new one is there when all are.
        stale: Names of files that do not hold any more beside the new ones; those that exist are
            deleted.

    Yields:
        A function that takes the name of a file, and returns the path to write to, with the same
        suffix.

    Raises:
        OSError: A file cannot be written.
    """
    parts: dict[str, Path] = {}

    def part_of(name: str) -> Path:
        # No other process writes to it, even if locks do not work on this file system.
        parts[name] = folder / f"{_PART}{secrets.token_hex(_RANDOM_BYTES)}.{name}"
        return parts[name]

    try:
        yield part_of
        for part in parts.values():
            _sync(part)
        _rename(parts, folder, last, stale)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _rename(
    parts: Mapping[str, Path], folder: Path, last: str | None, stale: Iterable[str]
) -> None:
    if last:
        (folder / last).unlink(missing_ok=True)
        _sync_folder(folder)
    for name, part in parts.items():
        if name != last:
            part.replace(folder / name)
    for name in stale:
        (folder / name).unlink(missing_ok=True)
    _sync_folder(folder)
    if last:
        parts[last].replace(folder / last)
        _sync_folder(folder)


def remove_parts(folder: Path) -> None:
    """Delete what processes that were killed have left of `replacing`; raises OSError.

    Args:
        folder: A folder without other writers at this time; it need not exist.
    """
    for part in folder.glob(f"{_PART}*"):
        part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    # Some systems sync only files that are open for writing.
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Sync names to disk, if the system supports it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # The file system does not support it.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)
