"""One run at a time works on a slide, however many write into the same folder."""

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

# Longest name of a file whose lock has it, in bytes: a longer one might not leave room for more.
_LONGEST: Final = 100
# What file systems say that know no locks, as some network drives.
_UNKNOWN: Final = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


@contextmanager
def locked(folder: Path, name: str, *, seconds: float = 0) -> Iterator[None]:
    """Keep other runs, on this machine or another one, from what has a name in a folder.

    The system ends the lock with the process, however that ends. On a file system that knows no
    locks nothing is kept from anybody.

    Args:
        folder: Made if it does not exist.
        name: Of a file or folder in it; a hidden file beside it stands for the lock meanwhile.
        seconds: How long another run is waited for.

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
        # While it is locked: who has opened it already sees that it is gone, and does not take it.
        with suppress(OSError):
            path.unlink()
        lock.release()


def _short(name: str) -> str:
    whole = os.fsencode(name)
    return name if len(whole) <= _LONGEST else hashlib.sha256(whole).hexdigest()
