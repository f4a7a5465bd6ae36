"""Which files of a package some work goes through."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any


class Tracer:
    """Notes the files below a folder whose functions are called, in any thread.

    Attributes:
        entered: The files noted so far, below the folder.
    """

    def __init__(self, folder: Path) -> None:
        """Note files below a folder, once `noting` says so."""
        self.entered: set[Path] = set()
        self._folder = folder
        self._on = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch this thread, and all that are started meanwhile."""
        before = sys.getprofile()
        threading.setprofile(self._see)
        sys.setprofile(self._see)
        try:
            yield
        finally:
            sys.setprofile(before)
            threading.setprofile(before)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note what is called while the context lasts."""
        self._on = True
        try:
            yield
        finally:
            self._on = False

    def _see(self, frame: FrameType, event: str, _argument: Any) -> None:
        if self._on and event == "call":
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(self._folder):
                self.entered.add(path.relative_to(self._folder))
