"""Positions of patches on the slide: their neighbours, and complete slides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

GRID_STEP_PIXELS: Final = 50
_AROUND: Final = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if row or column]
_COMPLETE_NEIGHBOURS: Final = 4

Indices = NDArray[np.int64]


def grid_positions(
    case_ids: Sequence[str] | NDArray[np.str_], x: ArrayLike, y: ArrayLike
) -> tuple[Indices, Indices]:
    """Return row and column of each patch on the grid of its slide.

    Slides start at different offsets (0 or 1 pixel), so positions count from the case's least
    x and y, in steps of 50 pixels, rounded.

    Args:
        case_ids: Case of each patch, length N.
        x: Left edges, pixels at about 4 microns per pixel, shape (N,).
        y: Upper edges, same unit, shape (N,).

    Returns:
        Rows and columns, int64 (N,), from 0 in each case.
    """
    _, case = np.unique(np.asarray(case_ids, np.str_), return_inverse=True)
    return _from_least(case, np.asarray(y)), _from_least(case, np.asarray(x))


def neighbourhood_mean(
    case_ids: Sequence[str] | NDArray[np.str_], x: ArrayLike, y: ArrayLike, logits: ArrayLike
) -> tuple[NDArray[np.float64], Indices]:
    """Average each patch's logit with those of its existing neighbours, 3x3.

    Args:
        case_ids: Case of each patch, length N; only patches of one case are neighbours.
        x: Left edges, pixels at about 4 microns per pixel, shape (N,).
        y: Upper edges, same unit, shape (N,).
        logits: Logit of each patch, shape (N,).

    Returns:
        The mean logits, float64 (N,), and the number of neighbours found, int64 (N,), 0 to 8.
    """
    rows, columns = grid_positions(case_ids, x, y)
    _, case = np.unique(np.asarray(case_ids, np.str_), return_inverse=True)
    # One empty row and column between slides keeps their edges apart in the flat index.
    height, width = rows.max(initial=0) + 2, columns.max(initial=0) + 2
    keys = (case * height + rows) * width + columns
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    values = np.asarray(logits, dtype=np.float64)
    total, found = values.copy(), np.zeros(len(values), np.int64)
    for down, right in _AROUND:
        wanted = keys + down * width + right
        place = np.minimum(np.searchsorted(ranked, wanted), len(ranked) - 1)
        present = ranked[place] == wanted
        total[present] += values[order[place[present]]]
        found += present
    return total / (found + 1), found


def complete_slides(
    case_ids: Sequence[str] | NDArray[np.str_],
    labels: Sequence[int] | NDArray[np.integer[Any]],
    neighbours: Indices,
) -> list[str]:
    """Name the cases whose patches cover the tissue without gaps.

    A case is complete when, in each class that it has, half of the patches have at least four
    neighbours. Some samples hold all patches of one class and a part of the other, so the classes
    are checked separately; a sample of a tenth leaves less than one neighbour.

    Args:
        case_ids: Case of each patch, length N.
        labels: Class of each patch (0 or 1), length N.
        neighbours: Neighbours of each patch, int64 (N,), from `neighbourhood_mean`.

    Returns:
        The complete cases, sorted.
    """
    cases, classes = np.asarray(case_ids, np.str_), np.asarray(labels)
    complete = []
    for case_id in np.unique(cases):
        own = cases == case_id
        medians = [
            np.median(neighbours[own & (classes == label)]) for label in np.unique(classes[own])
        ]
        if min(medians) >= _COMPLETE_NEIGHBOURS:
            complete.append(str(case_id))
    return complete


def _from_least(case: Indices, positions: NDArray[Any]) -> Indices:
    least = np.full(case.max(initial=0) + 1, np.inf)
    np.minimum.at(least, case, positions)
    steps: Indices = np.rint((positions - least[case]) / GRID_STEP_PIXELS).astype(np.int64)
    return steps
