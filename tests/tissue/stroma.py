"""Collagen, the stroma of lobules and of the tumour, and the tumour's nests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.tissue.layout import Layout
from tests.tissue.noise import Field, Window, smoothstep, texture

_Stains = tuple[Field, Field]
"""Densities of haematoxylin and eosin."""


@dataclass(frozen=True)
class Stroma:
    """What a window is filled with, each (h, w).

    Attributes:
        haematoxylin: Density.
        eosin: Density.
        nests: Above 0 within nests of the tumour.
    """

    haematoxylin: Field
    eosin: Field
    nests: Field


def make_stroma(layout: Layout, window: Window, seed: int) -> Stroma:
    """Fill a window with collagen and the tumour's nests."""
    x, y = window.grid()
    along, across = layout.within("along", window), layout.within("across", window)
    across = across + 1.6 * texture(seed + 1, x / 5, y / 5)
    fibres = texture(seed + 2, along / 16, across / 0.75)
    bundles = texture(seed + 3, along / 34, across / 3.4)
    clefts = smoothstep(bundles + 0.35 * fibres, -2.1, -1.25)
    eosin = (0.5 + 0.07 * fibres + 0.1 * bundles) * (0.18 + 0.82 * clefts)
    stains = 0.03 + 0.012 * fibres, eosin
    loose = layout.within("loose", window)
    if (loose > 0).any():
        stains = _blend(stains, (0.06 + 0.02 * fibres, 0.19 + 0.05 * fibres), loose)
    tumour = layout.within("tumour", window)
    nests = np.full_like(tumour, -2.0)
    if (tumour > -90).any():
        nests = _nests(tumour, window, along, across, seed)
        stains = _around_tumour(stains, tumour, nests, fibres, bundles)
    return Stroma(np.maximum(stains[0], 0), np.maximum(stains[1], 0.015), nests)


def _around_tumour(
    stains: _Stains, tumour: Field, nests: Field, fibres: Field, bundles: Field
) -> _Stains:
    """Turn collagen into the tumour's pale stroma, with gaps around its nests."""
    pale = 0.17 + 0.02 * fibres, 0.31 + 0.06 * fibres + 0.06 * bundles
    stains = _blend(stains, pale, smoothstep(tumour, -90, 30))
    gap = 1 - 0.55 * np.exp(-(((nests + 0.13) / 0.1) ** 2)) * (bundles > -0.3)
    cytoplasm = 0.08 + 0.02 * fibres, 0.38 + 0.03 * fibres
    return _blend((stains[0] * gap, stains[1] * gap), cytoplasm, smoothstep(nests, -0.06, 0.06))


def _blend(stains: _Stains, others: _Stains, share: Field) -> _Stains:
    kept = 1 - share
    blue, pink = (a * kept + b * share for a, b in zip(stains, others, strict=True))
    return blue, pink


def _nests(tumour: Field, window: Window, along: Field, across: Field, seed: int) -> Field:
    """Return a field that is above 0 in nests: round in the tumour's middle, cords at its edge."""
    x, y = window.grid()
    nests = texture(seed + 5, x / 12, y / 12) + 0.35 * texture(seed + 6, x / 5, y / 5)
    cords = 1.1 * texture(seed + 7, along / 12, across / 3.4)
    middle = smoothstep(tumour, 40, 190)
    shape = nests * middle + cords * (1 - middle)
    wish = 0.6 * smoothstep(tumour, 20, 160) - 0.32
    return np.asarray((shape + wish) * 0.8 - 3 * smoothstep(-tumour, -30, 25), np.float32)


def look_up(field: Field, window: Window, places: NDArray[np.float64]) -> Field:
    """Return a window's field at places in µm, (n, 2); beyond its edge that of the edge."""
    columns, rows = np.rint(window.to_pixels(places)).astype(int).T
    height, width = field.shape
    found: Field = field[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    return found
