from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from training.data.arrays import Patches
from training.errors import ConfigurationError
from training.fitting.augment import augment_geometry, augment_patches, change_light, right_angles
from training.fitting.config import AugmentConfig, parse_augment
from training.fitting.degrade import blur, compress, resample, sharpen
from training.fitting.stain import StainTable, jitter_stains, measure_stains, transfer_stains

OFF = AugmentConfig.off()
STAINS = StainTable(
    case_of=np.zeros(16, np.int64),
    means=np.array([[70.0, 20, -10], [50.0, 30, -30]], np.float32),
    deviations=np.ones((2, 3), np.float32),
    donors=np.arange(2),
)


def _rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def images() -> np.ndarray:
    return _rng(0).integers(0, 256, (16, 20, 20, 3), np.uint8)


def _augment(images: np.ndarray, strength: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    sources = np.zeros(len(images), np.int64)
    patches = augment_patches(images, strength, rng, stains=STAINS, sources=sources)
    return augment_geometry(patches.astype(np.float32), strength, rng)


def test_zero_strength_returns_the_input_exactly(images: np.ndarray) -> None:
    np.testing.assert_array_equal(_augment(images, OFF, _rng(1)), images)


def test_right_angles_give_dihedral_views_and_all_of_them(images: np.ndarray) -> None:
    many = right_angles(np.repeat(images[:1], 400, axis=0), _rng(1))
    views = [
        np.rot90(side, turns) for side in (images[0], images[0][:, ::-1]) for turns in range(4)
    ]
    seen = [next(i for i, view in enumerate(views) if np.array_equal(view, one)) for one in many]
    assert np.bincount(seen, minlength=8).min() >= 25


def test_the_same_seed_repeats_and_another_differs(images: np.ndarray) -> None:
    first, again, other = (
        _augment(images, AugmentConfig(), _rng(*seed)) for seed in ((1, 2), (1, 2), (1, 3))
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 1


@pytest.mark.parametrize("name", [*AugmentConfig.__dataclass_fields__])
def test_each_strength_changes_patches_differently(images: np.ndarray, name: str) -> None:
    same = np.repeat(images[:1], 16, axis=0)
    strength = 1 if name == "right_angles" else getattr(AugmentConfig(), name)
    changed = _augment(same, replace(OFF, **{name: strength}), _rng(5))
    assert len(np.unique(changed.reshape(16, -1).round(3), axis=0)) >= 3


def test_brightness_and_contrast_have_their_units() -> None:
    ramp = np.linspace(90, 160, 64, dtype=np.float32).reshape(1, 8, 8, 1)
    images = np.tile(ramp, [500, 1, 1, 3])
    brighter = change_light(images, replace(OFF, brightness=0.2), _rng(1))
    factor = brighter.mean(axis=(1, 2, 3)) / 125
    assert (factor.min(), factor.max()) == pytest.approx((0.8, 1.2), abs=0.01)
    steeper = change_light(images, replace(OFF, contrast=0.3), _rng(1))
    factor = steeper.std(axis=(1, 2, 3)) / images.std(axis=(1, 2, 3))
    assert (factor.min(), factor.max()) == pytest.approx((0.7, 1.3), abs=0.01)
    np.testing.assert_allclose(steeper.mean(axis=(1, 2, 3)), 125, atol=0.1)


def test_warm_light_strengthens_red_as_much_as_it_weakens_blue() -> None:
    grey = np.full((500, 2, 2, 3), 100, np.float32)
    logarithms = np.log(change_light(grey, replace(OFF, warmth=0.1), _rng(1))[:, 0, 0] / 100)
    np.testing.assert_allclose(logarithms[:, 0], -logarithms[:, 2], atol=1e-5)
    assert (logarithms[:, 0].min(), logarithms[:, 0].max()) == pytest.approx((-0.1, 0.1), abs=0.005)
    assert np.abs(logarithms[:, 1]).max() < 0.04


def test_zero_stain_strength_keeps_the_colours(images: np.ndarray) -> None:
    # Optical density is clipped below one grey level, so black is left out.
    floats = np.maximum(images, 1).astype(np.float32)
    np.testing.assert_allclose(jitter_stains(floats, 0.0, _rng(1)), floats, atol=1e-2)


def test_stain_jitter_scales_one_stain_in_optical_density() -> None:
    # Pure haematoxylin of density 1: the density is always a mix of three stains.
    haematoxylin = np.array([0.65, 0.70, 0.29], np.float32)
    image = 255 * np.exp(-haematoxylin).reshape(1, 1, 1, 3)
    draws = np.concatenate([jitter_stains(image, 0.1, _rng(0, i)) for i in range(300)])
    density = -np.log(draws.reshape(-1, 3) / 255)
    mix = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
    stains = density @ np.linalg.inv(mix)
    # Factor 0.9..1.1 and shift -0.1..0.1 for haematoxylin; a shift alone for the absent two.
    assert stains[:, 0].min() >= 0.8 - 1e-4
    assert stains[:, 0].max() <= 1.2 + 1e-4
    assert np.abs(stains[:, 1:]).max() <= 0.1 + 1e-4
    assert np.abs(stains.mean(axis=0) - [1, 0, 0]).max() < 0.02


def _two_cases() -> Patches:
    """Five pink patches of case a, five purple ones of case b, each with some texture."""
    colours = np.repeat([(220, 150, 180), (120, 80, 160)], 5, axis=0)[:, None, None]
    images = (colours + _rng(2).normal(0, 8, (10, 20, 20, 1))).clip(0, 255).astype(np.uint8)
    zeros = np.zeros(10, np.int64)
    cases = np.repeat(["a", "b"], 5)
    return Patches(images, zeros, cases, zeros, zeros, np.repeat(["train"], 10))


def test_stain_transfer_moves_a_case_towards_another() -> None:
    patches = _two_cases()
    table = measure_stains(patches, np.arange(10))
    only_b = replace(table, donors=np.array([1]))
    pink = np.repeat(patches.images[:1].astype(np.float32), 400, axis=0)
    moved = transfer_stains(pink, np.zeros(400, np.int64), only_b, _rng(3)).mean(axis=(1, 2))
    # From the case's own colour to the other's, evenly, and never beyond either.
    assert (moved[:, 0].min(), moved[:, 0].max()) == pytest.approx((120, 220), abs=5)
    assert moved[:, 0].mean() == pytest.approx(170, abs=6)


def test_only_cases_to_learn_from_lend_their_stain() -> None:
    table = measure_stains(_two_cases(), np.arange(5))
    assert table.donors.tolist() == [0]


def test_blur_has_the_sigma_of_its_draw() -> None:
    dot = np.zeros((41, 41, 3), np.float32)
    dot[20, 20] = 1
    offsets = np.arange(41) - 20.0
    sigmas = [
        np.sqrt((blur(dot, 2.0, _rng(seed))[..., 0].sum(axis=0) * offsets**2).sum())
        for seed in range(200)
    ]
    assert max(sigmas) == pytest.approx(2.0, abs=0.05)
    # A kernel this narrow is almost only its centre.
    assert min(sigmas) < 0.3


def test_sharpening_steepens_an_edge_and_keeps_flat_tissue() -> None:
    edge = np.full((21, 21, 3), 100, np.float32)
    edge[:, 11:] = 150
    sharper = [sharpen(edge, 1.0, _rng(seed)) for seed in range(50)]
    np.testing.assert_allclose([image[:, :5] for image in sharper], 100, atol=0.5)
    overshoot = [image.max() - 150 for image in sharper]
    assert 0 <= min(overshoot) < 2
    assert 10 < max(overshoot) < 20


def test_resampling_loses_detail_and_keeps_the_mean() -> None:
    noise = _rng(4).uniform(80, 160, (40, 40, 3)).astype(np.float32)
    coarser = [resample(noise, 0.5, _rng(seed)) for seed in range(50)]
    assert {image.shape for image in coarser} == {noise.shape}
    np.testing.assert_allclose([image.mean() for image in coarser], noise.mean(), atol=4)
    assert min(image.std() for image in coarser) < noise.std() / 1.7


def test_jpeg_keeps_the_channels_and_the_mean_error_of_its_qualities() -> None:
    smooth = np.linspace(60, 200, 50 * 50 * 3).reshape(50, 50, 3)
    texture = _rng(6).normal(0, 12, (50, 50, 1)) + [20, 0, -20]
    patch = np.clip(smooth + texture, 0, 255).astype(np.uint8)
    found = [np.abs(compress(patch, _rng(seed)) - patch.astype(float)) for seed in range(60)]
    errors = [error.mean() for error in found]

    def error_at(quality: int) -> float:
        _, file = cv2.imencode(".jpg", patch[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, quality))
        read = cv2.imdecode(file, cv2.IMREAD_COLOR_RGB)
        return float(np.abs(read - patch.astype(float)).mean())

    assert error_at(96) * 0.5 < min(errors) < error_at(80)
    assert error_at(60) < max(errors) < error_at(35)


def test_rotation_keeps_the_centre_and_a_flat_image() -> None:
    flat = np.full((4, 32, 32, 3), 100.0, np.float32)
    turned = augment_geometry(flat, replace(OFF, rotation_degrees=30.0, zoom=0.2), _rng(1))
    np.testing.assert_allclose(turned, flat, atol=1e-3)
    dot = np.zeros((8, 33, 33, 3), np.float32)
    dot[:, 16, 16] = 255
    turned = augment_geometry(dot, replace(OFF, rotation_degrees=30.0), _rng(1))
    np.testing.assert_allclose(turned[:, 16, 16], 255, atol=1e-2)


def test_strengths_are_read_by_name() -> None:
    assert parse_augment(["jpeg=0.3", "blur=0"]) == replace(AugmentConfig(), jpeg=0.3, blur=0.0)


@pytest.mark.parametrize("option", ["jpeg", "jpg=0.3", "jpeg=much", "jpeg=-1", "jpeg=nan"])
def test_an_unreadable_strength_is_refused_with_the_names(option: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot read the augmentation .*stain_transfer="):
        parse_augment([option])
