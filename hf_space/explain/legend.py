"""The legend of a drawing."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ticks = tuple[tuple[str, float], ...]

MIN_WIDTH: Final = 200
# Pixels at that width; in wider drawings the legend grows in proportion, up to four times.
_HEIGHT: Final = 44
_MAX_SCALE: Final = 4.0
_MARGIN: Final = 10
_BAR_TOP: Final = 16
_BAR_HEIGHT: Final = 9
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_FONT_SCALE: Final = 0.36
_INK: Final = (60, 60, 60)


def legend_height(width: int) -> int:
    """Return the height of the legend under a drawing of this width, both in pixels."""
    return round(_HEIGHT * _scale(max(width, MIN_WIDTH)))


def _scale(width: int) -> float:
    return min(_MAX_SCALE, max(1.0, width / (2 * MIN_WIDTH)))


@lru_cache(maxsize=16)
def legend_strip(width: int, colours: bytes, ticks: Ticks, title: str) -> NDArray[np.uint8]:
    """Draw a legend; drawings of the same width share it, so do not modify it.

    Args:
        width: Pixels, at least `MIN_WIDTH`.
        colours: The colours from lowest to highest, N times blue, green and red.
        ticks: Labels and their place along the bar, 0 to 1.
        title: The quantity and its unit; ASCII.

    Returns:
        uint8 (`legend_height`, width, 3), BGR.
    """
    scale = _scale(width)
    margin, top, thickness = (round(v * scale) for v in (_MARGIN, _BAR_TOP, _BAR_HEIGHT))
    legend = np.full((legend_height(width), width, 3), 255, np.uint8)
    length = min(width, round(3 * MIN_WIDTH * scale)) - 2 * margin
    strip = np.frombuffer(colours, np.uint8).reshape(1, -1, 3)
    bar = cv2.resize(strip, (length, thickness), interpolation=cv2.INTER_LINEAR)
    legend[top : top + thickness, margin : margin + length] = bar
    corners = (margin - 1, top - 1), (margin + length, top + thickness)
    cv2.rectangle(legend, *corners, _INK, 1)
    _write(legend, title, (margin, top - round(5 * scale)), scale)
    for label, place in ticks:
        x = margin + round(place * (length - 1))
        cv2.line(legend, (x, top + thickness), (x, top + thickness + round(2 * scale)), _INK, 1)
        half = cv2.getTextSize(label, _FONT, _FONT_SCALE * scale, 1)[0][0] // 2
        left = min(max(x - half, 0), width - 2 * half - 1)
        _write(legend, label, (left, len(legend) - round(5 * scale)), scale)
    return legend


def _write(legend: NDArray[np.uint8], text: str, place: tuple[int, int], scale: float) -> None:
    stroke = round(scale)
    cv2.putText(legend, text, place, _FONT, _FONT_SCALE * scale, _INK, stroke, cv2.LINE_AA)
