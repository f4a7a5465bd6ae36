"""A drawn region: tissue with a tumour in it, and glass around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.synthetic import EOSIN, HAEMATOXYLIN, Field

_WINDOW = 6
"""Half the side of the square that holds any nucleus, in pixels."""


def draw_region(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Draw a region at 4 microns per pixel, RGB, shape (height, width, 3), uint8.

    A rounded piece of tissue leaves the corners as glass; nuclei crowd in a few nests, which make
    the tumour, and lie scattered elsewhere.
    """
    shape = (height, width)
    tissue = _tissue(rng, shape)
    nests = _nests(rng, shape) * tissue
    nuclei = np.zeros(shape)
    _scatter(rng, nuclei, 0.0045 * tissue * (1 - nests), (0.8, 1.3))
    _scatter(rng, nuclei, 0.05 * nests, (1.3, 2.3))
    eosin = (0.3 + 0.35 * _smooth(rng, shape, 5.0, 1.2)) * (1 - 0.35 * nests)
    density = np.multiply.outer(1.3 * nuclei * tissue, HAEMATOXYLIN)
    density += np.multiply.outer(np.clip(eosin, 0.08, None) * tissue, EOSIN)
    light = 243 * np.exp(-density) + rng.normal(0, 2.5, (*shape, 3))
    return np.asarray(np.clip(np.rint(light), 0, 255), dtype=np.uint8)


def _smooth(rng: np.random.Generator, shape: tuple[int, int], along: float, across: float) -> Field:
    noise = cv2.GaussianBlur(rng.standard_normal(shape), (0, 0), along, sigmaY=across)
    return np.asarray(noise / noise.std())


def _tissue(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Draw where tissue lies, 0 to 1: an ellipse with an uneven edge."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    edge = 0.92 - np.hypot(x, y) + 0.06 * _smooth(rng, shape, 25.0, 25.0)
    return np.asarray(np.clip(edge * min(shape) / 4, 0, 1))


def _nests(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Draw where the tumour's nests lie, 0 to 1: one side of the tissue, in islands."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    side = 0.55 - np.hypot(x - 0.3, y - 0.1)
    return np.asarray(np.clip((side + 0.12 * _smooth(rng, shape, 10.0, 10.0)) * 12, 0, 1))


def _scatter(
    rng: np.random.Generator, field: Field, per_pixel: Field, radii: tuple[float, float]
) -> None:
    """Stamp soft ellipses into a field, as many per pixel as stated."""
    height, width = field.shape
    for row, column in np.argwhere(rng.random(field.shape) < per_pixel):
        top, left = max(0, row - _WINDOW), max(0, column - _WINDOW)
        window = field[top : row + _WINDOW + 1, left : column + _WINDOW + 1]
        y, x = np.mgrid[top : top + window.shape[0], left : left + window.shape[1]]
        turn, stretch, depth = rng.uniform((0, 1, 0.7), (np.pi, 1.5, 1))
        along = (x - column) * np.cos(turn) + (y - row) * np.sin(turn)
        across = (y - row) * np.cos(turn) - (x - column) * np.sin(turn)
        inside = np.clip(0.5 + rng.uniform(*radii) - np.hypot(along / stretch, across), 0, 1)
        np.maximum(window, inside * depth, out=window)
