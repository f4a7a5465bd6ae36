"""Drawn tissue is the same in any window, and matches its layout."""

from __future__ import annotations

import ast
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tissue import SCALES, Tissue, draw_region
from tests.tissue.layout import LAYOUT_MICRONS, Layout, make_layout
from tests.tissue.noise import Window
from tests.tissue.stains import EOSIN, GLASS, HAEMATOXYLIN, light

ROOT = Path(__file__).parents[2]
SIDE = 1200
TISSUE = Tissue(width=SIDE, height=SIDE, seed=3)


@pytest.fixture(scope="module")
def layout() -> Layout:
    return make_layout(3, SIDE, SIDE)


@pytest.fixture(scope="module")
def whole() -> NDArray[np.uint8]:
    return TISSUE.paint(0, 0, SIDE, SIDE, 1.0)


def field(layout: Layout, name: str) -> NDArray[np.float64]:
    """Return a field at 1 µm per pixel, (SIDE, SIDE)."""
    return layout.within(name, Window(0, 0, SIDE, SIDE, 1.0)).astype(np.float64)


def densities(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Unmix a picture into haematoxylin and eosin by least squares, (h, w, 2)."""
    density = -np.log((picture.reshape(-1, 3).astype(float) + 1) / (GLASS + 1))
    found = np.linalg.lstsq(np.stack([HAEMATOXYLIN, EOSIN], axis=1), density.T, rcond=None)[0]
    return np.asarray(found.T.reshape(*picture.shape[:2], 2))


def test_a_seed_draws_the_same_tissue_and_another_seed_other_tissue() -> None:
    region = draw_region(5, 60, 80)
    np.testing.assert_array_equal(region, draw_region(5, 60, 80))
    assert region.shape == (60, 80, 3)
    assert region.dtype == np.uint8
    assert np.abs(region.astype(int) - draw_region(6, 60, 80)).mean() > 5


@pytest.mark.parametrize("scale", SCALES)
def test_a_window_shows_what_the_whole_shows_there(scale: float) -> None:
    size = 400
    whole = TISSUE.paint(-60, -40, size, size, scale)
    for left, top, width, height in ((0, 0, 7, 5), (190, 210, 130, 90), (399, 0, 1, 400)):
        part = TISSUE.paint(left - 60, top - 40, width, height, scale)
        np.testing.assert_array_equal(part, whole[top : top + height, left : left + width])


@pytest.mark.parametrize(("scale", "times"), [(2.0, 2), (4.0, 4)])
def test_coarser_scales_show_the_same_tissue(
    whole: NDArray[np.uint8], scale: float, times: int
) -> None:
    side = SIDE // times
    reduced = cv2.resize(whole, (side, side), interpolation=cv2.INTER_AREA)
    painted = TISSUE.paint(0, 0, side, side, scale)
    # Fine fibres and chromatin differ from scale to scale, and nuclei do not.
    blurred = [cv2.GaussianBlur(image, (0, 0), 3).astype(float) for image in (reduced, painted)]
    assert np.abs(blurred[0] - blurred[1]).mean() < 2


def test_another_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="none of"):
        TISSUE.paint(0, 0, 8, 8, 3.0)


def test_stains_absorb_light_by_beer_and_lambert() -> None:
    none, once, twice = (np.full((1, 1), density, np.float32) for density in (0.0, 0.4, 0.8))
    np.testing.assert_allclose(light(none, none), GLASS)
    for stain in (HAEMATOXYLIN, EOSIN):
        assert np.linalg.norm(stain) == pytest.approx(1, abs=0.01)
    single, double = light(once, none) / GLASS, light(twice, none) / GLASS
    np.testing.assert_allclose(double, single**2, rtol=1e-5)
    both = light(once, twice) / GLASS
    np.testing.assert_allclose(both, single * light(none, twice) / GLASS, rtol=1e-5)


def test_glass_fat_collagen_and_tumour_have_their_stains(
    layout: Layout, whole: NDArray[np.uint8]
) -> None:
    haematoxylin, eosin = np.moveaxis(densities(whole), 2, 0)
    tissue, fat, tumour = (field(layout, name) for name in ("tissue", "fat", "tumour"))
    glass = tissue < -20
    collagen = (tissue > 30) & (fat < -30) & (tumour < -110) & (field(layout, "loose") == 0)
    assert np.abs(whole[glass].mean() - GLASS) < 1
    assert whole[fat > 30].mean() > whole[collagen].mean() + 30
    assert eosin[collagen].mean() > 5 * haematoxylin[collagen].mean()
    assert haematoxylin[tumour > 60].mean() > 3 * haematoxylin[collagen].mean()


def test_fibres_run_where_the_layout_directs_them(layout: Layout, whole: NDArray[np.uint8]) -> None:
    grey = cv2.GaussianBlur(whole[..., 1].astype(np.float32), (0, 0), 2)
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.GaussianBlur(a * b, (0, 0), 12) for a, b in ((dx, dx), (dy, dy), (dx, dy)))
    found = 0.5 * np.arctan2(2 * xy, xx - yy)
    across = field(layout, "across")
    down, right = np.gradient(cv2.GaussianBlur(across, (0, 0), 6))
    turned = np.abs(np.sin(found - np.arctan2(down, right)))
    collagen = (field(layout, "tissue") > 60) & (field(layout, "fat") < -60)
    collagen &= (field(layout, "tumour") < -110) & (field(layout, "loose") == 0)
    assert np.degrees(np.arcsin(np.median(turned[collagen]))) < 15


def test_nuclei_of_the_tumour_are_six_to_twelve_microns_long(layout: Layout) -> None:
    inside = np.argwhere(layout.tumour > 100)
    row, column = inside[len(inside) // 2]
    left, top = (int((index - 16) * LAYOUT_MICRONS * 2) - 300 for index in (column, row))
    picture = TISSUE.paint(left, top, 600, 600, 0.5)
    nuclei = (densities(picture)[..., 0] > 0.45).astype(np.uint8)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(nuclei)
    areas = boxes[1:, cv2.CC_STAT_AREA] * 0.25
    alone = areas[(areas > 15) & (areas < 130)]
    assert len(alone) > 60
    assert 6 < np.median(2 * np.sqrt(alone / np.pi)) < 12


def test_ducts_have_a_lumen_within_two_rows_of_nuclei(layout: Layout) -> None:
    ducts = [gland for gland in layout.glands if gland.kind == "duct"]
    lobules = [gland for gland in layout.glands if gland.loose]
    assert ducts
    assert lobules
    for duct in ducts:
        angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        picture = TISSUE.paint(int(duct.x) - 128, int(duct.y) - 128, 256, 256, 1.0)
        haematoxylin = densities(picture)[..., 0]
        rings = [
            np.mean([haematoxylin[round(y), round(x)] for x, y in outline])
            for outline in (
                duct.outline(radius, angles) - (int(duct.x) - 128, int(duct.y) - 128)
                for radius in (duct.lumen - 5, (duct.lumen + duct.radius) / 2)
            )
        ]
        assert rings[0] < 0.05
        assert rings[1] > 0.25


def test_the_service_does_not_know_it() -> None:
    sources = [
        ROOT / "app.py",
        *(ROOT / "hf_space").rglob("*.py"),
        *(ROOT / "training").rglob("*.py"),
    ]
    for path in sources:
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        modules += [
            name.name for node in nodes if isinstance(node, ast.Import) for name in node.names
        ]
        assert not [module for module in modules if module.split(".")[0] == "tests"], path
