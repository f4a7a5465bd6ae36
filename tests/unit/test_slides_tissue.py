from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hf_space.imaging.places import Places
from hf_space.imaging.slide_tissue import OVERVIEW_MICRONS, SlideTissue
from hf_space.imaging.tiling import cut_tiles
from hf_space.slides.tissue import find_tissue
from tests.array_slide import ArraySlide
from tests.tissue import draw_region

GLASS = (238, 240, 237)
STAINED = (190, 120, 180)
PEN = (20, 70, 160)


def glass(height: int = 800, width: int = 1200) -> NDArray[np.uint8]:
    """Glass with the noise of a camera, at 4 µm per pixel."""
    noise = np.random.default_rng(1).normal(0, 1.5, (height, width, 3))
    return np.clip(np.rint(noise + GLASS), 0, 255).astype(np.uint8)


def tissue_at(picture: NDArray[np.uint8], overlap: float = 0.0) -> NDArray[np.bool_]:
    height, width = picture.shape[:2]
    return find_tissue(ArraySlide(picture)).at(Places(height, width, 50, overlap))


def test_tissue_is_where_a_region_has_it() -> None:
    picture = draw_region(0, 710, 840)
    regions = cut_tiles(picture, 50).tissue
    assert (tissue_at(picture) == regions).mean() > 0.97
    darker = (picture * 0.8).astype(np.uint8)
    assert (tissue_at(darker) == regions).mean() > 0.97


def test_the_whole_slide_is_seen_once_at_low_resolution() -> None:
    slide = ArraySlide(glass(2050, 1000))
    found = find_tissue(slide)
    assert found.overview.shape == (512, 250, 3)
    assert found.mask.shape == (512, 250)
    assert not found.mask.any()
    assert list(slide.rows_read) == [OVERVIEW_MICRONS]
    assert (slide.rows_read[OVERVIEW_MICRONS] == 1).all()


def test_holes_are_no_tissue() -> None:
    picture = glass()
    picture[100:700, 100:1100] = STAINED
    picture[300:500, 400:600] = glass(200, 200)
    found = tissue_at(picture)
    expected = np.zeros_like(found)
    expected[2:14, 2:22] = True
    expected[6:10, 8:12] = False
    np.testing.assert_array_equal(found, expected)


def test_pen_and_its_fringe_are_no_tissue_and_tissue_beside_it_is() -> None:
    picture = glass()
    picture[100:400, 100:400] = STAINED
    cv2.line(picture, (700, 100), (1000, 700), PEN, 40, cv2.LINE_AA)
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 3.0), dtype=np.uint8)
    found = tissue_at(picture)
    assert found[2:8, 2:8].all()
    assert not found[:, 9:].any()


@pytest.mark.parametrize("colour", [(150, 150, 152), (150, 160, 175)], ids=["grey", "bluish"])
def test_the_edges_of_a_coverslip_are_no_tissue(colour: tuple[int, int, int]) -> None:
    picture = glass()
    picture[300:600, 300:600] = STAINED
    cv2.line(picture, (60, 20), (90, 790), colour, 16)
    found = tissue_at(picture)
    assert found[6:12, 6:12].all()
    assert found.sum() == 36


def test_dust_is_no_tissue_and_a_small_piece_is() -> None:
    picture = glass()
    for left in range(400, 1100, 100):
        cv2.circle(picture, (left, 400), 10, STAINED, -1)
    cv2.circle(picture, (125, 125), 24, STAINED, -1)
    assert np.argwhere(tissue_at(picture)).tolist() == [[2, 2]]


def test_empty_and_black_slides_have_no_tissue() -> None:
    assert not tissue_at(glass()).any()
    assert not tissue_at(np.zeros((400, 400, 3), np.uint8)).any()
    assert not tissue_at(np.full((1, 1, 3), 240, np.uint8)).any()


def test_places_count_what_their_tile_covers_of_the_mask() -> None:
    mask = np.zeros((50, 100), np.uint8)
    mask[:, :50] = 255
    tissue = SlideTissue(np.zeros((50, 100, 3), np.uint8), mask, np.zeros_like(mask))
    # Tiles of 12.5 pixels of the mask: the fifth column begins at its edge.
    assert tissue.at(Places(200, 400, 50, 0.0))[0].tolist() == [True] * 4 + [False] * 4
    # The tile at 3.5 is half covered.
    assert tissue.at(Places(200, 400, 50, 0.5))[0].tolist() == [True] * 8 + [False] * 8
    # A sliver at the edge is judged by its part within the slide.
    assert tissue.at(Places(200, 201, 50, 0.0))[0].tolist() == [True] * 2 + [False] * 3
