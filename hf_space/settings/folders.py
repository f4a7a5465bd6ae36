"""Folders that the service must be able to write, or it keeps nothing."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.settings.service import Settings

_PRIVATE_FOLDER: Final = 0o700
# May pass, and predictions go on meanwhile.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def folder_faults(settings: Settings) -> list[str]:
    """Make the folders that the settings name, and return a line for each that cannot be written.

    Args:
        settings: Of the service; the folder of the demo's uploads is the environment's.
    """
    faults = (_fault(variable, folder) for variable, folder in _folders(settings))
    return [fault for fault in faults if fault]


def _folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "BIOPSIA_DATA_DIR", settings.data_dir
    address = settings.database_url.get_secret_value() if settings.database_url else ""
    if address.lower().startswith("sqlite"):
        file = address.partition(":///")[2].partition("?")[0]
        yield "BIOPSIA_DATABASE_URL", Path(file).parent
    if uploads := os.environ.get("GRADIO_TEMP_DIR"):
        yield "GRADIO_TEMP_DIR", Path(uploads)


def _fault(variable: str, folder: Path) -> str | None:
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        if error.errno in _FULL:
            return None
        return f"{variable}: the folder {folder} cannot be written: {error.strerror}"
