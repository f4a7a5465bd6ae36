"""A slide from an array, and a watcher that records messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_space.imaging.readers.base import Level
from hf_space.imaging.readers.pyramid import PyramidReader


class ArraySource:
    """Levels of a picture in memory; a `LevelSource`."""

    def __init__(self, picture: NDArray[np.uint8]) -> None:
        height, width = picture.shape[:2]
        self.picture = picture
        self.levels: tuple[Level, ...] = (Level(width, height, 1.0),)
        self.bounds = (0, 0, width, height)
        self.stated_scales: tuple[tuple[float, float], ...] = ()
        self.properties: Mapping[str, str] = {"format": "array"}
        self.profile: bytes | None = None
        self.profile_ignored = False

    def tile_rows(self, level: int) -> int:
        return level + 1

    def read_window(
        self, level: int, left: int, top: int, width: int, height: int
    ) -> NDArray[np.uint8]:
        assert level == 0
        return self.picture[top : top + height, left : left + width]

    def close(self) -> None:
        """Nothing is open."""


class ArraySlide(PyramidReader):
    """A picture as a slide of a single level, which counts the rows that are read of it.

    Attributes:
        rows_read: How often each row was read, by scale.
    """

    def __init__(
        self, picture: NDArray[np.uint8], microns_per_pixel: tuple[float, float] = (4.0, 4.0)
    ) -> None:
        source = ArraySource(picture)
        super().__init__(source, microns_per_pixel, "metadata", conflict=False)
        self.rows_read: dict[float, NDArray[np.int64]] = {}

    def read_rows(self, top: int, rows: int, microns_per_pixel: float) -> NDArray[np.uint8]:
        height, _ = self.scaled_size(microns_per_pixel)
        counts = self.rows_read.setdefault(microns_per_pixel, np.zeros(height, np.int64))
        counts[top : top + rows] += 1
        return super().read_rows(top, rows, microns_per_pixel)


class Notes:
    """A watcher that records the progress of slides.

    Attributes:
        messages: What was told.
        totals: Tiles, and those that an earlier run had scored, of each slide.
        advanced: Tiles that were scored.
    """

    def __init__(self, on_advance: Callable[[int], Any] = int) -> None:
        self.messages: list[str] = []
        self.totals: list[tuple[int, int]] = []
        self.advanced = 0
        self._on_advance = on_advance

    def note(self, message: str) -> None:
        self.messages.append(message)

    def begin(self, total: int, done: int) -> None:
        self.totals.append((total, done))

    def advance(self, tiles: int) -> None:
        self.advanced += tiles
        self._on_advance(self.advanced)
