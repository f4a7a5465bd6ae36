from __future__ import annotations

import cv2
import numpy as np
import pytest

from hf_space.bundle.config import StatisticRange
from hf_space.imaging.quality import quality_statistics, quality_warnings
from tests.bundle_factory import plain_image

# Optical densities of haematoxylin and eosin (Ruifrok & Johnston 2001).
HAEMATOXYLIN = np.array([0.65, 0.70, 0.29])
EOSIN = np.array([0.07, 0.99, 0.11])
RANGES = {
    "brightness": StatisticRange(low=50.0, high=240.0),
    "saturation": StatisticRange(low=0.1, high=0.6),
    "sharpness": StatisticRange(low=10.0, high=1000.0),
    "stain_residual": StatisticRange(low=0.0, high=0.2),
}
USUAL = {"brightness": 150.0, "saturation": 0.3, "sharpness": 100.0, "stain_residual": 0.05}


def stained(haematoxylin: float, eosin: float) -> np.ndarray:
    """A plain patch with these amounts of stain (Beer-Lambert)."""
    colour = 256.0 * 10.0 ** -(haematoxylin * HAEMATOXYLIN + eosin * EOSIN) - 1.0
    return plain_image(*np.rint(colour).astype(int))


def test_brightness_is_bt601_luminance() -> None:
    statistics = quality_statistics(plain_image(200, 120, 190))
    assert statistics["brightness"] == pytest.approx(
        0.299 * 200 + 0.587 * 120 + 0.114 * 190, abs=0.01
    )


def test_saturation_is_that_of_hsv() -> None:
    assert quality_statistics(plain_image(200, 50, 100))["saturation"] == pytest.approx(
        0.75, abs=1e-3
    )
    assert quality_statistics(plain_image(90, 90, 90))["saturation"] == 0.0


def test_blur_lowers_sharpness() -> None:
    sharp = np.random.default_rng(1).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 2.0), np.uint8)
    before, after = (quality_statistics(image)["sharpness"] for image in (sharp, blurred))
    assert after < before / 50
    assert quality_statistics(plain_image(1, 2, 3))["sharpness"] == 0.0


@pytest.mark.parametrize(
    ("haematoxylin", "eosin"),
    [(0.5, 0.0), (0.0, 0.5), (0.4, 0.3)],
)
def test_mixes_of_both_stains_leave_no_residual(haematoxylin: float, eosin: float) -> None:
    assert quality_statistics(stained(haematoxylin, eosin))["stain_residual"] < 0.005


@pytest.mark.parametrize("colour", [(0, 255, 0), (255, 255, 0), (255, 60, 0)])
def test_colours_no_mix_can_make_leave_a_residual(colour: tuple[int, int, int]) -> None:
    assert quality_statistics(plain_image(*colour))["stain_residual"] > 0.25


def test_glass_has_no_stain_to_judge() -> None:
    assert quality_statistics(plain_image(255, 255, 255))["stain_residual"] == 0.0


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"brightness": 250.0, "sharpness": 0.0, "saturation": 0.0}, ["blank"]),
        ({"brightness": 10.0}, ["blank"]),
        ({"sharpness": 1.0}, ["blurred"]),
        ({"sharpness": 5000.0}, []),
        ({"stain_residual": 0.5}, ["not_h_and_e"]),
        ({"saturation": 0.0, "sharpness": 1.0}, ["blurred", "not_h_and_e"]),
    ],
)
def test_warnings_name_what_is_unusual(changes: dict[str, float], codes: list[str]) -> None:
    assert quality_warnings(USUAL | changes, RANGES) == codes


def test_statistics_without_a_range_are_not_judged() -> None:
    assert quality_warnings(USUAL | {"brightness": 255.0}, {}) == []
