"""Locks, so that only one run at a time works on a slide in a shared folder."""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from hf_space.slides.errors import InUseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Longest file name used in the lock's name, in bytes; a longer one might exceed the limit.
_LONGEST: Final = 100
# Errors of file systems without locks, such as some network drives.
_UNKNOWN: Final = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


@contextmanager
def locked(folder: Path, name: str, *, seconds: float = 0) -> Iterator[None]:
    """Lock a name in a folder against other runs, on this machine or another one.

    The system releases the lock when the process ends for any reason. On a file system without
    locks this has no effect.

    Args:
        folder: Made if it does not exist.
        name: Name of a file or folder in it; a hidden file beside it is the lock.
        seconds: How long to wait for another run.

    Raises:
        InUseError: Another run has the lock.
        OSError: The lock cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f".{_short(name)}.lock"
    lock = FileLock(path, timeout=seconds, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise InUseError(path) from error
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
    try:
        yield
    finally:
        # Removed while locked: a run that has already opened it sees that it is gone, and does not
        # use it.
        with suppress(OSError):
            path.unlink()
        lock.release()


def _short(name: str) -> str:
    whole = os.fsencode(name)
    return name if len(whole) <= _LONGEST else hashlib.sha256(whole).hexdigest()
