"""Positions of a map's evidence, measured on slides whose colours determine everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from tests.bundle_factory import CALIBRATION, GRID, plain_image, write_bundle
from tests.keras_bundle import write_keras_bundle
from tests.synthetic import write_patch
from training.cli import app
from training.data.source import open_source
from training.errors import ConfigurationError, SourceError
from training.evaluation.borders import border_figures, distance_to_other
from training.evaluation.deletion import curve_areas
from training.evaluation.explain import explain, mixed_windows, peak_figures, quadrant_figures
from training.evaluation.slide import read_complete_slides

SIDE = 6
RED, GREEN = (200, 100, 100), (100, 200, 100)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A slide whose left half is red and has IDC, without its last tile, and a lone patch."""
    root = tmp_path_factory.mktemp("slides")
    for row, column in np.ndindex(SIDE, SIDE):
        label = int(column < SIDE // 2)
        if (row, column) != (SIDE - 1, SIDE - 1):
            image = plain_image(*(RED if label else GREEN))
            write_patch(root, "8863", 1 + 50 * column, 51 + 50 * row, label, image)
    write_patch(root, "8864", 0, 0, 1, plain_image(*RED))
    return root


@pytest.fixture(scope="module")
def found(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    bundle = write_keras_bundle(tmp_path_factory.mktemp("explain") / "bundle")
    return explain(bundle, str(tree), progress=False)


def test_only_complete_slides_are_put_together(tree: Path) -> None:
    with open_source(tree) as source:
        (slide,) = read_complete_slides(source, source.records)
    assert slide.case_id == "8863"
    assert slide.image.shape == (50 * SIDE, 50 * SIDE, 3)
    assert slide.labels[0].tolist() == [1, 1, 1, 0, 0, 0]
    assert slide.labels[-1, -1] == -1
    assert (slide.image[-50:, -50:] == 255).all()
    crop = slide.crops(np.array([[0.5, 2.5]]))[0]
    np.testing.assert_array_equal(crop[0, [0, 24, 25, 49]], [RED, RED, GREEN, GREEN])


def test_the_margin_of_a_piece_is_the_tissue_beside_it(tree: Path) -> None:
    with open_source(tree) as source:
        (slide,) = read_complete_slides(source, source.records)
    (framed,) = slide.crops(np.array([[0.5, 2.5]]), margin=10)
    assert (framed == slide.image[15:85, 115:185]).all()
    (corner,) = slide.crops(np.array([[0.0, 0.0]]), margin=10)
    assert (corner[10:, 10:] == slide.image[:60, :60]).all()
    assert (corner[:10] == corner[20:10:-1]).all()


def test_a_map_that_follows_the_colour_is_right_in_every_pair(found: dict[str, Any]) -> None:
    # Each window between the halves has two quadrants of either class.
    expected = {"windows": SIDE - 1, "pairs": 4 * (SIDE - 1), "right": 1.0}
    assert found["slides"]["8863"]["quadrants"] == expected


def test_a_flat_tile_s_map_is_flat(found: dict[str, Any]) -> None:
    peaks = found["slides"]["8863"]["peaks"]
    assert peaks["tiles"] == SIDE * SIDE // 2
    assert (peaks["corner_chance"], peaks["edge_chance"]) == (4 / GRID**2, 12 / GRID**2)
    assert peaks["largest_offset"] == pytest.approx(0, abs=1e-5)


def test_curves_compare_the_map_with_what_knows_nothing(found: dict[str, Any]) -> None:
    curves = found["slides"]["8863"]["curves"]
    assert set(curves) == {"map", "random_head", "random"}
    # Blurring a flat tile changes nothing.
    expected = 1 / (1 + np.exp(-CALIBRATION.logit(np.array(200 / 16 - 100 / 16 + 0.5))))
    for areas in curves.values():
        assert areas == pytest.approx(dict.fromkeys(("deletion", "insertion"), expected), abs=1e-4)


def test_errors_are_counted_by_distance_to_the_labels_border(found: dict[str, Any]) -> None:
    borders = found["slides"]["8863"]["borders"]
    # Three columns of either class, of which one tile is missing.
    assert [row["tiles"] for row in borders] == [2 * SIDE, 2 * SIDE, 2 * SIDE - 1, 0]
    assert [row["error_rate"] for row in borders] == [0.0, 0.0, 0.0, None]


def test_distance_is_to_the_nearest_tile_of_the_other_class() -> None:
    labels = np.array([[0, 0, 0, -1, 1], [0, 0, 0, 0, 0]])
    np.testing.assert_array_equal(distance_to_other(labels)[1], [4, 3, 2, 1, 1])
    assert distance_to_other(labels)[0, 4] == 1
    wrong = np.array([[1, 0, 0, 0, 0], [0, 0, 0, 1, 0]], bool)
    assert border_figures(labels, wrong) == [
        {"distance": 1, "tiles": 3, "error_rate": pytest.approx(1 / 3)},
        {"distance": 2, "tiles": 2, "error_rate": 0.0},
        {"distance": 3, "tiles": 2, "error_rate": 0.0},
        {"distance": 4, "tiles": 2, "error_rate": 0.5},
    ]
    assert border_figures(np.zeros((2, 2), np.int64), np.ones((2, 2), bool))[3]["tiles"] == 4


def test_windows_between_the_classes_are_found() -> None:
    labels = np.array([[0, 0, -1], [0, 1, 1], [1, 1, 1]])
    places, quadrants = mixed_windows(labels)
    np.testing.assert_array_equal(places, [[0.5, 0.5], [1.5, 0.5]])
    np.testing.assert_array_equal(quadrants, [[[0, 0], [0, 1]], [[0, 1], [1, 1]]])


def test_pairs_are_judged_within_their_window() -> None:
    maps = np.zeros((3, 4, 4))
    maps[0, :2, :2] = 1  # the one with IDC, above three without
    maps[1, :2, 2:] = 5  # one without IDC is highest, the one with it second
    maps[1, 2:, 2:] = 2
    labels = np.array([[[1, 0], [0, 0]], [[0, 0], [0, 1]], [[1, 1], [0, 0]]])
    found = quadrant_figures(maps, labels)
    assert (found["windows"], found["pairs"]) == (3, 3 + 3 + 4)
    # Three right, two of three right, and four ties.
    assert found["right"] == pytest.approx((3 + 2 + 4 / 2) / 10)
    assert quadrant_figures(np.empty((0, 2, 2)), np.empty((0, 2, 2), np.int64))["right"] is None


def test_peaks_are_counted_by_position() -> None:
    maps = np.zeros((4, 8, 8))
    for tile, place in enumerate([(0, 0), (0, 3), (4, 4), (7, 7)]):
        maps[(tile, *place)] = 6.4
    found = peak_figures(maps)
    assert (found["tiles"], found["corner"], found["edge"]) == (4, 0.5, 0.75)
    assert (found["corner_chance"], found["edge_chance"]) == (4 / 64, 28 / 64)
    # One tile in four has 6.4 at a place, and the mean of all is a tenth.
    assert found["positions"][0][0] == found["largest_offset"] == pytest.approx(1.5)
    assert found["positions"][1][1] == pytest.approx(-0.1)
    assert peak_figures(np.empty((0, 8, 8)))["corner"] is None


def _share_of_red(tiles: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the share of pixels that are just as red, as a stand-in for a probability."""
    shares: NDArray[np.float64] = (tiles == RED).all(axis=3).mean(axis=(1, 2))
    return shares


def test_a_right_order_deletes_fast_and_inserts_fast() -> None:
    tile = np.full((1, 48, 48, 3), GREEN, np.uint8)
    tile[:, :24, :12] = RED
    right = np.zeros((1, 8, 8))
    right[:, :4, :2] = 1
    good, bad = (curve_areas(_share_of_red, tile, evidence) for evidence in (right, -right))
    assert good["deletion"] < bad["deletion"]
    assert good["insertion"] > bad["insertion"]
    # All red is gone after the first of eight steps, or only in the last.
    assert good["deletion"] == pytest.approx(1 / 8 / 2 / 8)
    assert bad["deletion"] == pytest.approx((7 / 8 + 1 / 8 / 2) / 8)


def test_a_source_without_a_complete_slide_is_refused(tmp_path: Path) -> None:
    write_patch(tmp_path / "slides", "8864", 0, 0, 1, plain_image(*RED))
    bundle = write_keras_bundle(tmp_path / "bundle")
    with pytest.raises(SourceError, match="holds no complete slide"):
        explain(bundle, str(tmp_path / "slides"), progress=False)


def test_a_bundle_without_keras_s_network_is_refused(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no Keras network"):
        explain(write_bundle(tmp_path / "bundle"), str(tree), progress=False)


def test_the_command_writes_and_shows_the_figures(tree: Path, tmp_path: Path) -> None:
    bundle, report = write_keras_bundle(tmp_path / "bundle"), tmp_path / "explain.json"
    command = ["explain", str(bundle), str(tree), "--json", str(report)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "8863: higher quadrant right 1.000" in result.output
    assert json.loads(report.read_text())["slides"].keys() == {"8863"}
