"""Two densities of stain that shapes are painted on, one over the other."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.tissue.noise import Field, Window

_STEPS: Final = 120.0
"""Levels of a byte that make a density of 1."""

_SHIFT: Final = 5
"""Bits behind the point of a pixel's place."""


class Canvas:
    """Densities of haematoxylin and eosin in a window, and how much of it is nuclei.

    Shapes cover what they are painted over, with smooth edges.
    """

    def __init__(self, window: Window, haematoxylin: Field, eosin: Field) -> None:
        self.window = window
        stack = np.stack([haematoxylin, eosin, np.zeros_like(eosin)], axis=2)
        self._bytes = np.ascontiguousarray(np.clip(stack * _STEPS, 0, 255).astype(np.uint8))

    def polygon(
        self, points: NDArray[np.float64], haematoxylin: float, eosin: float, grain: float = 0.0
    ) -> None:
        """Fill a polygon; points are (n, 2) of x and y in µm."""
        pixels = np.rint(self.window.to_pixels(points) * (1 << _SHIFT)).astype(np.int32)
        colour = _colour(haematoxylin, eosin, grain)
        cv2.fillPoly(self._bytes, [pixels], colour, cv2.LINE_AA, _SHIFT)

    def ellipses(
        self,
        places: NDArray[np.float64],
        axes: NDArray[np.float64],
        turns: NDArray[np.float64],
        haematoxylin: NDArray[np.float64],
        eosin: float,
        grain: float = 1.0,
    ) -> None:
        """Fill ellipses.

        Args:
            places: Centres (n, 2) of x and y in µm.
            axes: Half axes (n, 2) in µm.
            turns: Of the first axis, clockwise from x, (n,) in degrees.
            haematoxylin: Density of each, (n,).
            eosin: Density.
            grain: How much of the chromatin's texture they get, 0 to 1.
        """
        scale = 1 << _SHIFT
        centres = np.rint(self.window.to_pixels(places) * scale).astype(int).tolist()
        lengths = np.rint(axes / self.window.scale * scale).astype(int).tolist()
        for centre, length, turn, density in zip(
            centres, lengths, turns.tolist(), haematoxylin.tolist(), strict=True
        ):
            colour = _colour(density, eosin, grain)
            cv2.ellipse(self._bytes, centre, length, turn, 0, 360, colour, -1, cv2.LINE_AA, _SHIFT)

    def fields(self) -> tuple[Field, Field, Field]:
        """Return haematoxylin, eosin and the share of chromatin, each float32 (h, w)."""
        haematoxylin, eosin, grain = np.moveaxis(self._bytes.astype(np.float32) / _STEPS, 2, 0)
        return haematoxylin, eosin, grain


def _colour(haematoxylin: float, eosin: float, grain: float) -> tuple[float, float, float]:
    return haematoxylin * _STEPS, eosin * _STEPS, grain * _STEPS
