"""Files that the page shows or offers to a visitor; they are deleted with their record."""

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

# Gradio has deleted them long before this.
_KNOWN_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class _Shown:
    owner: bytes
    images: frozenset[str]
    since: float


class ShownFiles:
    """Remembers the owner and the images of files while they may exist."""

    def __init__(self) -> None:
        """Start with none."""
        self._files: dict[Path, _Shown] = {}
        # Results are drawn in several threads.
        self._lock = Lock()

    def note(self, path: Path, owner: bytes, images: Collection[str]) -> None:
        """Remember a file, or update its images.

        Args:
            path: The file.
            owner: The visitor who sees it.
            images: SHA-256 of the images it is about.
        """
        with self._lock:
            self._files[path] = _Shown(owner, frozenset(images), monotonic())
            while self._is_old(oldest := next(iter(self._files))):
                del self._files[oldest]

    def taken(self, owner: bytes, images: Collection[str] | None) -> list[Path]:
        """Return and forget an owner's files about some images; None for all."""
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
    """Makes files available to one visitor's browser.

    Attributes:
        shown: Remembers them.
        owner: The visitor; None for one without records, whose files are deleted by age only.
    """

    shown: ShownFiles
    owner: bytes | None

    def note(self, path: Path, *images: str) -> None:
        """Remember a file about some images, by their SHA-256."""
        if self.owner is not None:
            self.shown.note(path, self.owner, images)

    def place(self, name: str, *images: str) -> Path:
        """Return a path for a file that the visitor's browser may fetch.

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
