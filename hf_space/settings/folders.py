"""Checks the folders and files that the service must be able to write."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hf_space.settings.service import Settings

HISTORY_FILE: Final = "history.sqlite3"
"""File in the data folder, used if the settings name no database."""

_PRIVATE_FOLDER: Final = 0o700
# These may be temporary, and predictions still work.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def folder_faults(settings: Settings) -> list[str]:
    """Create the folders of the settings, and return a line for each that cannot be written.

    A database file that is a folder or a device also gets a line.

    Args:
        settings: The service's settings; the folder of the demo's uploads comes from the
            environment.
    """
    variable, file = _database_file(settings)
    faults = [
        _fault("BIOPSIA_DATA_DIR", settings.data_dir),
        file and (_fault(variable, file.parent) or _file_fault(variable, file)),
    ]
    if uploads := os.environ.get("GRADIO_TEMP_DIR"):
        faults.append(_uploads_fault("GRADIO_TEMP_DIR", uploads))
    # The history's file may be in the data folder, whose fault is reported only once.
    return list(dict.fromkeys(fault for fault in faults if fault))


def _database_file(settings: Settings) -> tuple[str, Path | None]:
    """Return the variable that names SQLite's file, and the file; None for PostgreSQL."""
    if settings.database_url is None:
        return "BIOPSIA_DATA_DIR", settings.data_dir / HISTORY_FILE
    scheme, _, file = settings.database_url.get_secret_value().partition(":///")
    is_sqlite = scheme.lower().startswith("sqlite")
    return "BIOPSIA_DATABASE_URL", Path(file.partition("?")[0]) if is_sqlite else None


def _uploads_fault(variable: str, folder: str) -> str | None:
    if folder.startswith("~"):
        return f"{variable}: write the whole path: ~ is not read here"
    return _fault(variable, Path(folder))


def _file_fault(variable: str, file: Path) -> str | None:
    try:
        is_other = file.exists() and not file.is_file()
    except OSError as error:
        return f"{variable}: {file} cannot be read: {error.strerror}"
    return f"{variable}: {file} is no file that can hold a database" if is_other else None


def _fault(variable: str, folder: Path) -> str | None:
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        if error.errno in _FULL:
            return None
        return f"{variable}: the folder {folder} cannot be written: {error.strerror}"
