from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from hf_space.explain.overlay import draw_overlay, overlay_data_url
from hf_space.imaging.decode import decode_image
from tests.bundle_factory import plain_image

TISSUE = plain_image(200, 120, 190)


def draw(activation: np.ndarray, image: np.ndarray = TISSUE) -> np.ndarray:
    return draw_overlay(image, activation, patch_size=50, scale=4)


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
    assert picture.shape == (200, 80, 3)
    np.testing.assert_array_equal(picture[:, :60], np.broadcast_to(TISSUE[0, 0], (200, 60, 3)))


def test_data_url_holds_the_picture() -> None:
    picture = np.random.default_rng(5).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    url = overlay_data_url(picture)
    prefix, _, payload = url.partition(",")
    assert prefix == "data:image/png;base64"
    np.testing.assert_array_equal(decode_image(base64.b64decode(payload)), picture)


@pytest.mark.parametrize("value", [3.0, 6.0])
def test_colours_are_inferno_in_rgb_order(value: float) -> None:
    index = np.full((1, 1), round(value / 6 * 255), np.uint8)
    blue, green, red = cv2.applyColorMap(index, cv2.COLORMAP_INFERNO)[0, 0].astype(float)
    opacity = 0.65 * value / 6
    expected = (1 - opacity) * TISSUE[0, 0] + opacity * np.array([red, green, blue])
    np.testing.assert_allclose(draw(np.full((4, 4), value))[100, 100], expected, atol=1)
