"""Bounds how many bytes the folder of uploads holds, so that nobody fills the disk."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread
from gradio.utils import get_upload_folder

from hf_space.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class UploadRoom:
    """Room on the disk for the uploads of this process; belongs to one event loop."""

    def __init__(self, max_bytes: int) -> None:
        """Begin with no upload on its way.

        Args:
            max_bytes: Most that the folder holds, with what the page offers for download.
        """
        self._most = max_bytes
        self._arriving = 0

    @asynccontextmanager
    async def held(self, size: int) -> AsyncIterator[None]:
        """Hold room while an upload of so many bytes arrives.

        Raises:
            BusyError: The folder is full, until uploads are read or ten minutes old.
        """
        self._arriving += size
        try:
            stored = await to_thread.run_sync(_stored_bytes)
            if stored + self._arriving > self._most:
                raise BusyError(f"uploads take {stored} bytes, {self._arriving} arrive")
            yield
        finally:
            self._arriving -= size


def _stored_bytes() -> int:
    """Return the bytes of all files in the folder; some may go meanwhile."""
    total = 0
    for path in Path(get_upload_folder()).rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total
