"""Cuts a region into tiles and finds those with tissue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from hf_space.imaging.margin import mirrored
from hf_space.imaging.preprocess import pad_to_patch
from hf_space.imaging.tissue import find_stained, learn_tissue_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hf_space.imaging.tissue import Pixels, TissueRule

# A tile with more black than this has too little tissue.
BLACK_SHARE: Final = 0.5
# A tile is tissue if this share of its pixels is stained. 99 % of the training patches have twice
# as much.
TISSUE_SHARE: Final = 0.1

_SAMPLES: Final = 64
# Tiles that are processed at once.
_SPAN: Final = 20


Place = tuple[int, int]
"""Row and column of a tile, from 0."""


@dataclass(frozen=True, slots=True)
class Tiles:
    """A region on a grid of square tiles; the last row and column may extend beyond it.

    Attributes:
        image: uint8 (h, w, 3), RGB, at the model's scale.
        size: Side of a tile in pixels.
        tissue: bool (rows, columns): the tiles that are scored.
        density: float64 (rows, columns), 0 to 1: stained share of each tile's area.
        areas: float64 (rows, columns): pixels of each tile that lie within the region.
    """

    image: NDArray[np.uint8]
    size: int
    tissue: NDArray[np.bool_]
    density: NDArray[np.float64]
    areas: NDArray[np.float64]

    @property
    def covered(self) -> tuple[int, int]:
        """Height and width in pixels of the whole grid; the image is its upper left part."""
        rows, columns = self.tissue.shape
        return rows * self.size, columns * self.size

    def places(self) -> list[Place]:
        """List the tissue tiles, by row and column."""
        return [(int(row), int(column)) for row, column in np.argwhere(self.tissue)]

    def samples(self) -> NDArray[np.uint8]:
        """Return up to 64 tissue tiles from all over the region, uint8 (N, size, size, 3)."""
        places = self.places()
        chosen = np.linspace(0, len(places) - 1, min(len(places), _SAMPLES)).round().astype(int)
        return self.patches([places[index] for index in chosen])

    def patches(self, places: Sequence[Place]) -> NDArray[np.uint8]:
        """Return tiles by row and column, uint8 (N, size, size, 3), padded by reflection."""
        return np.stack([pad_to_patch(self._tile(*place), self.size) for place in places])

    def windows(self, places: Sequence[Place], margin: int) -> NDArray[np.uint8]:
        """Return tiles with their surroundings; beyond the image they are reflected.

        Args:
            places: Row and column of each, at least one.
            margin: Pixels on each side. With 0, and for a region of a single tile, only the tiles
                are returned, as by `patches`.

        Returns:
            uint8 (N, side, side, 3), where the side is that of a tile and twice the margin.
        """
        if not margin or self.tissue.size == 1:
            return self.patches(places)
        return np.stack([self._window(*place, margin) for place in places])

    def _window(self, row: int, column: int, margin: int) -> NDArray[np.uint8]:
        top, left = row * self.size - margin, column * self.size - margin
        side = self.size + 2 * margin
        bottom, right = top + side, left + side
        height, width = self.image.shape[:2]
        if top >= 0 and left >= 0 and bottom <= height and right <= width:
            return self.image[top:bottom, left:right]
        return self.image[np.ix_(mirrored(top, bottom, height), mirrored(left, right, width))]

    def _tile(self, row: int, column: int) -> NDArray[np.uint8]:
        top, left = row * self.size, column * self.size
        return self.image[top : top + self.size, left : left + self.size]


def single_tile(image: NDArray[np.uint8], size: int) -> Tiles:
    """Return an image that fits in one tile as a region of that tile, with or without tissue.

    Args:
        image: uint8 (h, w, 3), RGB, both sides from 1 to ``size``.
        size: Side of a tile in pixels.
    """
    height, width = image.shape[:2]
    area = np.array([[float(height * width)]])
    return Tiles(image, size, np.ones((1, 1), dtype=np.bool_), np.ones((1, 1)), area)


def cut_tiles(image: NDArray[np.uint8], size: int) -> Tiles:
    """Lay a grid over a region and find its tissue.

    Args:
        image: uint8 (h, w, 3), RGB, not empty, at the model's scale.
        size: Side of a tile in pixels.
    """
    height, width = image.shape[:2]
    heights, widths = _extents(height, size), _extents(width, size)
    rule = learn_tissue_rule(image)
    strips = [image[top : top + size] for top in range(0, height, size)]
    shares = np.stack([_shares(strip, rule, widths, size) for strip in strips], axis=1)
    stained_share, black_share = shares
    tissue = (stained_share >= TISSUE_SHARE) & (black_share <= BLACK_SHARE)
    return Tiles(image, size, tissue, stained_share, np.multiply.outer(heights, widths))


def _extents(side: int, size: int) -> NDArray[np.float64]:
    edges = np.append(np.arange(0, side, size), side)
    return np.diff(edges).astype(np.float64)


def _shares(
    strip: NDArray[np.uint8], rule: TissueRule, widths: NDArray[np.float64], size: int
) -> NDArray[np.float64]:
    """Return the stained and the black share of the tiles of one row, float64 (2, tiles)."""
    # A few tiles at a time: the densities of a whole region would not fit in memory, and those of a
    # whole row would not fit in the processor's cache.
    span = _SPAN * size
    parts = [strip[:, left : left + span] for left in range(0, strip.shape[1], span)]
    counts = np.concatenate([_count(find_stained(part, rule), size) for part in parts], axis=1)
    return np.asarray(counts / (widths * len(strip)))


def _count(masks: Pixels, size: int) -> NDArray[np.int64]:
    """Count the stained and the black pixels of each tile; int64 (2, tiles)."""
    columns = np.stack([cv2.reduce(mask, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0] for mask in masks])
    starts = np.arange(0, columns.shape[1], size)
    return np.asarray(np.add.reduceat(columns, starts, axis=1) // 255, dtype=np.int64)
