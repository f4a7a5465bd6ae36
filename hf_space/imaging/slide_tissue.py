"""Finds the tissue of a slide at low resolution, relative to its own white point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from hf_space.imaging.tiling import BLACK_SHARE, TISSUE_SHARE
from hf_space.imaging.tissue import find_ink, find_stained, learn_tissue_rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.imaging.places import Places
    from hf_space.imaging.tissue import TissueRule

# At this scale a tile is 12.5 pixels wide, and most pyramids have a level near it.
OVERVIEW_MICRONS: Final = 16.0
"""Scale at which the tissue of a slide is found, in µm per pixel."""

# Rows that are processed at once.
_ROWS: Final = 256

# Pixels next to ink also have some of its colour.
_INK_REACH: Final = 3
# Walls of fat cells and loose fibres are joined up to this distance, in pixels.
_GAP: Final = 5
# Dust: less stained than 100 x 100 µm, in pixels.
_DUST: Final = 40
# A line, such as the edge of a coverslip: at most 160 µm thick and longer than 2 mm, in pixels.
_THICK: Final = 10.0
_LONG: Final = 125.0
# It is removed if it is straight or mostly colourless.
_STRAIGHT: Final = 20.0
_COLOURLESS: Final = 0.06


@dataclass(frozen=True, slots=True)
class SlideTissue:
    """A slide at low resolution, and its tissue.

    Attributes:
        overview: uint8 (h, w, 3), RGB: the bounds.
        mask: uint8 (h, w), 255 where there is tissue.
        black: uint8 (h, w), 255 where it is black.
    """

    overview: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    black: NDArray[np.uint8]

    def at(self, places: Places) -> NDArray[np.bool_]:
        """Return the places whose tile has enough tissue to be scored, and little black.

        Returns:
            bool (rows, columns).
        """
        black = _shares(self.black, places)
        return np.asarray((self.shares(places) >= TISSUE_SHARE) & (black <= BLACK_SHARE))

    def shares(self, places: Places) -> NDArray[np.float64]:
        """Return the share of each place's tile, within the bounds, that is tissue.

        Returns:
            float64 (rows, columns), 0 to 1.
        """
        return _shares(self.mask, places)


def slide_tissue(overview: NDArray[np.uint8]) -> SlideTissue:
    """Find the tissue of a whole slide.

    Stain is found as in a region, see `hf_space.imaging.tissue`. Pen marks with their fringe, dust,
    lines such as the edge of a coverslip, and holes are removed.

    Args:
        overview: uint8 (h, w, 3), RGB, not empty: the slide at `OVERVIEW_MICRONS`.
    """
    rule = learn_tissue_rule(overview)
    parts = [find_stained(overview[top : top + _ROWS], rule) for top in _tops(overview)]
    stained = np.concatenate([part.stained for part in parts])
    black = np.concatenate([part.black for part in parts])
    stained[_pen(overview, rule) > 0] = 0
    return SlideTissue(overview, _without_objects(stained, overview, rule), black)


def _tops(overview: NDArray[np.uint8]) -> range:
    return range(0, len(overview), _ROWS)


def _pen(overview: NDArray[np.uint8], rule: TissueRule) -> NDArray[np.uint8]:
    """Return strokes of ink with their fringe."""
    if overview.shape[:2] == (1, 1):
        return np.zeros((1, 1), dtype=np.uint8)
    ink = np.concatenate([find_ink(overview[top : top + _ROWS], rule) for top in _tops(overview)])
    # Single pixels with the colour of ink are pigment or noise.
    strokes = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    side = 2 * _INK_REACH + 1
    return np.asarray(cv2.dilate(strokes, np.ones((side, side), np.uint8)), dtype=np.uint8)


def _without_objects(
    stained: NDArray[np.uint8], overview: NDArray[np.uint8], rule: TissueRule
) -> NDArray[np.uint8]:
    """Remove separate groups that are dust or a line."""
    joined = cv2.morphologyEx(stained, cv2.MORPH_CLOSE, np.ones((_GAP, _GAP), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    areas = np.bincount(labels[stained > 0], minlength=count)
    out = areas < _DUST
    for label in np.flatnonzero(~out & (boxes[:, 2:4].max(axis=1) >= _LONG)):
        if label:
            left, top, width, height = (int(side) for side in boxes[label, :4])
            part = (slice(top, top + height), slice(left, left + width))
            out[label] = _is_line(labels[part] == label, overview[part], rule)
    out[0] = False
    return np.where(out[labels], 0, stained).astype(np.uint8)


def _is_line(shape: NDArray[np.bool_], overview: NDArray[np.uint8], rule: TissueRule) -> bool:
    # Without a frame, a shape that touches the edge of its box would count as thick.
    framed = np.pad(shape.astype(np.uint8), 1)
    if 2 * float(cv2.distanceTransform(framed, cv2.DIST_L2, 3).max()) > _THICK:
        return False
    points = np.argwhere(shape)[:, ::-1].astype(np.float32)
    sides = sorted(cv2.minAreaRect(points)[1])
    if sides[1] >= _STRAIGHT * max(sides[0], 1.0):
        return True
    balanced = (overview[shape].astype(np.float64) + 1) / (rule.white + 1)
    saturation = 1 - balanced.min(axis=1) / balanced.max(axis=1)
    return float(np.median(saturation)) < _COLOURLESS


def _shares(mask: NDArray[np.uint8], places: Places) -> NDArray[np.float64]:
    """Return the share of each place's tile that a mask covers, within the bounds."""
    sums = cv2.integral(mask, sdepth=cv2.CV_64F) / 255.0
    for axis, side in enumerate((places.height, places.width)):
        starts = places.step * np.arange(places.shape[axis], dtype=np.float64)
        edges = np.stack([starts, np.minimum(starts + places.tile, side)]) / side
        first, last = (_interpolated(sums, axis, each * mask.shape[axis]) for each in edges)
        sums = last - first
    pixels = mask.shape[0] * mask.shape[1] / (places.height * places.width)
    return np.asarray(sums / (places.areas() * pixels))


def _interpolated(
    sums: NDArray[np.float64], axis: int, edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return cumulative sums at edges between pixels, along an axis."""
    whole = np.minimum(edges.astype(np.int64), sums.shape[axis] - 2)
    shape = [-1 if each == axis else 1 for each in range(2)]
    part = (edges - whole).reshape(shape)
    below, above = (np.take(sums, whole + each, axis=axis) for each in (0, 1))
    return np.asarray(below + part * (above - below))
