"""The slide at a glance: its tissue, the outlines of foci, a scale bar and a legend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from hf_space.exports.qupath import COLOURS
from hf_space.exports.slides.lettering import BOLD, font

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hf_space.exports.slides.content import SlideContent
    from hf_space.schemas.prediction import Focus

    Colour = tuple[int, int, int]

NUMBERED: Final = 10
"""Number of foci that are numbered, the largest first; a report lists the same number."""

# Longer side of the tissue, and the least width that fits the legend; the rest scales with it.
_SIDE: Final = 1500
_LEAST_WIDTH: Final = 1100
_MARGIN: Final = 24
_LINE: Final = 34
_TEXT: Final = 21
_NUMBER: Final = 24
_OUTLINE: Final = 3
# A light edge separates an outline from dark tissue and from its neighbour.
_HALO: Final = 8
_INK: Final = (40, 40, 40)
_WHITE: Final = (255, 255, 255)
# OpenCV takes fractions of a pixel as fixed-point numbers.
_FRACTION_BITS: Final = 4


def write_overview(content: SlideContent, path: Path) -> None:
    """Write the drawing as PNG; raises OSError."""
    # Stronger compression hardly makes it smaller and takes four times as long.
    Image.fromarray(draw_overview(content)).save(path, "PNG", compress_level=1)


def draw_overview(content: SlideContent) -> NDArray[np.uint8]:
    """Draw the tissue with the outlines of foci, and a legend below.

    Returns:
        uint8 (h, w, 3), RGB: the tissue is 1,500 px on its longer side.
    """
    tissue = _resized(content.picture)
    colours = [_colour(content, focus) for focus in content.result.region.foci]
    for colour, thickness in ((None, _HALO), (_INK, _OUTLINE)):
        for focus, own in zip(content.result.region.foci, colours, strict=True):
            _outline(tissue, content, focus, _WHITE if colour is None else own, thickness)
    height, width = tissue.shape[:2]
    lines = legend_lines(content)
    size = max(width, _LEAST_WIDTH), height + 2 * _MARGIN + (1 + len(lines)) * _LINE
    canvas = Image.new("RGB", size, _WHITE)
    left = (size[0] - width) // 2
    canvas.paste(Image.fromarray(tissue), (left, 0))
    draw = ImageDraw.Draw(canvas)
    for number, focus in enumerate(content.result.region.foci[:NUMBERED], 1):
        outline = _on_picture(content, focus, tissue)[0]
        # The corner nearest to the upper left, so that the number is never far from its focus.
        x, y = outline[outline.sum(axis=1).argmin()].tolist()
        _write_number(draw, str(number), (left + x, y), colours[number - 1])
    microns = _width_microns(content) / width
    _draw_scale_bar(draw, (_MARGIN, height + _MARGIN), microns)
    _draw_legend(draw, lines, height + _MARGIN + _LINE)
    return np.asarray(canvas)


def round_length(microns: float) -> float:
    """Return the longest of 1, 2 or 5 times a power of ten that is not longer, in µm."""
    power = 10.0 ** math.floor(math.log10(microns))
    return max(step * power for step in (1, 2, 5) if step * power <= microns)


def _resized(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    factor = _SIDE / max(picture.shape[:2])
    size = tuple(max(1, round(side * factor)) for side in picture.shape[1::-1])
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.array(cv2.resize(picture, size, interpolation=how), dtype=np.uint8)


def _colour(content: SlideContent, focus: Focus) -> Colour:
    return COLOURS[content.tiles.point.verdict(focus.peak_probability)]


def _on_picture(
    content: SlideContent, focus: Focus, picture: NDArray[np.uint8]
) -> list[NDArray[np.float64]]:
    """Return a focus's rings in pixels of a picture of the bounds, each float64 (N, 2)."""
    left, top, width, height = content.tiles.grid.bounds
    factors = np.array([picture.shape[1] / width, picture.shape[0] / height])
    return [(np.array(ring) - (left, top)) * factors for ring in focus.polygon]


def _outline(
    picture: NDArray[np.uint8],
    content: SlideContent,
    focus: Focus,
    colour: Colour,
    thickness: int,
) -> None:
    rings = _on_picture(content, focus, picture)
    # A pixel's coordinates are those of its centre.
    points = [np.rint((ring - 0.5) * 2**_FRACTION_BITS).astype(np.int32) for ring in rings]
    cv2.polylines(
        picture,
        points,
        isClosed=True,
        color=colour,
        thickness=thickness,
        lineType=cv2.LINE_AA,
        shift=_FRACTION_BITS,
    )


def _write_number(
    draw: ImageDraw.ImageDraw, number: str, corner: tuple[float, float], colour: Colour
) -> None:
    """Write a number on a label, to the upper left of a corner and within the picture."""
    typeface = font(_NUMBER, BOLD)
    width, height = typeface.getlength(number) + 12, _NUMBER + 8
    x, y = max(0.0, corner[0] - width), max(0.0, corner[1] - height)
    plate = (x, y, x + width, y + height)
    draw.rounded_rectangle(plate, radius=6, fill=colour, outline=_WHITE, width=2)
    draw.text((x + width / 2, y + height / 2), number, _WHITE, typeface, anchor="mm")


def _width_microns(content: SlideContent) -> float:
    grid = content.tiles.grid
    return grid.bounds[2] * grid.microns_per_pixel[0]


def _draw_scale_bar(draw: ImageDraw.ImageDraw, place: tuple[int, int], microns: float) -> None:
    """Draw a bar of a round length, at most a fifth of the tissue's longer side."""
    length = round_length(microns * _SIDE / 5)
    x, y = place
    end = x + length / microns
    middle = y + _LINE // 2 - 4
    draw.rectangle((x, middle - 3, end, middle + 3), fill=_INK)
    label = f"{length / 1000:g} mm" if length >= 1000 else f"{length:g} µm"
    draw.text((end + 14, middle), label, _INK, font(_TEXT), anchor="lm")


def legend_lines(content: SlideContent) -> list[tuple[Colour | None, str]]:
    """Return each line of the legend with the colour of its outline."""
    point, foci = content.tiles.point, content.result.region.foci
    focus = f"Focus (adjacent squares at {point.threshold:.2f} or more)"
    peak = f" with a peak above {point.band[1]:.2f}" if point.band else ""
    lines: list[tuple[Colour | None, str]] = [
        (COLOURS["malignant"], f"{focus}{peak}: suggests IDC")
    ]
    if point.band:
        peak = f"with a peak of {point.threshold:.2f} to {point.band[1]:.2f}"
        lines.append((COLOURS["uncertain"], f"Focus {peak}: inconclusive"))
    if not foci:
        lines.append((None, "No focus was found."))
    elif len(foci) > NUMBERED:
        lines.append((None, f"{len(foci)} foci; the {NUMBERED} largest are numbered."))
    return [*lines, (None, "Research use only. Not a diagnosis.")]


def _draw_legend(
    draw: ImageDraw.ImageDraw, lines: list[tuple[Colour | None, str]], top: int
) -> None:
    for place, (colour, text) in enumerate(lines):
        x, y = _MARGIN, top + place * _LINE
        if colour:
            draw.rectangle((x, y + 4, x + 28, y + 24), outline=colour, width=_OUTLINE)
            x += 42
        draw.text((x, y + 14), text, _INK, font(_TEXT), anchor="lm")
