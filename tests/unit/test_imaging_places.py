from __future__ import annotations

import numpy as np
import pytest

from hf_space.bundle.calibration import Calibration, OperatingPoint
from hf_space.imaging.places import Places
from hf_space.prediction.scoring import smooth_logits
from hf_space.schemas.ids import uuid7
from hf_space.slides.result import cell_areas_mm2, tile_map
from hf_space.slides.scores import ScoreFacts, ScoreKey, SlideScores

NAN = float("nan")
POINT = OperatingPoint.without_band(0.5)
CALIBRATION = Calibration(method="platt", slope=2.0, intercept=-1.0)


def scores_of(logits: np.ndarray) -> SlideScores:
    key = ScoreKey(
        slide="s", model="m", engine="e", scale=(1, 1), overlap=0, tile=(50, 4.0), features=False
    )
    facts = ScoreFacts(key=key, id=uuid7(), sha256="0")
    return SlideScores(facts, logits.astype(np.float32), np.array([1, 0, 0]))


def test_places_cover_the_slide_and_areas_end_with_it() -> None:
    places = Places(120, 100, 50, 0.0)
    assert (places.shape, places.step) == ((3, 2), 50)
    assert places.areas().tolist() == [[2500, 2500], [2500, 2500], [1000, 1000]]
    halves = Places(120, 100, 50, 0.5)
    assert (halves.shape, halves.step) == ((5, 4), 25)
    assert halves.areas()[:, 0].tolist() == [2500, 2500, 2500, 45 * 50, 20 * 50]
    assert halves.areas()[0].tolist() == [2500, 2500, 2500, 25 * 50]
    assert halves.cells == Places(120, 100, 25, 0.0)


def test_the_grid_lies_at_the_bounds_in_pixels_of_level_0() -> None:
    grid = Places(120, 100, 50, 0.0).grid((10, 20, 1600, 960), (0.25, 0.5), 200.0)
    assert (grid.rows, grid.columns) == (3, 2)
    assert (grid.cell_width, grid.cell_height) == (800.0, 400.0)
    assert grid.box(2, 1) == (810.0, 820.0, 1610.0, 980.0)
    areas = cell_areas_mm2(grid)
    np.testing.assert_allclose(areas, [[0.04, 0.04], [0.04, 0.04], [0.016, 0.016]])
    assert grid.cell_mm2 == pytest.approx(areas[0, 0])


def test_a_cell_is_the_mean_of_the_tiles_that_cover_it() -> None:
    rng = np.random.default_rng(0)
    places = Places(260, 310, 50, 0.5)
    values = rng.normal(size=places.shape)
    values[rng.random(places.shape) < 0.3] = np.nan
    found = places.cell_means(values)
    for row, column in np.ndindex(places.shape):
        covering = [
            values[i, j]
            for i in (row - 1, row)
            for j in (column - 1, column)
            if i >= 0 and j >= 0 and not np.isnan(values[i, j])
        ]
        expected = np.mean(covering) if covering else np.nan
        np.testing.assert_allclose(found[row, column], expected)


def test_without_overlap_a_cell_is_its_tile() -> None:
    logits = np.array([[1.0, NAN], [2.0, 3.0]])
    places = Places(100, 80, 50, 0.0)
    grid = places.grid((0, 0, 80, 100), (4.0, 4.0), 200.0)
    tiles = tile_map(scores_of(logits), places, ~np.isnan(logits), grid, CALIBRATION, POINT)
    np.testing.assert_allclose(tiles.raw_logits, 2 * logits - 1)
    np.testing.assert_allclose(tiles.logits, smooth_logits(2 * logits - 1, places.areas()))


def test_shifted_grids_are_smoothed_each_for_itself_and_then_averaged() -> None:
    rng = np.random.default_rng(3)
    places = Places(200, 190, 50, 0.5)
    logits = rng.normal(size=places.shape).astype(np.float32)
    logits[2:4, 3:5] = np.nan
    is_tissue = rng.random(places.shape) < 0.8
    grid = places.grid((0, 0, 190, 200), (4.0, 4.0), 200.0)
    tiles = tile_map(scores_of(logits), places, is_tissue, grid, CALIBRATION, POINT)
    raw, areas = CALIBRATION.logit(logits), places.areas()
    smoothed = np.empty_like(raw)
    for shift in ((0, 0), (0, 1), (1, 0), (1, 1)):
        own = (slice(shift[0], None, 2), slice(shift[1], None, 2))
        smoothed[own] = smooth_logits(raw[own].copy(), areas[own].copy())
    for found, values in ((tiles.raw_logits, raw), (tiles.logits, smoothed)):
        expected = np.where(is_tissue, places.cell_means(values), np.nan)
        np.testing.assert_allclose(found, expected)
    assert (tiles.grid.cell_width, tiles.grid.rows) == (25.0, 8)
