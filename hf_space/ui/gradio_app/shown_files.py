"""Files that the page shows or offers to one visitor, which go when their record is deleted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from gradio.utils import get_upload_folder

if TYPE_CHECKING:
    from collections.abc import Collection

# Gradio has deleted them long before.
_KNOWN_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class _Shown:
    owner: bytes
    images: frozenset[str]
    since: float


class ShownFiles:
    """Knows whose files these are and of which images, as long as they may be there."""

    def __init__(self) -> None:
        """Start with none."""
        self._files: dict[Path, _Shown] = {}
        # Results are drawn in threads.
        self._lock = Lock()

    def note(self, path: Path, owner: bytes, images: Collection[str]) -> None:
        """Remember a file, or of which images it is after all.

        Args:
            path: The file.
            owner: To whom it is shown.
            images: SHA-256 of the images that it tells of.
        """
        with self._lock:
            self._files[path] = _Shown(owner, frozenset(images), monotonic())
            while self._is_old(oldest := next(iter(self._files))):
                del self._files[oldest]

    def taken(self, owner: bytes, images: Collection[str] | None) -> list[Path]:
        """Return, and forget, the files of an owner that tell of some images; None for all."""
        with self._lock:
            chosen = [
                path
                for path, shown in self._files.items()
                if shown.owner == owner and (images is None or shown.images.intersection(images))
            ]
            for path in chosen:
                del self._files[path]
        return chosen

    def _is_old(self, path: Path) -> bool:
        return monotonic() - self._files[path].since > _KNOWN_SECONDS


@dataclass(frozen=True, slots=True)
class Offers:
    """Gives files to one visitor's browser.

    Attributes:
        shown: Remembers them.
        owner: The visitor; None for one who has no records, whose files go by their age only.
    """

    shown: ShownFiles
    owner: bytes | None

    def note(self, path: Path, *images: str) -> None:
        """Remember a file that tells of some images, by their SHA-256."""
        if self.owner is not None:
            self.shown.note(path, self.owner, images)

    def place(self, name: str, *images: str) -> Path:
        """Return where to write a file that the visitor's browser may fetch.

        The folder's name cannot be guessed, and Gradio deletes the file with the uploads.
        """
        folder = Path(get_upload_folder()) / secrets.token_hex(16)
        folder.mkdir(parents=True)
        path = folder / name
        self.note(path, *images)
        return path

    def write(self, name: str, content: bytes, *images: str) -> str:
        """Write a file that the visitor's browser may fetch, and return its path; see `place`."""
        path = self.place(name, *images)
        path.write_bytes(content)
        return str(path)
