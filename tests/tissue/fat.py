"""Adipocytes: rounded cells with thin walls, packed without gaps."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.tissue.canvas import Canvas
from tests.tissue.layout import Layout
from tests.tissue.noise import scattered

_SPACING: Final = 56.0
"""Between the centres of cells, in µm."""

_WALL: Final = 2.8
"""Half the thickness of a wall between two cells, in µm."""


def paint_fat(canvas: Canvas, layout: Layout, seed: int) -> None:
    """Paint the fat cells that reach into a canvas, and a flat nucleus at some of them."""
    window = canvas.window
    reach = 2.5 * _SPACING
    right, bottom = window.x + window.width * window.scale, window.y + window.height * window.scale
    bounds = window.x - reach, window.y - reach, right + reach, bottom + reach
    places, chances = scattered(seed, bounds, _SPACING)
    depth = layout.at("fat", places)
    if not (depth > 0).any():
        return
    chosen = np.flatnonzero(depth > 6)
    facets = _facets(places, bounds)
    cells = [_rounded(facets[index]) for index in chosen]
    for cell in cells:
        canvas.polygon(_swollen(cell, _WALL + 1.6), 0.05, 0.48)
    for cell in cells:
        canvas.polygon(_swollen(cell, -_WALL), 0.0, 0.012)
    _paint_nuclei(canvas, cells, chances[chosen])


def _facets(
    places: NDArray[np.float64], bounds: tuple[float, float, float, float]
) -> list[NDArray[np.float64]]:
    """Return the corners of the Voronoi cell of each place, (n, 2) in µm."""
    origin = np.array(bounds[:2])
    size = int(max(bounds[2] - bounds[0], bounds[3] - bounds[1])) + 1
    division = cv2.Subdiv2D((0, 0, size, size))
    for x, y in (places - origin).tolist():
        division.insert((x, y))
    facets, centres = division.getVoronoiFacetList([])
    # Facets come in an order of their own.
    order = np.lexsort(np.rint((np.asarray(centres) + origin)[:, ::-1] * 100).T)
    wanted = np.lexsort(np.rint(places[:, ::-1] * 100).T)
    found: dict[int, NDArray[np.float64]] = {}
    for at, index in zip(order.tolist(), wanted.tolist(), strict=True):
        found[index] = np.asarray(facets[at], np.float64) + origin
    return [found[index] for index in range(len(places))]


def _rounded(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut corners off twice, as Chaikin does."""
    for _ in range(2):
        following = np.concatenate([corners[1:], corners[:1]])
        cut = np.empty((2 * len(corners), 2))
        cut[::2], cut[1::2] = 0.8 * corners + 0.2 * following, 0.2 * corners + 0.8 * following
        corners = cut
    return corners


def _swollen(outline: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    """Move an outline away from its middle, in µm."""
    spokes = outline - outline.mean(axis=0)
    lengths = np.linalg.norm(spokes, axis=1, keepdims=True)
    return np.asarray(outline + by * spokes / np.maximum(lengths, 1e-6))


def _paint_nuclei(
    canvas: Canvas, outlines: list[NDArray[np.float64]], chances: NDArray[np.float64]
) -> None:
    """Press a flat nucleus against the wall of a third of the cells."""
    places, turns = [], []
    for outline, chance in zip(outlines, chances, strict=True):
        if chance[0] < 0.35:
            at = int(chance[1] * len(outline))
            along = outline[(at + 1) % len(outline)] - outline[at - 1]
            places.append(outline[at])
            turns.append(np.degrees(np.arctan2(along[1], along[0])))
    if places:
        count = len(places)
        axes = np.tile([5.0, 1.6], (count, 1))
        canvas.ellipses(np.array(places), axes, np.array(turns), np.full(count, 0.95), 0.3)
