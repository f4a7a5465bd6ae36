"""Evidence drawn over the image it explains, in fixed colours with a legend below."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from hf_space.explain.legend import MIN_WIDTH, legend_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.explain.legend import Ticks

# Premultiplied colours and transparency by index, each uint8 (256, 1, 3).
Tables = tuple["NDArray[np.uint8]", "NDArray[np.uint8]"]

# Calibrated logits. Fixed, not per image, so that colours can be compared between images and a
# clear negative shows no hot spots. 6 is a probability of 0.998; more evidence changes nothing.
FULL_SCALE_LOGIT: Final = 6.0
MAX_OPACITY: Final = 0.65
TILE_OPACITY: Final = 0.55
OVERLAY_SCALE: Final = 4
# Pictures of regions are reduced to this, so that they are small enough to send.
MAX_SIDE: Final = 1600
# The level that means no evidence; below it evidence is negative.
_NO_EVIDENCE: Final = 128
_LOGIT_TICKS: Final = tuple((f"{logit:g}", logit / FULL_SCALE_LOGIT) for logit in (0, 2, 4, 6))


def draw_evidence(
    image: NDArray[np.uint8],
    activation: NDArray[np.floating],
    *,
    covered: tuple[int, int],
    is_verdict: bool = True,
) -> NDArray[np.uint8]:
    """Draw positive evidence over an image; negative evidence is not drawn.

    Colour (OpenCV's inferno) and opacity both follow the evidence from 0 to `FULL_SCALE_LOGIT`.
    A patch is drawn `OVERLAY_SCALE` times its size; anything larger at most `MAX_SIDE` long.

    Args:
        image: uint8 (h, w, 3), RGB, at the model's scale.
        activation: (rows, columns), calibrated logits; NaN where there are none.
        covered: Height and width in pixels that the activation covers, of which the image is the
            upper left part.
        is_verdict: Whether the result has a verdict; if not, the legend says so.

    Returns:
        uint8 (H, W, 3), BGR: the drawing, and below it the legend.
    """
    # Negative evidence is enlarged too, so that positive neighbours do not spread into it.
    coded = _NO_EVIDENCE + np.nan_to_num(activation) * ((255 - _NO_EVIDENCE) / FULL_SCALE_LOGIT)
    drawing = _draw(image, coded, covered, _evidence_table(), cv2.INTER_CUBIC)
    colours = _over_white(_evidence_table())[_NO_EVIDENCE:]
    title = "evidence (logit)" if is_verdict else "evidence (logit), not a verdict"
    return _with_legend(drawing, colours, _LOGIT_TICKS, title)


def draw_tiles(
    image: NDArray[np.uint8],
    probabilities: NDArray[np.floating],
    *,
    covered: tuple[int, int],
    threshold: float | None,
) -> NDArray[np.uint8]:
    """Draw the probability of each tile over a region; tiles without tissue stay as they are.

    Args:
        image: uint8 (h, w, 3), RGB, at the model's scale.
        probabilities: (rows, columns), 0 to 1; NaN where there is no tissue.
        covered: Height and width in pixels of the whole grid, of which the image is the upper
            left part.
        threshold: Marked in the legend, 0 to 1; None if there is no verdict, as the legend then
            says.

    Returns:
        uint8 (H, W, 3), BGR: the drawing, and below it the legend.
    """
    # 0 means no tissue, so probabilities use 1 to 255.
    coded = np.where(np.isnan(probabilities), 0.0, 1.0 + 254.0 * probabilities)
    drawing = _draw(image, coded, covered, _tile_table(), cv2.INTER_NEAREST)
    title, marks = "probability, not a verdict", [0.0, 1.0]
    if threshold is not None:
        title, marks = "probability", [0.0, threshold, 1.0]
    ticks = tuple((f"{mark:.2f}" if mark == threshold else f"{mark:g}", mark) for mark in marks)
    return _with_legend(drawing, _over_white(_tile_table()), ticks, title)


def _draw(
    image: NDArray[np.uint8],
    coded: NDArray[np.floating],
    covered: tuple[int, int],
    tables: Tables,
    interpolation: int,
) -> NDArray[np.uint8]:
    """Draw coded values over an image and resize the drawing, uint8 (H, W, 3), BGR."""
    height, width = image.shape[:2]
    factor = min(float(OVERLAY_SCALE), MAX_SIDE / max(height, width))
    background = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    # Blend at the smaller of the two sizes: it has fewer pixels.
    if factor < 1:
        background = _resize(background, factor, cv2.INTER_AREA)
    index = _spread(coded, image, background, covered, interpolation)
    drawing = _blend(background, index, tables)
    return _resize(drawing, factor, cv2.INTER_CUBIC) if factor > 1 else drawing


def _with_legend(
    drawing: NDArray[np.uint8], colours: NDArray[np.uint8], ticks: Ticks, title: str
) -> NDArray[np.uint8]:
    """Put a legend under a drawing; a narrow drawing gets a white margin on its right."""
    height, width = drawing.shape[:2]
    legend = legend_strip(max(width, MIN_WIDTH), colours.tobytes(), ticks, title)
    canvas = np.full((height + len(legend), legend.shape[1], 3), 255, np.uint8)
    canvas[:height, :width] = drawing
    canvas[height:] = legend
    return canvas


def _resize(picture: NDArray[np.uint8], factor: float, interpolation: int) -> NDArray[np.uint8]:
    size = tuple(max(1, round(side * factor)) for side in picture.shape[1::-1])
    return np.asarray(cv2.resize(picture, size, interpolation=interpolation), dtype=np.uint8)


def _spread(
    coded: NDArray[np.floating],
    image: NDArray[np.uint8],
    background: NDArray[np.uint8],
    covered: tuple[int, int],
    interpolation: int,
) -> NDArray[np.uint8]:
    """Enlarge coded values to the background, uint8 (h, w), cut to the image."""
    height, width = background.shape[:2]
    whole = (
        round(covered[1] * width / image.shape[1]),
        round(covered[0] * height / image.shape[0]),
    )
    # OpenCV enlarges bytes several times faster than floats.
    levels = np.rint(np.clip(coded, 0.0, 255.0)).astype(np.uint8)
    spread = cv2.resize(levels, whole, interpolation=interpolation)
    return np.asarray(spread[:height, :width], dtype=np.uint8)


def _blend(
    background: NDArray[np.uint8],
    index: NDArray[np.uint8],
    tables: Tables,
) -> NDArray[np.uint8]:
    """Blend colours, chosen by index, over a picture."""
    premultiplied, transparency = (cv2.applyColorMap(index, table) for table in tables)
    kept = cv2.multiply(background, transparency, scale=1 / 255)
    return np.asarray(cv2.add(kept, premultiplied), dtype=np.uint8)


@lru_cache(maxsize=1)
def _evidence_table() -> Tables:
    share = np.clip((np.arange(256) - _NO_EVIDENCE) / (255 - _NO_EVIDENCE), 0.0, 1.0)
    return _tables(_inferno(share), MAX_OPACITY * share)


@lru_cache(maxsize=1)
def _tile_table() -> Tables:
    # Opacity follows the probability, so that tissue without evidence stays easy to see.
    index = np.arange(256)
    faint, range_ = TILE_OPACITY / 4, 3 * TILE_OPACITY / 4
    return _tables(_inferno(index / 255), np.where(index > 0, faint + range_ * index / 255, 0.0))


def _inferno(share: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the colour of each share, 0 to 1, of the full scale, uint8 (N, 1, 3), BGR."""
    ramp = np.rint(255 * share).astype(np.uint8)[:, None]
    return np.asarray(cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO), dtype=np.uint8)


def _tables(colours: NDArray[np.uint8], opacity: NDArray[np.float64]) -> Tables:
    alpha = np.repeat(opacity[:, None, None], 3, axis=2)
    premultiplied = np.rint(colours * alpha).astype(np.uint8)
    return premultiplied, np.rint(255 * (1 - alpha)).astype(np.uint8)


def _over_white(tables: Tables) -> NDArray[np.uint8]:
    """Return a table's colours as they look over white, uint8 (256, 1, 3), BGR."""
    return np.asarray(cv2.add(*tables), dtype=np.uint8)
