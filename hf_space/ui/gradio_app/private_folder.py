"""A folder for the files of this process, and the removal of what dead processes have left."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

_PREFIX: Final = "process-"
# The system ends a lock with its process, however that ends.
_LOCK: Final = ".lock"
_PRIVATE_FOLDER: Final = 0o700
_PRIVATE_FILE: Final = 0o600
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

_own_locks: dict[Path, FileLock] = {}


def root_folder() -> Path:
    """Return the folder of all processes of this user: `GRADIO_TEMP_DIR`, or a temporary one."""
    chosen = os.environ.get("GRADIO_TEMP_DIR")
    if chosen:
        return Path(chosen)
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    folder = Path(tempfile.gettempdir()) / f"biopsia-{user}"
    with suppress(FileExistsError):
        folder.mkdir(mode=_PRIVATE_FOLDER)
    # In a folder for everybody, another user may have made it first.
    return folder if _is_private(folder) else Path(tempfile.mkdtemp(prefix="biopsia-"))


def process_folder(root: Path) -> Path:
    """Return a new folder below a root, which goes with the process; sweeps the root first.

    Args:
        root: Made if it does not exist.
    """
    root.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    # A folder that another process has made and not locked yet must not seem to be a dead one's.
    with FileLock(root / _LOCK, mode=_PRIVATE_FILE):
        sweep(root)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        lock = FileLock(folder / _LOCK, mode=_PRIVATE_FILE)
        lock.acquire()
    _own_locks[folder] = lock
    atexit.register(remove, folder)
    return folder


def is_process_folder(folder: str) -> bool:
    """Tell whether a folder is one that `process_folder` has returned."""
    return Path(folder) in _own_locks


def remove(folder: Path) -> None:
    """Remove a folder that `process_folder` has returned, unless that was done before."""
    if lock := _own_locks.pop(folder, None):
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def sweep(root: Path) -> None:
    """Remove the folders of processes that have ended without doing so."""
    for folder in root.glob(f"{_PREFIX}*"):
        lock = FileLock(folder / _LOCK, mode=_PRIVATE_FILE)
        with suppress(Timeout, OSError):
            lock.acquire(timeout=0)
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()


def _is_private(folder: Path) -> bool:
    found = folder.lstat()
    is_own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return stat.S_ISDIR(found.st_mode) and is_own and not found.st_mode & _OTHERS
