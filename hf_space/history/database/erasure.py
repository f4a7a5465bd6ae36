"""Erases deleted rows from SQLite's files, and makes the files private to this user."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_PRIVATE_FILE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_BUSY_SECONDS: Final = 5.0
# Beyond this, compaction would need much disk space and block writers for long.
_MOST_COMPACTED_BYTES: Final = 256 << 20

logger = logging.getLogger(__name__)


def create_private(file: Path) -> None:
    """Create a database's file, and the folder that it lies in, for this user alone.

    Existing ones are not changed: the folder may have other content, and the file may not be ours.
    SQLite gives the files beside a database the database's own mode.

    Args:
        file: The database.
    """
    file.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    # One that is there is not opened: closing it would end the locks that SQLite has on it.
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE))


def close_to_others(file: Path) -> None:
    """Leave a database's files to this user alone.

    Args:
        file: The database, which SQLite has opened: any other file would be closed to its users.
    """
    for suffix in ("", "-wal", "-shm"):
        each = file.with_name(file.name + suffix)
        # They may belong to another user, who gave this one access.
        with suppress(FileNotFoundError, PermissionError):
            if each.is_file():
                each.chmod(_PRIVATE_FILE)


def empty_log(file: Path) -> bool:
    """Bring the write-ahead log into the database and cut it to nothing; False if others use it.

    With `secure_delete` the database has zeros where deleted rows were, but the log keeps pages
    from before the deletion. Others may hold it up; `compact` does the same again.

    Args:
        file: The database; none may be there.
    """
    if file.is_file():
        with closing(sqlite3.connect(file, timeout=_BUSY_SECONDS)) as connection:
            is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            logger.warning("the log of %s is in use and is emptied later", file.name)
            return False
    return True


def compact(file: Path) -> bool:
    """Write a database anew without what deleted rows have left in it, and empty its log.

    Returns whether nothing of them is left.

    SQLite moves rows between pages and does not overwrite where they were, so that some bytes of
    rows that are deleted later stay.

    Args:
        file: The database; none may be there, and one of more than 256 MiB is left as it is.

    Raises:
        sqlite3.OperationalError: Others write for too long, or the disk is full.
    """
    if file.is_file() and file.stat().st_size <= _MOST_COMPACTED_BYTES:
        try:
            with closing(sqlite3.connect(file, timeout=_BUSY_SECONDS)) as connection:
                connection.execute("VACUUM")
        except sqlite3.Error:
            # Rewriting takes room on the disk; the log holds whole pages, and emptying it none.
            empty_log(file)
            raise
    return empty_log(file)
