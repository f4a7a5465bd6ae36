from __future__ import annotations

import cv2
import numpy as np
import pytest

from hf_space.bundle.config import StainReference, StatisticRange
from hf_space.imaging.quality import (
    OPTICAL_DENSITY,
    quality_statistics,
    quality_warnings,
    stain_vector,
)
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
        ({"brightness": 250.0, "sharpness": 0.0}, ["blank"]),
        ({"brightness": 250.0, "saturation": 0.0}, ["blank", "not_h_and_e"]),
        ({"brightness": 10.0}, ["blank"]),
        ({"sharpness": 1.0}, ["blurred"]),
        ({"sharpness": 5000.0}, []),
        ({"stain_residual": 0.5}, ["not_h_and_e"]),
        ({"saturation": 0.0, "sharpness": 1.0}, ["blurred", "not_h_and_e"]),
    ],
)
def test_warnings_name_what_is_unusual(changes: dict[str, float], codes: list[str]) -> None:
    assert quality_warnings(USUAL | changes, RANGES, {}) == codes


def test_statistics_without_a_range_are_not_judged() -> None:
    assert quality_warnings(USUAL | {"brightness": 255.0}, {}, {}) == []


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"sharpness": 5.0}, ["blurred"]),
        ({"sharpness": 1.0}, ["too_blurred"]),
        # Stain is not checked in an image that is out of focus.
        ({"sharpness": 1.0, "stain_distance": 99.0}, ["too_blurred"]),
        ({"stain_residual": 0.25}, []),
        ({"stain_residual": 0.5}, ["not_h_and_e"]),
        ({"saturation": 0.05}, []),
        ({"saturation": 0.0}, ["not_h_and_e"]),
        ({"stain_distance": 99.0}, ["unlike_training"]),
        ({"brightness": 250.0, "sharpness": 1.0}, ["blank"]),
        ({"brightness": 250.0, "stain_distance": 99.0}, ["blank", "unlike_training"]),
        ({"brightness": 10.0, "stain_distance": 99.0}, ["blank", "unlike_training"]),
    ],
)
def test_far_beyond_the_usual_there_is_no_verdict(
    changes: dict[str, float], codes: list[str]
) -> None:
    assessable = {
        "sharpness": StatisticRange(low=2.0),
        "saturation": StatisticRange(low=0.02),
        "stain_residual": StatisticRange(high=0.4),
        "stain_distance": StatisticRange(high=6.0),
    }
    assert quality_warnings(USUAL | {"stain_distance": 1.0} | changes, RANGES, assessable) == codes


def structured(gain: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> np.ndarray:
    """Two stains in two textures, under a light of this strength and colour."""
    rng = np.random.default_rng(2)
    amounts = (cv2.GaussianBlur(rng.random((50, 50)), (0, 0), 2.0) for _ in range(2))
    haematoxylin, eosin = (4.0 * (amount - amount.min()) for amount in amounts)
    density = np.multiply.outer(haematoxylin, HAEMATOXYLIN) + np.multiply.outer(eosin, EOSIN)
    return np.asarray(240.0 * 10.0**-density * gain, np.uint8)


def densities(image: np.ndarray) -> np.ndarray:
    return np.asarray(OPTICAL_DENSITY[image.reshape(-1, 3)])


def test_light_moves_the_mean_of_the_stain_and_not_its_spread() -> None:
    daylight, warm = (
        stain_vector(densities(structured(gain))) for gain in ((1.0, 1.0, 1.0), (1.0, 0.9, 0.8))
    )
    np.testing.assert_allclose(warm[3:], daylight[3:], atol=0.01)
    np.testing.assert_allclose(warm[:3] - daylight[:3], -np.log10([1.0, 0.9, 0.8]), atol=0.01)


def test_the_stain_vector_holds_means_and_covariance() -> None:
    image = structured()
    covariance = np.cov(densities(image).T.astype(np.float64), bias=True)
    share = covariance / np.trace(covariance)
    expected = [
        *densities(image).mean(axis=0),
        *(share[0, 0], share[1, 1], share[0, 1], share[0, 2], share[1, 2]),
        np.log10(np.trace(covariance)),
    ]
    np.testing.assert_allclose(stain_vector(densities(image)), expected, atol=1e-5)


def test_the_stain_distance_counts_standard_deviations() -> None:
    image = structured()
    vector = stain_vector(densities(image))
    deviation = np.full(9, 0.5)
    precision = np.diag(1.0 / deviation**2)

    def distance(mean: np.ndarray) -> float:
        reference = StainReference(
            mean=tuple(mean), precision=tuple(tuple(row) for row in precision)
        )
        return quality_statistics(image, reference)["stain_distance"]

    assert distance(vector) == pytest.approx(0.0, abs=1e-6)
    assert distance(vector + [1.5, 0, 0, 0, 0, 0, 0, 0, 2.0]) == pytest.approx(5.0)
    assert "stain_distance" not in quality_statistics(image)
