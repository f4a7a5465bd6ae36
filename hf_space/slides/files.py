"""Files that are there as a whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PART: Final = ".part."
_RANDOM_BYTES: Final = 8


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file its name when all of it is on the disk.

    Args:
        path: Of the file; what is there before stays until then.

    Yields:
        The path to write to, with the same suffix.

    Raises:
        OSError: The file cannot be written.
    """
    # No other process writes to it, whatever locks are worth here.
    part = path.with_name(f"{_PART}{secrets.token_hex(_RANDOM_BYTES)}.{path.name}")
    try:
        yield part
        _sync(part)
        part.replace(path)
        _sync_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def remove_parts(folder: Path) -> None:
    """Delete what processes that were killed have left of `replacing`; raises OSError.

    Args:
        folder: In which nobody else writes now; it need not exist.
    """
    for part in folder.glob(f"{_PART}*"):
        part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    # Some systems bring only what is open for writing to the disk.
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Bring names to the disk, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Of a file system that knows no such thing.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)
