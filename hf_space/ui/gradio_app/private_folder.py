"""A folder for the files of this process, and the removal of dead processes' folders."""

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
# The system releases a lock when its process ends for any reason.
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
    # In a shared folder, another user may have created it first.
    return folder if _is_private(folder) else Path(tempfile.mkdtemp(prefix="biopsia-"))


def process_folder(root: Path) -> Path:
    """Return a new folder below a root, removed with the process; cleans the root first.

    Args:
        root: Created if it does not exist.
    """
    root.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    # A folder that another process has created but not locked yet must not look abandoned.
    with FileLock(root / _LOCK, mode=_PRIVATE_FILE):
        sweep(root)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        lock = FileLock(folder / _LOCK, mode=_PRIVATE_FILE)
        lock.acquire()
    _own_locks[folder] = lock
    atexit.register(remove, folder)
    return folder


def is_process_folder(folder: str) -> bool:
    """Return whether a folder came from `process_folder`."""
    return Path(folder) in _own_locks


def remove(folder: Path) -> None:
    """Remove a folder from `process_folder`, unless it is already removed."""
    if lock := _own_locks.pop(folder, None):
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def sweep(root: Path) -> None:
    """Remove the folders of processes that ended without doing so."""
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
