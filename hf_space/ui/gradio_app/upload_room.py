"""Limits the size of the upload folder, so that nobody fills the disk."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from anyio import to_thread
from gradio.utils import get_upload_folder

from hf_space.errors import BusyError
from hf_space.ui.gradio_app.upload_parser import folder_prefix

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_KEY_BYTES: Final = 16
_PREFIX_BYTES: Final = 8


class UploadRoom:
    """Disk space for the uploads of this process; belongs to one event loop.

    As with the memory for images, an address with several uploads holds half at most; its first one
    is admitted whatever its size.
    """

    def __init__(self, max_bytes: int) -> None:
        """Start without uploads in progress.

        Args:
            max_bytes: Largest size of the folder, including files offered for download.
        """
        self._most = max_bytes
        self._arriving: Counter[str] = Counter()
        # The folder's names do not reveal the address.
        self._key = secrets.token_bytes(_KEY_BYTES)

    @asynccontextmanager
    async def held(self, size: int, address: str) -> AsyncIterator[None]:
        """Reserve space while an upload arrives.

        Args:
            size: Its bytes.
            address: Network address that it comes from.

        Raises:
            BusyError: The folder is full, or the address uses too much of it; uploads are removed
                once they are read or ten minutes old.
        """
        whose = self._prefix(address)
        self._arriving[whose] += size
        changed = folder_prefix.set(whose)
        try:
            stored, own = await to_thread.run_sync(_stored_bytes, whose)
            own += self._arriving[whose]
            if stored + self._arriving.total() > self._most:
                raise BusyError(f"uploads take {stored} bytes, {self._arriving.total()} arrive")
            if own > size and own > self._most // 2:
                raise BusyError(f"uploads of one address would take {own} bytes")
            yield
        finally:
            folder_prefix.reset(changed)
            self._arriving[whose] -= size
            if not self._arriving[whose]:
                del self._arriving[whose]

    def _prefix(self, address: str) -> str:
        digest = hashlib.blake2b(address.encode(), key=self._key, digest_size=_PREFIX_BYTES)
        return digest.hexdigest()


def _stored_bytes(whose: str) -> tuple[int, int]:
    """Return the bytes of all files in the folder, and of those below folders of a prefix."""
    total = own = 0
    root = get_upload_folder()
    # Unlike `Path.rglob`, it skips folders that disappear in the meantime.
    for folder, _, names in os.walk(root):
        size = sum(map(_size, (os.path.join(folder, name) for name in names)))
        # A folder takes space too, and there is one for each small file.
        total += size + _size(folder)
        own += size * os.path.relpath(folder, root).startswith(whose)
    return total, own


def _size(path: str) -> int:
    """Return the bytes of a file or folder; 0 if it no longer exists."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
