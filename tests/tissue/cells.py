"""Nuclei: of the tumour, the stroma, the glands and of lymphocytes."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.tissue.canvas import Canvas
from tests.tissue.glands import Gland
from tests.tissue.layout import Layout
from tests.tissue.noise import scattered, texture
from tests.tissue.stroma import Stroma, look_up

Places = NDArray[np.float64]
_REACH: Final = 14.0
"""Half the length of the longest nucleus or tubule, in µm."""


def paint_stroma_cells(canvas: Canvas, layout: Layout, stroma: Stroma, seed: int) -> None:
    """Paint spindle-shaped fibroblasts along the fibres, plump and many around the tumour."""
    places, chances = scattered(seed, _bounds(canvas), 17.0)
    reactive = np.clip((layout.at("tumour", places) + 80) / 100, 0, 1)
    loose = layout.at("loose", places)
    kept = chances[:, 0] < 0.13 + 0.16 * np.maximum(reactive, loose)
    kept &= look_up(stroma.nests, canvas.window, places) < -0.12
    places, chances, reactive = places[kept], chances[kept], reactive[kept]
    turns = _along_fibres(layout, places) + 24 * (chances[:, 1] - 0.5)
    long = 4.5 + 3.5 * chances[:, 2]
    wide = 0.9 + 0.7 * chances[:, 3] + 0.7 * reactive
    density = 0.75 + 0.35 * chances[:, 4]
    canvas.ellipses(places, np.stack([long, wide], axis=1), turns, density, 0.25)


def _along_fibres(layout: Layout, places: Places) -> Places:
    """Return the direction of the fibres at places, in degrees."""
    step = 12.0
    rise = [
        layout.at("across", places + offset) - layout.at("across", places - offset)
        for offset in ((step, 0.0), (0.0, step))
    ]
    return np.asarray(np.degrees(np.arctan2(-rise[0], rise[1])), np.float64)


def paint_tumour(canvas: Canvas, stroma: Stroma, seed: int) -> None:
    """Paint crowded, uneven nuclei in the nests, some with a nucleolus, and a few lumina."""
    if not (stroma.nests > 0).any():
        return
    _paint_tubules(canvas, stroma, seed)
    places, chances = scattered(seed + 1, _bounds(canvas), 10.8)
    kept = look_up(stroma.nests, canvas.window, places) > 0.02
    kept &= chances[:, 0] < 0.94
    places, chances = places[kept], chances[kept]
    radius = 3.3 + 2.4 * chances[:, 1] ** 1.5
    stretch = 1 + 0.5 * chances[:, 2]
    axes = np.stack([radius * stretch, radius / np.sqrt(stretch)], axis=1)
    density = 0.65 + 0.5 * chances[:, 3]
    turns = 360 * chances[:, 4]
    canvas.ellipses(places, axes, turns, density + 0.22, 0.25)
    canvas.ellipses(places, 0.78 * axes, turns, density, 0.25)
    if canvas.window.scale <= 1:
        seen = chances[:, 5] < 0.3
        spots = places[seen] + 2.4 * (chances[seen, :2] - 0.5)
        canvas.ellipses(spots, np.full((len(spots), 2), 0.9), turns[seen], density[seen] + 0.5, 0.4)


def _paint_tubules(canvas: Canvas, stroma: Stroma, seed: int) -> None:
    places, chances = scattered(seed + 2, _bounds(canvas), 75.0)
    kept = (look_up(stroma.nests, canvas.window, places) > 0.35) & (chances[:, 0] < 0.4)
    places, chances = places[kept], chances[kept]
    axes = np.stack([5 + 9 * chances[:, 1], 5 + 6 * chances[:, 2]], axis=1)
    canvas.ellipses(places, axes, 360 * chances[:, 3], np.full(len(places), 0.01), 0.03, 0.0)


def paint_lymphocytes(canvas: Canvas, layout: Layout, stroma: Stroma, seed: int) -> None:
    """Paint small, round, dark nuclei, in crowds around the tumour and a few in lobules."""
    places, chances = scattered(seed, _bounds(canvas), 7.6)
    front = np.exp(-(((layout.at("tumour", places) + 25) / 60) ** 2))
    x, y = (places.astype(np.float32) / 24).T
    crowd = texture(seed + 1, x[:, None], y[:, None])[:, 0] if len(places) else x
    wish = 1.5 * np.clip(crowd - 0.9, 0, 0.6) * (front + 0.3 * layout.at("loose", places))
    kept = chances[:, 0] < wish + 0.004
    kept &= look_up(stroma.nests, canvas.window, places) < -0.05
    kept &= (layout.at("fat", places) < 0) & (layout.at("tissue", places) > 8)
    places, chances = places[kept], chances[kept]
    axes = 2.6 + 0.6 * chances[:, 1:3]
    canvas.ellipses(places, axes, 180 * chances[:, 3], 1.15 + 0.25 * chances[:, 4], 0.3)


def paint_glands(canvas: Canvas, layout: Layout) -> None:
    """Paint the glands and vessels that reach into a canvas."""
    left, top, right, bottom = _bounds(canvas)
    for gland in layout.glands:
        reach = 1.6 * gland.radius + _REACH
        across = left - reach < gland.x < right + reach
        if across and top - reach < gland.y < bottom + reach:
            (_paint_vessel if gland.kind == "vessel" else _paint_gland)(canvas, gland)


def _paint_gland(canvas: Canvas, gland: Gland) -> None:
    """Paint a basement membrane, flat myoepithelium and one or two layers of epithelium."""
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    for radius, haematoxylin, eosin in (
        (gland.radius + 2.2, 0.05, 0.5),
        (gland.radius, 0.14, 0.34),
        (gland.lumen + 1.5, 0.1, 0.46),
        (gland.lumen, 0.01, 0.03),
    ):
        canvas.polygon(gland.outline(radius, angles), haematoxylin, eosin)
    rng = np.random.default_rng(gland.seed)
    _ring(canvas, gland, gland.radius - 1.8, 9.5, (3.6, 1.3), 1.0, rng)
    middle = 0.5 * (gland.radius + gland.lumen) - 0.5
    _ring(canvas, gland, middle, 7.2, (4.0, 2.7), 0.82, rng)
    if gland.kind == "duct":
        _ring(canvas, gland, middle + 4.5, 9.0, (3.7, 2.6), 0.8, rng)


def _ring(
    canvas: Canvas,
    gland: Gland,
    radius: float,
    spacing: float,
    axes: tuple[float, float],
    density: float,
    rng: np.random.Generator,
) -> None:
    """Seat nuclei along a contour: flat ones along it, tall ones across."""
    count = max(5, round(2 * np.pi * radius / spacing))
    angles = (np.arange(count) + rng.uniform(-0.25, 0.25, count)) * (2 * np.pi / count)
    places = gland.outline(radius, angles) + rng.normal(0, 0.7, (count, 2))
    upright = 0.0 if axes[0] > 2 * axes[1] else 90.0
    turns = np.degrees(angles) + 90 + upright + rng.normal(0, 9, count)
    sizes = np.array(axes) * rng.uniform(0.85, 1.15, (count, 2))
    canvas.ellipses(places, sizes, turns, density * rng.uniform(0.85, 1.15, count), 0.25)


def _paint_vessel(canvas: Canvas, gland: Gland) -> None:
    """Paint a wall, flat endothelium, and red cells in the lumen."""
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    canvas.polygon(gland.outline(gland.radius, angles), 0.06, 0.5)
    canvas.polygon(gland.outline(gland.lumen, angles), 0.0, 0.02)
    rng = np.random.default_rng(gland.seed)
    count = int(0.035 * gland.lumen**2)
    distance = (gland.lumen - 3.5) * np.sqrt(rng.uniform(0, 1, count))
    angle = rng.uniform(0.3, 4.2, count)
    places = np.stack([distance * np.cos(angle), distance * np.sin(angle)], axis=1)
    places += (gland.x, gland.y)
    canvas.ellipses(places, np.full((count, 2), 2.9), angle, np.full(count, 0.05), 0.72, 0.0)
    _ring(canvas, gland, gland.lumen + 0.5, 17.0, (4.5, 1.1), 1.0, rng)
    _ring(canvas, gland, gland.radius - 1.5, 15.0, (4.5, 1.2), 0.9, rng)


def _bounds(canvas: Canvas) -> tuple[float, float, float, float]:
    window = canvas.window
    right, bottom = window.x + window.width * window.scale, window.y + window.height * window.scale
    return window.x - _REACH, window.y - _REACH, right + _REACH, bottom + _REACH
