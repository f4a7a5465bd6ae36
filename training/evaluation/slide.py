"""A complete slide, put together from its patches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.neighbourhood import (
    GRID_STEP_PIXELS,
    complete_slides,
    grid_positions,
    neighbourhood_mean,
)
from training.data.records import PatchRecord, PatchSource
from training.data.source import read_patches

_GLASS = 255


@dataclass(frozen=True, slots=True)
class Slide:
    """A slide at the scale of its patches.

    Attributes:
        case_id: Its case.
        image: uint8 (50 rows, 50 columns, 3), RGB; white where there is no patch.
        labels: int64 (rows, columns): 1 with IDC, 0 without, -1 where there is no patch.
    """

    case_id: str
    image: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def crops(self, places: NDArray[np.float64], *, margin: int = 0) -> NDArray[np.uint8]:
        """Return pieces of the size of a patch with their surroundings.

        Args:
            places: float64 (N, 2): row and column of each, in tiles; halves are between tiles.
            margin: Pixels around each on every side; beyond the slide they are reflected.

        Returns:
            uint8 (N, 50 + 2 margin, 50 + 2 margin, 3).
        """
        side = GRID_STEP_PIXELS + 2 * margin
        image = np.pad(self.image, ((margin, margin), (margin, margin), (0, 0)), mode="reflect")
        corners = np.rint(places * GRID_STEP_PIXELS).astype(int)
        return np.stack([image[y : y + side, x : x + side] for y, x in corners])


def read_complete_slides(source: PatchSource, records: Sequence[PatchRecord]) -> Iterator[Slide]:
    """Put together every case whose patches cover its tissue without gaps, one at a time.

    Args:
        source: Where the records come from.
        records: Readable patches.

    Yields:
        The slides, by case.
    """
    case_ids = np.array([record.case_id for record in records])
    labels = np.array([record.label for record in records])
    x, y = (np.array([getattr(record, axis) for record in records]) for axis in ("x", "y"))
    _, neighbours = neighbourhood_mean(case_ids, x, y, np.zeros(len(records)))
    rows, columns = grid_positions(case_ids, x, y)
    for case_id in complete_slides(case_ids, labels, neighbours):
        own = np.flatnonzero(case_ids == case_id)
        patches = read_patches(source, [records[int(index)] for index in own], progress=False)
        yield _assemble(case_id, patches, labels[own], rows[own], columns[own])


def _assemble(
    case_id: str,
    patches: NDArray[np.uint8],
    labels: NDArray[np.int64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> Slide:
    shape = int(rows.max()) + 1, int(columns.max()) + 1
    side = GRID_STEP_PIXELS
    tiles = np.full((*shape, side, side, 3), _GLASS, np.uint8)
    tiles[rows, columns] = patches
    grid = np.full(shape, -1, np.int64)
    grid[rows, columns] = labels
    image = tiles.swapaxes(1, 2).reshape(shape[0] * side, shape[1] * side, 3)
    return Slide(case_id, image, grid)
