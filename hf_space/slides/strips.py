"""Rows of tiles with their surroundings, cut from a slide that is read once from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hf_space.imaging.margin import mirrored
from hf_space.imaging.preprocess import margin_rows, pad_to_patch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hf_space.bundle.config import InferenceConfig
    from hf_space.imaging.places import Places
    from hf_space.imaging.readers.slide import SlideReader


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of places, read.

    Attributes:
        row: Row of places.
        columns: Columns of the places that are scored.
        pixels: uint8 (h, w, 3), RGB, at the model's scale: with a margin, the tiles and what
            surrounds them, beyond the slide its reflection; without one, what there is of them.
        step: Pixels from a place to the next.
        tile: Side of a tile in pixels.
        side: Side in pixels of what the network needs of a tile.
    """

    row: int
    columns: tuple[int, ...]
    pixels: NDArray[np.uint8]
    step: int
    tile: int
    side: int

    def windows(self, columns: Sequence[int]) -> NDArray[np.uint8]:
        """Return the network's windows at some places, uint8 (n, side, side, 3)."""
        parts = (
            self.pixels[:, left : left + self.side]
            for left in (column * self.step for column in columns)
        )
        if self.side == self.tile:
            return np.stack([pad_to_patch(part, self.tile) for part in parts])
        return np.stack(list(parts))

    def patch(self, column: int) -> NDArray[np.uint8]:
        """Return the tile alone, uint8 (tile, tile, 3)."""
        margin = (self.side - self.tile) // 2
        inner = slice(margin, margin + self.tile)
        (window,) = self.windows([column])
        return np.asarray(window[inner, inner])


class StripReader:
    """Reads strips of a slide; rows that two of them share are read once.

    Belongs to one thread, as the slide's reader does.
    """

    def __init__(self, reader: SlideReader, places: Places, config: InferenceConfig) -> None:
        """Read a slide, whose scale is known, for a model."""
        self._reader = reader
        self._places = places
        self._microns_per_pixel = config.microns_per_pixel
        self._margin = margin_rows(config)
        self._first = 0
        self._kept = np.empty((0, places.width, 3), dtype=np.uint8)

    def read(self, row: int, columns: tuple[int, ...]) -> Strip:
        """Read a row of places; raises CorruptImageError."""
        places, margin = self._places, self._margin
        top = row * places.step
        side = places.tile + 2 * margin
        if not margin:
            pixels = self._rows(top, min(top + side, places.height))
            return Strip(row, columns, pixels, places.step, places.tile, side)
        down = mirrored(top - margin, top - margin + side, places.height)
        right = places.step * (places.shape[1] - 1) + places.tile + margin
        across = mirrored(-margin, right, places.width)
        first = int(down.min())
        pixels = self._rows(first, int(down.max()) + 1)
        surrounded = pixels[np.ix_(down - first, across)]
        return Strip(row, columns, surrounded, places.step, places.tile, side)

    def _rows(self, first: int, last: int) -> NDArray[np.uint8]:
        """Return rows of the bounds, from memory as far as the strip before has them."""
        kept_to = self._first + len(self._kept)
        if not self._first <= first < kept_to:
            self._first, self._kept, kept_to = first, self._kept[:0], first
        if last > kept_to:
            read = self._reader.read_rows(kept_to, last - kept_to, self._microns_per_pixel)
            self._kept = np.concatenate([self._kept[first - self._first :], read])
            self._first = first
        return self._kept[first - self._first : last - self._first]
