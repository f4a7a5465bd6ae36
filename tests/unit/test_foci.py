"""Foci: connected tiles, outlines and sizes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from hf_space.imaging.slide_grid import SlideGrid
from hf_space.prediction.foci import find_foci
from hf_space.schemas.prediction import Focus

X = 0.9
O = 0.1  # noqa: E741 -- reads as a map
NONE = math.nan


def grid_of(rows: int, columns: int, **changes: object) -> SlideGrid:
    """Cells of 100 x 100 px at 2 µm/px."""
    whole = {
        "rows": rows,
        "columns": columns,
        "bounds": (0, 0, 100 * columns, 100 * rows),
        "cell_width": 100.0,
        "cell_height": 100.0,
        "microns_per_pixel": (2.0, 2.0),
    }
    return SlideGrid(**(whole | changes))  # type: ignore[arg-type]


def foci_of(tiles: list[list[float]], grid: SlideGrid | None = None) -> list[Focus]:
    probabilities = np.array(tiles)
    return find_foci(probabilities, 0.5, grid or grid_of(*probabilities.shape))


def shape_of(focus: Focus) -> shapely.Polygon:
    outline, *holes = focus.polygon
    return shapely.Polygon(outline, holes)


def test_tiles_are_joined_by_their_sides_and_not_by_their_corners() -> None:
    larger, smaller = foci_of([[X, X, O], [O, X, O], [NONE, O, X]])
    assert shape_of(larger).equals(
        shapely.Polygon([(0, 0), (200, 0), (200, 200), (100, 200), (100, 100), (0, 100)])
    )
    assert shape_of(smaller).equals(shapely.box(200, 200, 300, 300))
    # Straight sides have no points between their ends.
    assert [len(ring) for ring in larger.polygon] == [7]


def test_a_ring_has_a_hole() -> None:
    (focus,) = foci_of([[X, X, X], [X, NONE, X], [X, X, X]])
    outline, hole = focus.polygon
    assert shapely.Polygon(outline).equals(shapely.box(0, 0, 300, 300))
    assert shapely.Polygon(hole).equals(shapely.box(100, 100, 200, 200))
    # RFC 7946: the outline counterclockwise, the hole clockwise, both closed.
    assert shapely.LinearRing(outline).is_ccw
    assert not shapely.LinearRing(hole).is_ccw
    assert (outline[0], hole[0]) == (outline[-1], hole[-1])
    assert focus.area_mm2 == pytest.approx(8 * 0.04)


def test_a_hole_may_touch_the_outline_at_a_corner() -> None:
    (focus,) = foci_of([[O, X, X], [X, O, X], [X, X, X]])
    assert shape_of(focus).is_valid
    assert shape_of(focus).area == 7 * 100 * 100


def test_the_threshold_itself_counts_and_the_peak_is_that_of_the_focus() -> None:
    first, second = foci_of([[0.5, 0.75, O, 0.6, 0.4999]])
    assert (first.peak_probability, second.peak_probability) == (0.75, 0.6)
    assert shape_of(second).equals(shapely.box(300, 0, 400, 100))


def test_foci_come_from_the_largest_to_the_smallest_and_then_from_above() -> None:
    foci = foci_of([[X, O, X, O], [O, O, O, X], [X, X, O, O]])
    assert [focus.area_mm2 for focus in foci] == pytest.approx([0.08, 0.04, 0.04, 0.04])
    assert [shape_of(focus).bounds[:2] for focus in foci] == [
        (0.0, 200.0),
        (0.0, 0.0),
        (200.0, 0.0),
        (300.0, 100.0),
    ]


def test_the_largest_dimension_runs_between_two_corners_of_the_outline() -> None:
    (square,) = foci_of([[X]])
    assert square.largest_dimension_mm == pytest.approx(0.2 * math.sqrt(2), abs=1e-6)
    # An angle: from the upper right corner to the lower left one.
    (angle,) = foci_of([[X, X, X], [X, O, O], [X, O, O], [X, O, O]])
    assert angle.largest_dimension_mm == pytest.approx(math.hypot(0.6, 0.8), abs=1e-6)


def test_scales_in_x_and_y_may_differ() -> None:
    grid = grid_of(2, 3, microns_per_pixel=(1.0, 4.0))
    (focus,) = foci_of([[X, X, X], [O, O, O]], grid)
    assert focus.area_mm2 == pytest.approx(0.3 * 0.4)
    assert focus.largest_dimension_mm == pytest.approx(0.5)
    assert shape_of(focus).bounds == (0, 0, 300, 100)


def test_a_focus_is_cut_at_the_bounds_and_lies_in_pixels_of_the_whole_image() -> None:
    grid = grid_of(2, 2, bounds=(1000, 500, 130, 120), cell_width=100.4, cell_height=99.5)
    (focus,) = foci_of([[O, X], [O, X]], grid)
    assert shape_of(focus).bounds == (1100.4, 500.0, 1130.0, 620.0)
    assert focus.area_mm2 == pytest.approx(29.6 * 120 * 4 / 1e6)
    assert focus.largest_dimension_mm == pytest.approx(math.hypot(29.6, 120) * 2 / 1000, abs=1e-6)


def test_an_unknown_scale_yields_no_lengths() -> None:
    (focus,) = find_foci(np.array([[X]]), 0.5, grid_of(1, 1), scale_known=False)
    assert (focus.area_mm2, focus.largest_dimension_mm) == (None, None)
    assert shape_of(focus).area == 100 * 100


@pytest.mark.parametrize("tiles", [[[O, NONE], [0.49, O]], [[NONE]]], ids=["below", "no tissue"])
def test_there_may_be_none(tiles: list[list[float]]) -> None:
    assert foci_of(tiles) == []


def test_outlines_cover_exactly_the_tiles_at_or_above_the_threshold() -> None:
    rng = np.random.default_rng(4)
    probabilities = rng.random((40, 60))
    probabilities[rng.random((40, 60)) < 0.2] = np.nan
    grid = grid_of(40, 60, bounds=(70, 30, 5950, 3970))
    foci = find_foci(probabilities, 0.5, grid)
    assert all(shape_of(focus).is_valid for focus in foci)
    tiles = shapely.union_all(
        [shapely.box(*grid.box(*place)) for place in np.argwhere(probabilities >= 0.5)]
    )
    whole = shapely.union_all([shape_of(focus) for focus in foci])
    assert whole.symmetric_difference(tiles).area == pytest.approx(0, abs=1e-3)
    assert sum(shape_of(focus).area for focus in foci) == pytest.approx(tiles.area)


def test_a_region_has_the_grid_of_the_rescaled_image() -> None:
    # 403 x 101 px at 1 µm/px are 101 x 25 px at the model's scale.
    grid = SlideGrid.of_region(403, 101, microns_per_pixel=(1.0, 1.0), tile_size=50, tile_scale=4.0)
    assert (grid.rows, grid.columns, grid.bounds) == (1, 3, (0, 0, 403, 101))
    assert (grid.cell_width, grid.cell_height) == pytest.approx((50 * 403 / 101, 50 * 101 / 25))
    assert grid.cell_mm2 == pytest.approx(0.04)
