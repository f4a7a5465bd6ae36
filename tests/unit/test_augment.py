from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from training.fitting.augment import augment_colour, augment_geometry, jitter_stains, right_angles
from training.fitting.config import AugmentConfig

SEED = tf.constant([3, 5])


@pytest.fixture
def images() -> tf.Tensor:
    rng = np.random.default_rng(0)
    return tf.constant(rng.integers(0, 256, (16, 20, 20, 3)).astype(np.float32))


def test_zero_strength_returns_the_input_exactly(images: tf.Tensor) -> None:
    off = AugmentConfig.off()
    assert augment_geometry(augment_colour(images, off, SEED), off, SEED) is images


def test_zero_stain_strength_keeps_the_colours(images: tf.Tensor) -> None:
    # Below one grey level the optical density is cut off, so black is left out.
    images = tf.maximum(images, 1.0)
    np.testing.assert_allclose(jitter_stains(images, 0.0, SEED), images, atol=1e-2)


def test_right_angles_give_dihedral_views_and_all_of_them(images: tf.Tensor) -> None:
    source = images[0].numpy()
    many = right_angles(tf.repeat(images[:1], 400, axis=0), SEED).numpy()
    views = [np.rot90(side, turns) for side in (source, source[:, ::-1]) for turns in range(4)]
    seen = [next(i for i, view in enumerate(views) if np.array_equal(view, one)) for one in many]
    assert np.bincount(seen, minlength=8).min() >= 25


def test_the_same_seed_repeats_and_another_differs(images: tf.Tensor) -> None:
    strength = AugmentConfig()

    def draw(seed: tuple[int, int]) -> np.ndarray:
        pair = tf.constant(seed)
        coloured = augment_colour(images, strength, pair)
        return np.asarray(augment_geometry(coloured, strength, pair))

    np.testing.assert_array_equal(draw((1, 2)), draw((1, 2)))
    assert np.abs(draw((1, 2)) - draw((1, 3))).mean() > 1


@pytest.mark.parametrize(
    "strength",
    [
        AugmentConfig(0, 0, 0, 0.2, 0, 0),
        AugmentConfig(0, 0, 0, 0, 0.3, 0),
        AugmentConfig(0, 0, 0, 0, 0, 0.1),
        AugmentConfig(0, 20.0, 0, 0, 0, 0),
        AugmentConfig(0, 0, 0.2, 0, 0, 0),
    ],
    ids=["brightness", "contrast", "stain", "rotation", "zoom"],
)
def test_each_strength_changes_each_patch_differently(
    images: tf.Tensor, strength: AugmentConfig
) -> None:
    same = tf.repeat(images[:1], 16, axis=0)
    changed = np.asarray(augment_geometry(augment_colour(same, strength, SEED), strength, SEED))
    assert np.abs(changed - np.asarray(same)).mean(axis=(1, 2, 3)).min() > 0.01
    assert np.abs(changed - changed.mean(axis=0)).mean() > 1


def test_brightness_and_contrast_have_their_units() -> None:
    ramp = tf.constant(np.linspace(90, 160, 64, dtype=np.float32).reshape(1, 8, 8, 1))
    images = tf.tile(ramp, [500, 1, 1, 3])
    brighter = np.asarray(augment_colour(images, AugmentConfig(0, 0, 0, 0.1, 0, 0), SEED))
    shift = (brighter - np.asarray(images)).mean(axis=(1, 2, 3)) / 255
    assert (shift.min(), shift.max()) == pytest.approx((-0.1, 0.1), abs=0.005)
    steeper = np.asarray(augment_colour(images, AugmentConfig(0, 0, 0, 0, 0.3, 0), SEED))
    factor = steeper.std(axis=(1, 2, 3)) / np.asarray(images).std(axis=(1, 2, 3))
    assert (factor.min(), factor.max()) == pytest.approx((0.7, 1.3), abs=0.01)
    np.testing.assert_allclose(steeper.mean(axis=(1, 2, 3)), 125, atol=0.1)


def test_colour_stays_in_range(images: tf.Tensor) -> None:
    result = augment_colour(images, AugmentConfig(stain=0.3, contrast=0.5, brightness=0.3), SEED)
    assert 0 <= np.min(result) <= np.max(result) <= 255


def test_stain_jitter_scales_one_stain_in_optical_density() -> None:
    # Pure haematoxylin of density 1: whatever is drawn, the density stays a mix of three stains.
    haematoxylin = np.array([0.65, 0.70, 0.29], np.float32)
    image = tf.constant(255 * np.exp(-haematoxylin), shape=(1, 1, 1, 3))
    draws = np.concatenate([jitter_stains(image, 0.1, tf.constant([0, i])) for i in range(300)])
    density = -np.log(draws.reshape(-1, 3) / 255)
    mix = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
    stains = density @ np.linalg.inv(mix)
    # Factor 0.9..1.1 and shift -0.1..0.1 for haematoxylin; a shift alone for the absent two.
    assert stains[:, 0].min() >= 0.8 - 1e-4
    assert stains[:, 0].max() <= 1.2 + 1e-4
    assert np.abs(stains[:, 1:]).max() <= 0.1 + 1e-4
    assert np.abs(stains.mean(axis=0) - [1, 0, 0]).max() < 0.02


def test_rotation_keeps_the_centre_and_a_flat_image() -> None:
    flat = tf.fill((4, 32, 32, 3), 100.0)
    turned = augment_geometry(flat, AugmentConfig(0, 30.0, 0.2, 0, 0, 0), SEED)
    np.testing.assert_allclose(turned, flat, atol=1e-3)
    dot = np.zeros((8, 33, 33, 3), np.float32)
    dot[:, 16, 16] = 255
    turned = augment_geometry(tf.constant(dot), AugmentConfig(0, 30.0, 0.0, 0, 0, 0), SEED)
    np.testing.assert_allclose(np.asarray(turned)[:, 16, 16], 255, atol=1e-2)
