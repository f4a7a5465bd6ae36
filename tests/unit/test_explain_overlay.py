from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from hf_space.explain.legend import legend_height
from hf_space.explain.overlay import MAX_SIDE, draw_evidence, draw_tiles
from hf_space.imaging.readers import decode_image
from hf_space.prediction.response import evidence_url
from tests.bundle_factory import plain_image

TISSUE = plain_image(200, 120, 190)


def draw(activation: np.ndarray, image: np.ndarray = TISSUE) -> np.ndarray:
    """Return the drawing without its legend, in RGB."""
    return without_legend(draw_evidence(image, activation, covered=(50, 50)))[:, :, ::-1]


def without_legend(picture: np.ndarray) -> np.ndarray:
    return picture[: -legend_height(picture.shape[1])]


def test_pure_negative_does_not_glow() -> None:
    picture = draw(np.full((4, 4), -8.0))
    assert picture.shape == (200, 200, 3)
    assert np.unique(picture.reshape(-1, 3), axis=0).tolist() == [[200, 120, 190]]


def test_colour_and_opacity_follow_fixed_units() -> None:
    changes = [
        np.abs(draw(np.full((4, 4), value)).astype(int) - TISSUE[0, 0]).sum(axis=2).mean()
        for value in (0.0, 0.5, 2.0, 4.0, 6.0)
    ]
    assert changes[0] == 0.0
    assert changes == sorted(changes)
    assert changes[-1] > 60


def test_units_saturate() -> None:
    np.testing.assert_array_equal(draw(np.full((4, 4), 6.0)), draw(np.full((4, 4), 600.0)))


def test_scale_does_not_depend_on_the_rest_of_the_image() -> None:
    alone = np.full((4, 4), -8.0)
    alone[:, 0] = 2.0
    beside = alone.copy()
    beside[:, 3] = 30.0
    np.testing.assert_array_equal(draw(alone)[:, :20], draw(beside)[:, :20])


def test_glow_lies_where_the_evidence_lies() -> None:
    activation = np.full((4, 4), -4.0)
    activation[3, 0] = 6.0
    changed = np.abs(draw(activation).astype(int) - TISSUE[0, 0]).sum(axis=2)
    assert changed[175, 25] > 60
    assert changed[:100, 100:].max() == 0


def test_smooth_between_cells() -> None:
    activation = np.zeros((4, 4))
    activation[:, 2:] = 6.0
    steps = np.abs(np.diff(draw(activation).astype(int), axis=1)).max()
    assert steps < 20


def test_edge_image_shows_its_own_part_of_the_map() -> None:
    activation = np.full((2, 2), -6.0)
    activation[:, 1] = 6.0
    image = plain_image(200, 120, 190, width=20, height=50)
    picture = draw(activation, image)
    # 80 px of the image; the legend is wider, so there is white beside the image.
    assert picture.shape == (200, 200, 3)
    np.testing.assert_array_equal(picture[:, :60], np.broadcast_to(TISSUE[0, 0], (200, 60, 3)))
    assert picture[:, 80:].min() == 255


def test_a_response_carries_the_drawing_as_jpeg() -> None:
    evidence = np.zeros((4, 4))
    drawn = draw_evidence(TISSUE, evidence, covered=(50, 50))
    prefix, _, payload = evidence_url(TISSUE, evidence, (50, 50)).partition(",")
    assert prefix == "data:image/jpeg;base64"
    decoded = decode_image(base64.b64decode(payload))
    assert decoded.shape == drawn.shape
    assert np.abs(decoded.astype(int) - drawn[:, :, ::-1]).mean() < 3


def test_legend_runs_through_the_colours_over_white() -> None:
    legend = draw_evidence(TISSUE, np.zeros((4, 4)), covered=(50, 50))[200:, :, ::-1]
    bar = legend[20]
    assert bar[11].min() > 240  # no evidence is transparent
    most = draw(np.full((4, 4), 6.0), plain_image(255, 255, 255))[100, 100]
    np.testing.assert_allclose(bar[188], most, atol=3)


def test_tiles_have_the_colour_of_their_probability() -> None:
    image = plain_image(200, 120, 190, width=150, height=50)
    probabilities = np.array([[0.0, np.nan, 1.0]])
    drawn = without_legend(draw_tiles(image, probabilities, covered=(50, 150), threshold=0.4))
    assert drawn.shape == (200, 600, 3)
    np.testing.assert_array_equal(drawn[100, 300], TISSUE[0, 0][::-1])
    darkest, brightest = (
        cv2.applyColorMap(np.full((1, 1), index, np.uint8), cv2.COLORMAP_INFERNO)[0, 0]
        for index in (1, 255)
    )
    for place, colour, opacity in ((100, darkest, 0.14), (500, brightest, 0.55)):
        expected = (1 - opacity) * TISSUE[0, 0][::-1] + opacity * colour.astype(float)
        np.testing.assert_allclose(drawn[100, place], expected, atol=2)


def test_a_legend_says_where_there_is_no_verdict() -> None:
    image = plain_image(200, 120, 190, width=100, height=50)
    tiles = np.array([[0.5, 1.0]])
    marked, plain = (draw_tiles(image, tiles, covered=(50, 100), threshold=t) for t in (0.4, None))
    evidence, unexplained = (
        draw_evidence(image, np.ones((4, 8)), covered=(50, 100), is_verdict=is_verdict)
        for is_verdict in (True, False)
    )
    for drawn, other in ((marked, plain), (evidence, unexplained)):
        np.testing.assert_array_equal(without_legend(drawn), without_legend(other))
        assert (drawn != other).any()


def test_tiles_beyond_the_region_are_cut_off() -> None:
    image = plain_image(200, 120, 190, width=75, height=50)
    drawn = draw_tiles(image, np.array([[0.5, 1.0]]), covered=(50, 100), threshold=0.4)
    assert without_legend(drawn).shape == (200, 300, 3)
    assert (drawn[100, 190] != drawn[100, 210]).any()


def test_a_large_region_is_drawn_smaller() -> None:
    image = plain_image(200, 120, 190, width=4000, height=3000)
    drawn = draw_evidence(image, np.zeros((240, 320)), covered=(3000, 4000))
    assert without_legend(drawn).shape == (1200, MAX_SIDE, 3)


@pytest.mark.parametrize("value", [3.0, 6.0])
def test_colours_are_inferno_in_rgb_order(value: float) -> None:
    index = np.full((1, 1), round(value / 6 * 255), np.uint8)
    blue, green, red = cv2.applyColorMap(index, cv2.COLORMAP_INFERNO)[0, 0].astype(float)
    opacity = 0.65 * value / 6
    expected = (1 - opacity) * TISSUE[0, 0] + opacity * np.array([red, green, blue])
    np.testing.assert_allclose(draw(np.full((4, 4), value))[100, 100], expected, atol=2)
