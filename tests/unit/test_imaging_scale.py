from __future__ import annotations

import numpy as np
import pytest

from hf_space.errors import RegionNotSupportedError, ScaleError
from hf_space.imaging.scale import fit_patch
from tests.bundle_factory import plain_image


def fit(image: np.ndarray, microns_per_pixel: float | None) -> np.ndarray:
    return fit_patch(image, microns_per_pixel=microns_per_pixel, spacing_um_px=4.0, patch_size=50)


@pytest.mark.parametrize("microns_per_pixel", [None, 4.0, 4.01])
def test_the_models_own_scale_changes_nothing(microns_per_pixel: float | None) -> None:
    image = plain_image(1, 2, 3)
    assert fit(image, microns_per_pixel) is image


@pytest.mark.parametrize(
    ("width", "height", "microns_per_pixel", "expected"),
    [(128, 128, 1.5625, (50, 50)), (800, 400, 0.25, (25, 50)), (25, 20, 8.0, (40, 50))],
)
def test_other_scales_become_four_microns_per_pixel(
    width: int, height: int, microns_per_pixel: float, expected: tuple[int, int]
) -> None:
    resized = fit(plain_image(10, 20, 30, width=width, height=height), microns_per_pixel)
    assert resized.shape == (*expected, 3)
    assert np.unique(resized.reshape(-1, 3), axis=0).tolist() == [[10, 20, 30]]


def test_shrinking_averages_areas() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[:, ::2] = 200
    assert np.unique(fit(image, 2.0)).tolist() == [100]


@pytest.mark.parametrize(
    ("microns_per_pixel", "remedy"), [(None, "its microns_per_pixel"), (4.0, "a smaller crop")]
)
def test_larger_images_are_refused_with_a_remedy(
    microns_per_pixel: float | None, remedy: str
) -> None:
    with pytest.raises(RegionNotSupportedError, match=remedy) as caught:
        fit(plain_image(0, 0, 0, width=128, height=51), microns_per_pixel)
    assert caught.value.details["width"] == 128
    assert caught.value.details["height"] == 51


def test_nothing_left_at_the_models_scale_is_refused() -> None:
    with pytest.raises(ScaleError):
        fit(plain_image(0, 0, 0), 0.001)
