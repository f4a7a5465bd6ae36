"""Errors by the distance to the labels' border, where labels are inexact."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

FARTHEST: Final = 4
"""Distance, in tiles, from which on all tiles are counted together."""


def border_figures(labels: NDArray[np.int64], wrong: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Count errors by the distance to the nearest tile of the other class.

    Outlines were drawn at low magnification, so a tile at the border of its label may well be
    labelled wrongly; a tile far inside rarely is.

    Args:
        labels: int64 (rows, columns): 1 with IDC, 0 without, -1 where there is no tile.
        wrong: bool (rows, columns): whether the verdict differs from the label.

    Returns:
        For each ``distance`` in tiles, from 1 (touching, corners included) to `FARTHEST` and
        beyond, the number of ``tiles`` and their ``error_rate``; None without tiles.
    """
    distances = np.minimum(distance_to_other(labels), FARTHEST)
    rows = []
    for distance in range(1, FARTHEST + 1):
        own = (distances == distance) & (labels >= 0)
        rate = float(wrong[own].mean()) if own.any() else None
        rows.append({"distance": distance, "tiles": int(own.sum()), "error_rate": rate})
    return rows


def distance_to_other(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each tile's chessboard distance to the nearest tile of the other class.

    Args:
        labels: int64 (rows, columns), as `border_figures` takes them.

    Returns:
        int64 (rows, columns); where there is no other class, more than any side.
    """
    far = sum(labels.shape)
    found = np.full(labels.shape, far, np.int64)
    for own, other in ((0, 1), (1, 0)):
        if (labels == other).any():
            elsewhere = (labels != other).astype(np.uint8)
            distance = cv2.distanceTransform(elsewhere, cv2.DIST_C, 3)
            found[labels == own] = np.rint(distance[labels == own]).astype(np.int64)
    return found
