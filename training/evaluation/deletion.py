"""Deletion and insertion curves (Petsiuk 2018): whether a map finds the cells that matter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

STEPS: Final = 8
# This sigma removes all structure of a patch and keeps its colours.
_SIGMA_PIXELS: Final = 10.0

Probabilities = Callable[[NDArray[np.uint8]], NDArray[np.float64]]


def curve_areas(
    probabilities: Probabilities, tiles: NDArray[np.uint8], evidence: NDArray[np.float64]
) -> dict[str, float]:
    """Blur cells from the highest evidence down, or uncover them, and follow the probability.

    Args:
        probabilities: Maps tiles, uint8 (N, h, h, 3), to probabilities, float64 (N,).
        tiles: uint8 (N, h, h, 3), called malignant.
        evidence: Order of the cells, float64 (N, rows, columns).

    Returns:
        Mean probability under the ``deletion`` curve, which a good order makes small, and under
        the ``insertion`` curve, which it makes large, both over all tiles, 0 to 1.
    """
    ranks = _ranks(evidence)
    blurred = np.stack([_blurred(tile) for tile in tiles])
    deleted, inserted = [], []
    for step in range(STEPS + 1):
        covered = _enlarged(ranks < step * ranks[0].size / STEPS, tiles.shape[1])
        deleted.append(probabilities(np.where(covered, blurred, tiles)).mean())
        inserted.append(probabilities(np.where(covered, tiles, blurred)).mean())
    return {
        "deletion": float(np.trapezoid(deleted) / STEPS),
        "insertion": float(np.trapezoid(inserted) / STEPS),
    }


def _ranks(evidence: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return each cell's rank, 0 for the highest; same shape."""
    flat = evidence.reshape(len(evidence), -1)
    order = np.argsort(-flat, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(flat.shape[1])[None], axis=1)
    return ranks.reshape(evidence.shape)


def _enlarged(cells: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Return bool (N, side, side, 1): which pixels lie in the marked cells."""
    images = [
        cv2.resize(one.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST_EXACT)
        for one in cells
    ]
    return np.stack(images)[..., None] > 0


def _blurred(tile: NDArray[np.uint8]) -> NDArray[np.uint8]:
    blurred = cv2.GaussianBlur(tile, (0, 0), _SIGMA_PIXELS, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(blurred, np.uint8)
