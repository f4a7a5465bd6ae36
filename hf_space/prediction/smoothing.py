"""Neighbouring tiles read together: a tumour is rarely a single tile, an error often is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WINDOW: Final = np.ones((3, 3))


def smooth_logits(logits: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each tissue tile's logit averaged with those of the tissue tiles that touch it, 3x3.

    Each counts by its area, so that a sliver at the edge, most of it reflection, hardly does.

    Args:
        logits: Calibrated logit of each tile, float64 (rows, columns); NaN without tissue.
        areas: What each tile covers of the image, float64 (rows, columns), above 0, in any unit.

    Returns:
        float64 (rows, columns); NaN without tissue.
    """
    present = ~np.isnan(logits)
    weights = np.where(present, areas, 0.0)
    total = _sum_around(np.nan_to_num(logits) * weights)
    weight = _sum_around(weights)
    return np.divide(total, weight, out=np.full_like(logits, np.nan), where=present)


def _sum_around(values: NDArray[np.float64]) -> NDArray[np.float64]:
    summed = cv2.filter2D(values, -1, _WINDOW, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(summed, dtype=np.float64)
