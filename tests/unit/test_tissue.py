"""Tissue is separated from glass of any brightness, surrounds and ink; drawn with known areas."""

from __future__ import annotations

import io

import cv2
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from hf_space.imaging.tiling import cut_tiles
from hf_space.imaging.tissue import find_stained, learn_tissue_rule
from tests.bundle_factory import plain_image
from tests.synthetic import draw_patch
from tests.tissue import draw_region

Image = NDArray[np.uint8]

GLASS_LEVELS = [180, 200, 219, 240, 255]
DRAWN_GLASS = 243
HALF = np.s_[:, 300:]
INKS = {
    "blue": (40, 60, 160),
    "light blue": (70, 110, 200),
    "green": (30, 140, 60),
    "red": (200, 30, 40),
    "black": (45, 45, 48),
}


def noisy(image: NDArray[np.floating] | Image, *, sigma: float = 3.0, seed: int = 0) -> Image:
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.asarray(np.clip(np.rint(image + noise), 0, 255), dtype=np.uint8)


def glass(level: float, height: int = 300, width: int = 600, *, sigma: float = 3.0) -> Image:
    return noisy(np.full((height, width, 3), level), sigma=sigma)


def tissue(height: int, width: int, *, label: int = 1, stain: float = 1.0) -> Image:
    """Draw tissue without glass, whole patches side by side."""
    rng = np.random.default_rng(3)
    rows = [
        [draw_patch(rng, label=label, stain=stain) for _ in range(width // 50)]
        for _ in range(height // 50)
    ]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


def on_glass(level: float, *, stain: float = 1.0) -> Image:
    """Draw tissue in the right half of 300x600 px, and glass of a level in the left half."""
    image = np.full((300, 600, 3), float(DRAWN_GLASS))
    image[HALF] = tissue(300, 300, stain=stain)
    return noisy(image * (level / DRAWN_GLASS))


def jpeg(image: Image, quality: int = 70) -> Image:
    with io.BytesIO() as file:
        PIL.Image.fromarray(image).save(file, "JPEG", quality=quality)
        return np.asarray(PIL.Image.open(file))


def grey(image: Image) -> Image:
    luminance = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.cvtColor(luminance, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def vignetted(image: Image, depth: float) -> Image:
    y, x = np.mgrid[-1 : 1 : image.shape[0] * 1j, -1 : 1 : image.shape[1] * 1j]
    light = 1 - depth * (x * x + y * y) / 2
    return np.asarray(np.rint(image * light[..., None]), dtype=np.uint8)


def fraction(image: Image) -> float:
    return float(cut_tiles(image, 50).tissue.mean())


def round_field(image: Image, surround: int) -> tuple[Image, NDArray[np.bool_]]:
    """Fill all but an inscribed circle; also returns the tiles that are completely inside it."""
    side = min(image.shape[:2])
    field = image[:side, :side].copy()
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    within = np.hypot(x, y) < side / 2
    field[~within] = surround
    tiles = within.reshape(side // 50, 50, side // 50, 50)
    return field, tiles.all(axis=(1, 3))


@pytest.mark.parametrize("level", GLASS_LEVELS)
def test_the_white_point_is_the_glass(level: int) -> None:
    assert learn_tissue_rule(on_glass(level)).white == pytest.approx([level] * 3, abs=3)


def test_the_white_point_has_the_tint_of_the_glass() -> None:
    image = np.rint(on_glass(240) * (1.0, 0.985, 0.96)).astype(np.uint8)
    assert learn_tissue_rule(image).white == pytest.approx([240, 236, 230], abs=3)


@pytest.mark.parametrize("level", GLASS_LEVELS)
def test_the_tissue_fraction_does_not_depend_on_the_glass(level: int) -> None:
    assert fraction(on_glass(level)) == 0.5


@pytest.mark.parametrize("level", GLASS_LEVELS)
def test_the_stained_area_does_not_depend_on_the_glass(level: int) -> None:
    drawn = plain_image(255, 255, 255, width=600, height=300)
    drawn[50:200, 100:500] = (200, 120, 190)
    image = noisy(drawn * (level / 255))
    stained = find_stained(image, learn_tissue_rule(image)).stained > 0
    assert stained.mean() == pytest.approx(150 * 400 / (300 * 600), rel=0.02)


@pytest.mark.parametrize("level", GLASS_LEVELS)
def test_pale_tissue_is_tissue_on_any_glass(level: int) -> None:
    assert fraction(on_glass(level, stain=0.25)) == 0.5


@pytest.mark.parametrize("level", GLASS_LEVELS)
def test_a_drawn_region_has_the_same_tiles_on_any_glass(level: int) -> None:
    region = draw_region(0, 500, 600)
    expected = cut_tiles(region, 50).tissue
    darker = noisy(region * (level / DRAWN_GLASS))
    np.testing.assert_array_equal(cut_tiles(darker, 50).tissue, expected)


@pytest.mark.parametrize("level", GLASS_LEVELS)
@pytest.mark.parametrize("sigma", [0.0, 2.0, 5.0])
def test_bare_glass_has_no_tissue(level: int, sigma: float) -> None:
    image = glass(level, sigma=sigma)
    tinted = np.rint(image * (1.0, 0.99, 0.96)).astype(np.uint8)
    for kind in (image, tinted, vignetted(tinted, 0.06), jpeg(image, 50), jpeg(tinted, 50)):
        assert fraction(kind) == 0


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("light", [0.7, 0.85, 1.0])
def test_tissue_without_glass_is_all_tissue(label: int, light: float) -> None:
    image = np.rint(tissue(300, 300, label=label) * light).astype(np.uint8)
    assert fraction(image) == 1


def test_each_drawn_patch_alone_is_tissue_in_colour_and_grey() -> None:
    rng = np.random.default_rng(8)
    for index in range(30):
        patch = draw_patch(rng, label=index % 2, stain=0.6 + 0.02 * index)
        assert fraction(patch) == fraction(grey(patch)) == 1


@pytest.mark.parametrize("level", GLASS_LEVELS)
@pytest.mark.parametrize("quality", [60, 100])
def test_grey_images_are_judged_by_density(level: int, quality: int) -> None:
    image = jpeg(grey(on_glass(level)), quality)
    assert learn_tissue_rule(image).saturation is None
    # JPEG's blocks of 8 pixels reach from the tissue into the next column of glass.
    found = cut_tiles(image, 50).tissue
    assert found[:, 6:].all()
    assert not found[:, :5].any()


def test_a_shadow_without_colour_is_no_tissue() -> None:
    image = on_glass(240)
    image[100:200, 100:200] = glass(205, 100, 100)
    assert fraction(image) == 0.5


@pytest.mark.parametrize("ink", INKS.values(), ids=list(INKS))
@pytest.mark.parametrize("level", [200, 240])
def test_pen_on_glass_is_no_tissue(ink: tuple[int, int, int], level: int) -> None:
    image = on_glass(level).astype(np.float64)
    image[:, 60:240] = np.array(ink) * (level / 240)
    assert fraction(noisy(image)) == 0.5


@pytest.mark.parametrize("ink", INKS.values(), ids=list(INKS))
def test_tissue_with_a_stroke_of_pen_stays_tissue(ink: tuple[int, int, int]) -> None:
    image = on_glass(240).astype(np.float64)
    image[:, 410:440] = ink
    assert fraction(noisy(image)) == 0.5


@pytest.mark.parametrize("hue", [-9, 9])
def test_stains_of_another_hue_are_no_ink(hue: int) -> None:
    colours = cv2.cvtColor(tissue(300, 300), cv2.COLOR_RGB2HSV)
    # OpenCV's hue has 180 steps.
    colours[..., 0] = (colours[..., 0].astype(int) + hue) % 180
    assert fraction(cv2.cvtColor(colours, cv2.COLOR_HSV2RGB).astype(np.uint8)) == 1


@pytest.mark.parametrize("surround", [0, 12, 128, 180, 230, 255])
@pytest.mark.parametrize("level", GLASS_LEVELS)
def test_a_round_field_is_judged_by_its_own_glass(surround: int, level: int) -> None:
    image = np.concatenate([glass(level, 600, 300), on_glass(level)[:, 300:].repeat(2, axis=0)], 1)
    field, within = round_field(image, surround)
    found = cut_tiles(field, 50).tissue
    left, right = np.s_[:, :6], np.s_[:, 6:]
    assert found[right][within[right]].all()
    assert not found[left][within[left]].any()
    assert not found[::11, ::11].any()


@pytest.mark.parametrize("surround", [0, 128, 255])
def test_a_round_field_of_bare_glass_has_no_tissue(surround: int) -> None:
    field, within = round_field(glass(219, 600, 600), surround)
    assert not cut_tiles(field, 50).tissue[within].any()


def test_a_large_image_is_judged_as_a_small_one() -> None:
    image = on_glass(219)
    large = np.tile(image, (10, 10, 1))
    np.testing.assert_array_equal(
        cut_tiles(large, 50).tissue, np.tile(cut_tiles(image, 50).tissue, (10, 10))
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 130), (3, 70), (53, 2)])
def test_narrow_images_are_judged(shape: tuple[int, int]) -> None:
    height, width = shape
    assert fraction(plain_image(200, 120, 190, width=width, height=height)) == 1
    assert fraction(plain_image(219, 219, 219, width=width, height=height)) == 0
