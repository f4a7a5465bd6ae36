"""Where what lies: glass, fat, collagen and its direction, glands, tumour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.tissue.glands import Gland, place_glands
from tests.tissue.noise import Field, Window, smoothstep, texture

LAYOUT_MICRONS: Final = 8.0
"""Scale of the layout, in µm per pixel."""

_MARGIN: Final = 16
"""Pixels of the layout beyond each side, so that windows may reach over it."""


@dataclass(frozen=True)
class Layout:
    """Fields of a tissue, each (h, w) at `LAYOUT_MICRONS` with `_MARGIN` around.

    Attributes:
        tissue: Distance from the tissue's edge in µm, positive within.
        fat: Distance from the edge of fat in µm, positive within.
        tumour: Distance from the tumour's front in µm, positive within.
        across: Runs across the collagen's fibres, in µm: they are its contours.
        along: Runs along them, in µm.
        loose: How much of the stroma is that of lobules, 0 to 1.
        glands: Ducts, acini and vessels.
    """

    tissue: Field
    fat: Field
    tumour: Field
    across: Field
    along: Field
    loose: Field
    glands: tuple[Gland, ...]

    def within(self, name: str, window: Window) -> Field:
        """Enlarge a part of a field to a window whose edges lie on the layout's pixels."""
        times = round(LAYOUT_MICRONS / window.scale)
        left = round(window.x / LAYOUT_MICRONS) + _MARGIN
        top = round(window.y / LAYOUT_MICRONS) + _MARGIN
        wide, high = window.width // times, window.height // times
        rows = np.arange(top - 2, top + high + 2)
        columns = np.arange(left - 2, left + wide + 2)
        field: Field = getattr(self, name)
        part = field.take(rows, 0, mode="clip").take(columns, 1, mode="clip")
        size = (part.shape[1] * times, part.shape[0] * times)
        large = cv2.resize(part, size, interpolation=cv2.INTER_CUBIC)
        edge = 2 * times
        return np.asarray(large[edge : edge + window.height, edge : edge + window.width])

    def at(self, name: str, places: NDArray[np.float64]) -> Field:
        """Look a field up at places in µm, (n, 2)."""
        field: Field = getattr(self, name)
        pixels = (places / LAYOUT_MICRONS - 0.5 + _MARGIN).astype(np.float32)
        if not len(pixels):
            return np.zeros(0, np.float32)
        across, down = np.ascontiguousarray(pixels[:, :1]), np.ascontiguousarray(pixels[:, 1:])
        options = {"interpolation": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
        return np.asarray(cv2.remap(field, across, down, **options)[:, 0], np.float32)


def make_layout(seed: int, width: float, height: float) -> Layout:
    """Lay out a tissue of a size in µm."""
    window = Window(
        -_MARGIN * LAYOUT_MICRONS,
        -_MARGIN * LAYOUT_MICRONS,
        int(np.ceil(width / LAYOUT_MICRONS)) + 2 * _MARGIN,
        int(np.ceil(height / LAYOUT_MICRONS)) + 2 * _MARGIN,
        LAYOUT_MICRONS,
    )
    x, y = window.grid()
    rng = np.random.default_rng([seed, 1])
    noise = _Noise(seed, x, y)
    tissue = _tissue(noise, width, height)
    tumour = _tumour(noise, tissue, width, height)
    fat = _fat(noise, tissue, tumour)
    glands = place_glands(rng, _free_places(rng, window, tissue, tumour, fat))
    across, along = _directions(rng, noise, fat, tissue)
    loose = np.zeros_like(tissue)
    lumps = noise(10, 160)
    for gland in glands:
        near = _near(gland, window)
        across[near] = _wrapped(across[near], gland, x[near], y[near])
        if gland.loose:
            distance = np.hypot(x[near] - gland.x, y[near] - gland.y) + 13 * lumps[near]
            rim = smoothstep(gland.loose - distance, -25, 15)
            np.maximum(loose[near], rim, out=loose[near])
    return Layout(tissue, fat, tumour, across, along, loose, glands)


class _Noise:
    def __init__(self, seed: int, x: Field, y: Field) -> None:
        self.seed, self.x, self.y = seed, x, y

    def __call__(self, kind: int, size: float) -> Field:
        """Return noise whose lumps are about as large as stated, in µm."""
        step = size / 5
        return texture(self.seed * 64 + kind, self.x / step + 7, self.y / step + 3)


def _distance(inside: NDArray[np.bool_]) -> Field:
    """Return the distance from a smooth edge in µm, positive within."""
    within = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
    beyond = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    blurred = cv2.GaussianBlur((within - beyond) * LAYOUT_MICRONS, (0, 0), 1.5)
    return np.asarray(blurred, np.float32)


def _tissue(noise: _Noise, width: float, height: float) -> Field:
    """Lay a rounded piece, which leaves the corners as glass."""
    side = min(width, height)
    u, v = 2 * noise.x / width - 1, 2 * noise.y / height - 1
    round_ = (np.abs(u) ** 2.6 + np.abs(v) ** 2.6) ** (1 / 2.6)
    lumps = 0.055 * noise(1, 0.35 * side) + 0.018 * noise(2, 0.12 * side)
    return _distance(0.93 - round_ + lumps > 0)


def _tumour(noise: _Noise, tissue: Field, width: float, height: float) -> Field:
    """Lay the tumour into the right half; its edge has spicules."""
    side = min(width, height)
    dx, dy = noise.x - 0.66 * width, noise.y - 0.5 * height
    angle, radius = np.arctan2(dy, dx), np.hypot(dx / 1.15, dy)
    spicules = texture(noise.seed * 64 + 3, 18 * np.cos(angle), 18 * np.sin(angle))
    reach = side * (0.31 + 0.05 * spicules + 0.04 * noise(4, 0.2 * side))
    return _distance((radius < reach) & (tissue > 0))


def _fat(noise: _Noise, tissue: Field, tumour: Field) -> Field:
    """Lay fat in lobules with septa between them, rather at the edge of the tissue."""
    wish = 0.9 * noise(5, 600) + 0.9 * smoothstep(-tissue, -260, -30) - 0.54
    septa = np.abs(noise(6, 330)) - 0.14
    lobules = (wish > 0) & (septa > 0) & (tumour < -30)
    return _distance(lobules)


def _free_places(
    rng: np.random.Generator, window: Window, tissue: Field, tumour: Field, fat: Field
) -> NDArray[np.float64]:
    """List places for glands in collagen, in random order, as x, y and room around in µm."""
    room = np.minimum(np.minimum(tissue - 50, -tumour - 60), -fat + 12)
    rows, columns = np.nonzero(room > 30)
    order = rng.permutation(len(rows))
    rows, columns = rows[order], columns[order]
    x = window.x + (columns + 0.5) * LAYOUT_MICRONS
    y = window.y + (rows + 0.5) * LAYOUT_MICRONS
    return np.stack([x, y, room[rows, columns]], axis=1).astype(np.float64)


def _directions(
    rng: np.random.Generator, noise: _Noise, fat: Field, tissue: Field
) -> tuple[Field, Field]:
    """Make two fields in µm: one across the fibres, which run around fat, and one along them."""
    turn = rng.uniform(-0.6, 0.6)
    x, y = noise.x, noise.y
    across = y * np.cos(turn) - x * np.sin(turn) + 75 * noise(7, 700) + 9 * noise(8, 130)
    along = x * np.cos(turn) + y * np.sin(turn) + 60 * noise(9, 600)
    for edge in (fat, tissue):
        across += 26 * np.exp(-np.abs(edge) / 40)
    return np.asarray(across, np.float32), np.asarray(along, np.float32)


def _near(gland: Gland, window: Window) -> tuple[slice, slice]:
    """Return the part of the layout beyond which a gland turns no fibres."""
    reach = gland.loose or gland.radius
    reach += 14 * _fading(reach)
    row, column = (gland.y - window.y) / window.scale, (gland.x - window.x) / window.scale
    pixels = int(reach / window.scale)
    top, left = max(0, int(row) - pixels), max(0, int(column) - pixels)
    return slice(top, int(row) + pixels + 2), slice(left, int(column) + pixels + 2)


def _fading(reach: float) -> float:
    """Return over how many µm the turn of fibres around a gland fades by a factor of e."""
    return 0.5 * reach + 15


def _wrapped(across: Field, gland: Gland, x: Field, y: Field) -> Field:
    """Let fibres run around a gland."""
    reach = gland.loose or gland.radius
    distance = np.hypot(x - gland.x, y - gland.y) - reach
    level = float(across.flat[int(np.argmin(distance))])
    near = np.exp(-np.maximum(distance, 0) / _fading(reach))
    return np.asarray(across * (1 - near) + (level + distance) * near, np.float32)
