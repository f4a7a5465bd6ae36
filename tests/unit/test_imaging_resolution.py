from __future__ import annotations

import numpy as np
import pytest

from hf_space.errors import ScaleError, TooManyPixelsError
from hf_space.imaging.resolution import resample
from tests.bundle_factory import plain_image


def scaled(image: np.ndarray, microns_per_pixel: float) -> np.ndarray:
    scale = (microns_per_pixel, microns_per_pixel)
    return resample(image, scale, 4.0, max_pixels=1_000_000)


@pytest.mark.parametrize("microns_per_pixel", [4.0, 4.01])
def test_the_models_own_scale_changes_nothing(microns_per_pixel: float) -> None:
    image = plain_image(1, 2, 3)
    assert scaled(image, microns_per_pixel) is image


@pytest.mark.parametrize(
    ("width", "height", "microns_per_pixel", "expected"),
    [
        (128, 128, 1.5625, (50, 50)),
        (800, 400, 0.25, (25, 50)),
        (25, 20, 8.0, (40, 50)),
        (2000, 1500, 0.5, (188, 250)),
    ],
)
def test_other_scales_become_four_microns_per_pixel(
    width: int, height: int, microns_per_pixel: float, expected: tuple[int, int]
) -> None:
    resized = scaled(plain_image(10, 20, 30, width=width, height=height), microns_per_pixel)
    assert resized.shape == (*expected, 3)
    assert np.unique(resized.reshape(-1, 3), axis=0).tolist() == [[10, 20, 30]]


def test_shrinking_averages_areas() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[:, ::2] = 200
    assert np.unique(scaled(image, 2.0)).tolist() == [100]


def test_a_field_far_smaller_than_a_patch_is_a_pixel() -> None:
    pixel = scaled(plain_image(10, 20, 30), 0.001)
    assert pixel.tolist() == [[[10, 20, 30]]]


def test_too_coarse_an_image_is_refused() -> None:
    assert scaled(plain_image(0, 0, 0, width=2, height=2), 32.0).shape == (16, 16, 3)
    with pytest.raises(ScaleError, match="32 are accepted"):
        scaled(plain_image(0, 0, 0, width=2, height=2), 33.0)


def test_growth_beyond_the_limit_is_refused() -> None:
    image = plain_image(0, 0, 0, width=250, height=250)
    assert scaled(image, 16.0).shape == (1000, 1000, 3)
    with pytest.raises(TooManyPixelsError, match="microns_per_pixel") as caught:
        scaled(image, 16.1)
    assert caught.value.details["max_pixels"] == 1_000_000
