"""Randomness that belongs to a place: the same wherever a window begins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
_Numbers = NDArray[np.floating]

_SIDE: Final = 1024
_TILES: Final = 4
_GRAIN: Final = 2.0
"""Standard deviation of the blur that makes a texture smooth, in its own pixels."""


@dataclass(frozen=True)
class Window:
    """A rectangle of a tissue, in pixels of a scale.

    Attributes:
        x: Left edge in µm.
        y: Upper edge in µm.
        width: In pixels.
        height: In pixels.
        scale: µm per pixel.
    """

    x: float
    y: float
    width: int
    height: int
    scale: float

    def to_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn places in µm, (..., 2) of x and y, into pixels of the window."""
        return (points - (self.x, self.y)) / self.scale - 0.5

    def grid(self) -> tuple[Field, Field]:
        """Return x and y of the pixels' centres in µm, each (h, w)."""
        across = self.x + (np.arange(self.width) + 0.5) * self.scale
        down = self.y + (np.arange(self.height) + 0.5) * self.scale
        x, y = np.meshgrid(across.astype(np.float32), down.astype(np.float32))
        return x, y


@lru_cache(maxsize=_TILES)
def _tile(seed: int) -> Field:
    """Make noise without seams, mean 0 and standard deviation 1."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((_SIDE, _SIDE), np.float32)
    pad = 16
    wide = cv2.copyMakeBorder(noise, pad, pad, pad, pad, cv2.BORDER_WRAP)
    smooth = cv2.GaussianBlur(wide, (0, 0), _GRAIN)[pad:-pad, pad:-pad]
    return np.asarray(smooth / smooth.std(), np.float32)


def texture(seed: int, across: _Numbers, down: _Numbers) -> Field:
    """Look noise up at places in its own pixels; what is there is about five of them large."""
    u, v = (
        (axis - _SIDE * np.floor(axis.min() / _SIDE) + seed * prime % _SIDE).astype(np.float32)
        for axis, prime in ((across, 397), (down, 619))
    )
    found = cv2.remap(_tile(seed % _TILES), u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(found, np.float32)


def scattered(
    seed: int, bounds: tuple[float, float, float, float], spacing: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scatter points that keep their distance, one to each cell of a shifted grid.

    Args:
        seed: Of this population.
        bounds: Left, top, right and bottom in µm.
        spacing: Side of the cells in µm.

    Returns:
        Places (n, 2) of x and y in µm within the bounds, and for each point six more numbers from 0
        to 1, (n, 6).
    """
    left, top, right, bottom = (np.floor(bound / spacing) for bound in bounds)
    columns = np.arange(left - 1, right + 2).astype(np.int64)
    rows = np.arange(top - 1, bottom + 2).astype(np.int64)
    x, y = (axis.ravel() for axis in np.meshgrid(columns, rows))
    chances = _uniforms(seed, x, y)
    places = np.stack([x + 0.5 * (y % 2), y.astype(float)], axis=1) + 0.12 + 0.76 * chances[:, :2]
    places *= spacing
    inside = (places >= bounds[:2]).all(axis=1) & (places < bounds[2:]).all(axis=1)
    return places[inside], chances[inside, 2:]


def _uniforms(seed: int, x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Hash cells of a grid to eight numbers from 0 to 1 each, by the mixer of MurmurHash3."""
    kinds = np.arange(8, dtype=np.uint32)[None] * np.uint32(0x27D4EB2F)
    mixed = x.astype(np.uint32)[:, None] * np.uint32(0x9E3779B1) + kinds
    for word in (y.astype(np.uint32)[:, None], np.full((1, 1), seed, np.uint32)):
        mixed = _mix(mixed ^ word * np.uint32(0x85EBCA6B))
    return np.asarray(mixed / 2.0**32)


def _mix(value: NDArray[np.uint32]) -> NDArray[np.uint32]:
    value = (value ^ value >> np.uint32(16)) * np.uint32(0x85EBCA6B)
    value = (value ^ value >> np.uint32(13)) * np.uint32(0xC2B2AE35)
    return value ^ value >> np.uint32(16)


def smoothstep(value: Field, low: float, high: float) -> Field:
    """Rise smoothly from 0 at low to 1 at high."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)
