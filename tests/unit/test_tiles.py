from __future__ import annotations

import numpy as np
import pytest

from hf_space.imaging.tiling import cut_tiles
from tests.bundle_factory import plain_image
from tests.synthetic import make_patches

STAINED = (200, 120, 190)


def test_glass_is_told_from_tissue() -> None:
    image = plain_image(255, 255, 255, width=170, height=120)
    image[:60, :60] = STAINED
    tiles = cut_tiles(image, 50)
    assert tiles.tissue.astype(int).tolist() == [[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_a_tile_is_tissue_from_a_tenth_of_its_area_on() -> None:
    image = plain_image(255, 255, 255, width=100)
    image[:5, :50] = STAINED
    image[:4, 50:] = STAINED
    assert cut_tiles(image, 50).tissue.tolist() == [[True, False]]


def test_a_narrow_last_tile_is_judged_by_its_own_area() -> None:
    image = plain_image(255, 255, 255, width=55)
    image[:, 50:] = STAINED
    assert cut_tiles(image, 50).tissue.tolist() == [[False, True]]


def test_areas_are_those_within_the_region() -> None:
    areas = cut_tiles(plain_image(*STAINED, width=170, height=120), 50).areas
    assert areas.tolist() == [[2500.0] * 3 + [1000.0]] * 2 + [[1000.0] * 3 + [400.0]]
    assert areas.sum() == 170 * 120


def test_patches_are_the_tiles_and_edges_grow_by_reflection() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 70, 3), dtype=np.uint8)
    patches = cut_tiles(image, 50).patches([(0, 0), (1, 1)])
    assert patches.shape == (2, 50, 50, 3)
    np.testing.assert_array_equal(patches[0], image[:50, :50])
    np.testing.assert_array_equal(patches[1][:10, :20], image[50:, 50:])
    np.testing.assert_array_equal(patches[1][10], patches[1][8])


def test_black_around_a_round_field_is_no_tissue() -> None:
    image = plain_image(*STAINED, width=150)
    image[:, :50] = 0
    image[:30, 50:100] = 5
    image[:20, 100:] = 5
    assert cut_tiles(image, 50).tissue.tolist() == [[False, False, True]]


def test_drawn_patches_are_tissue() -> None:
    patches, _ = make_patches(20)
    assert all(cut_tiles(patch, 50).tissue.all() for patch in patches)


@pytest.mark.parametrize("grey", [255, 245, 235])
def test_bright_and_noisy_glass_is_no_tissue(grey: int) -> None:
    noise = np.random.default_rng(1).normal(0, 3, (50, 50, 3))
    image = np.clip(grey + noise, 0, 255).astype(np.uint8)
    assert not cut_tiles(image, 50).tissue.any()
