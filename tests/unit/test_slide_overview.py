"""The picture of a slide: outlines of foci, numbers, a scale bar and a legend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hf_space.bundle.calibration import OperatingPoint
from hf_space.exports.slides.content import SlideContent
from hf_space.exports.slides.overview import (
    NUMBERED,
    draw_overview,
    legend_lines,
    round_length,
    write_overview,
)
from tests.slide_results import POINT, slide_content, slide_grid

ORANGE = (190, 88, 20)
GREY = (104, 100, 120)
INK = (40, 40, 40)
# Of the tissue in a drawing; what is below is the legend.
SIDE = 1500


def square_slide(probabilities: NDArray[np.float64]) -> SlideContent:
    """Ten by ten tiles, of 150 px each in the drawing."""
    picture = np.full((300, 300, 3), (230, 200, 215), np.uint8)
    grid = slide_grid(4000, 4000, left=700, top=90)
    return slide_content(grid, probabilities, picture=picture)


def tiles(*places: tuple[int, int], probability: float = 0.9) -> NDArray[np.float64]:
    probabilities = np.full((10, 10), 0.1)
    for place in places:
        probabilities[place] = probability
    return probabilities


def has_colour(part: NDArray[np.uint8], colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(part.astype(int) - colour).max(axis=-1) <= 8).any())


def test_an_outline_follows_the_tiles_of_its_focus() -> None:
    drawing = draw_overview(square_slide(tiles((4, 2), (4, 3))))[:SIDE]
    # Two tiles: from 300 to 600 px across, from 600 to 750 px down.
    for x in (300, 600):
        assert has_colour(drawing[640:730, x - 2 : x + 2], ORANGE)
    for y in (600, 750):
        assert has_colour(drawing[y - 2 : y + 2, 310:590], ORANGE)
    # Nothing is drawn inside, or far outside.
    assert (drawing[620:730, 320:580] == (230, 200, 215)).all()
    assert (drawing[800:] == (230, 200, 215)).all()
    # A light line on either side keeps it apart from the tissue.
    assert has_colour(drawing[640:730, 303:306], (255, 255, 255))


def test_the_colour_is_that_of_the_verdict_at_the_peak() -> None:
    drawing = draw_overview(square_slide(tiles((4, 2), probability=0.5)))[:SIDE]
    assert has_colour(drawing[:, 298:302], GREY)
    assert not has_colour(drawing, ORANGE)


def test_a_hole_has_an_outline() -> None:
    around = [(r, c) for r in (3, 4, 5) for c in (3, 4, 5) if (r, c) != (4, 4)]
    drawing = draw_overview(square_slide(tiles(*around)))[:SIDE]
    assert has_colour(drawing[610:740, 598:602], ORANGE)
    assert has_colour(drawing[598:602, 610:740], ORANGE)


def test_the_largest_foci_are_numbered_at_their_upper_left() -> None:
    apart = [(row, column) for row in range(1, 10, 2) for column in range(1, 10, 3)]
    drawing = draw_overview(square_slide(tiles(*apart)))[:SIDE]
    assert len(apart) > NUMBERED
    numbered = [
        has_colour(drawing[150 * r - 20 : 150 * r - 10, 150 * c - 30 : 150 * c - 5], ORANGE)
        for r, c in apart
    ]
    assert numbered == [place < NUMBERED for place in range(len(apart))]


def test_a_number_stays_within_the_picture() -> None:
    drawing = draw_overview(square_slide(tiles((0, 0))))
    assert has_colour(drawing[3:8, 3:20], ORANGE)


@pytest.mark.parametrize(
    ("width", "height", "scales"),
    [(30000, 20000, (0.5, 0.5)), (30000, 20000, (0.25, 0.5)), (3000, 4000, (0.5, 0.5))],
)
def test_the_scale_bar_is_as_long_as_it_says(
    width: int, height: int, scales: tuple[float, float]
) -> None:
    grid = slide_grid(width, height, microns_per_pixel=scales)
    size = round(height * scales[1] / 20), round(width * scales[0] / 20)
    picture = np.full((*size, 3), 255, np.uint8)
    probabilities = np.full((grid.rows, grid.columns), 0.1)
    drawing = draw_overview(slide_content(grid, probabilities, picture=picture))
    tissue = round(SIDE * size[0] / max(size))
    bars = [row for row in drawing[tissue:] if (row[24:150] == INK).all()]
    assert len(bars) == 7
    length = ends(bars[0])
    microns = length * width * scales[0] / round(SIDE * size[1] / max(size))
    longest = max(width * scales[0], height * scales[1])
    assert microns == pytest.approx(round_length(longest / 5), rel=0.01)


def ends(row: NDArray[np.uint8]) -> int:
    """Length of the run of ink that begins at the margin."""
    is_ink = (row[24:] == INK).all(axis=-1)
    return int(is_ink.argmin()) - 1


@pytest.mark.parametrize(
    ("microns", "length"),
    [(1000, 1000), (999.9, 500), (4999, 2000), (5000, 5000), (12345, 10000), (0.3, 0.2)],
)
def test_lengths_are_round(microns: float, length: float) -> None:
    assert round_length(microns) == pytest.approx(length)


@pytest.mark.parametrize(
    ("point", "lines"),
    [
        (
            POINT,
            [
                "Focus (adjacent squares at 0.42 or more) with a peak above 0.55: suggests IDC",
                "Focus with a peak of 0.42 to 0.55: inconclusive",
            ],
        ),
        (
            OperatingPoint.without_band(0.3),
            ["Focus (adjacent squares at 0.30 or more): suggests IDC"],
        ),
    ],
)
def test_each_focus_fits_one_line_of_the_legend(point: OperatingPoint, lines: list[str]) -> None:
    content = square_slide(tiles((4, 2)))
    content = replace(content, tiles=replace(content.tiles, point=point))
    assert [text for colour, text in legend_lines(content) if colour] == lines


@pytest.mark.parametrize("size", [(2000, 500), (40, 3000), (90, 70)])
def test_the_longer_side_is_1500_px_and_the_legend_fits(size: tuple[int, int]) -> None:
    grid = slide_grid(size[1] * 20, size[0] * 20)
    probabilities = np.full((grid.rows, grid.columns), 0.9)
    picture = np.full((*size, 3), 200, np.uint8)
    drawing = draw_overview(slide_content(grid, probabilities, picture=picture))
    height, width = (round(SIDE * side / max(size)) for side in size)
    assert drawing.shape[1] == max(width, 1100)
    assert height + 150 < len(drawing) < height + 300
    # The last line has text, and nothing touches the margin on the right.
    assert has_colour(drawing[-50:], INK)
    assert (drawing[height + 10 :, -10:] == 255).all()


def test_the_file_is_the_drawing(tmp_path: Path) -> None:
    content = square_slide(tiles((4, 2)))
    write_overview(content, tmp_path / "part")
    with Image.open(tmp_path / "part", formats=("PNG",)) as picture:
        assert (picture.mode, picture.info) == ("RGB", {})
        np.testing.assert_array_equal(np.asarray(picture), draw_overview(content))
