from __future__ import annotations

import numpy as np
import pytest

from hf_space.bundle.config import Interpolation
from hf_space.bundle.load import Bundle
from hf_space.imaging.preprocess import network_input, pad_to_patch, preprocess, reflect_margin

RNG = np.random.default_rng(7)
PATCHES = RNG.integers(0, 256, (3, 50, 50, 3), dtype=np.uint8)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_right_size_comes_out_unchanged(interpolation: Interpolation) -> None:
    batch = preprocess(PATCHES, input_size=50, interpolation=interpolation)
    assert batch.dtype == np.float32
    np.testing.assert_array_equal(batch, PATCHES.astype(np.float32))


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_one_colour_stays_one_colour(interpolation: Interpolation) -> None:
    plain = np.full((1, 50, 50, 3), (200, 17, 90), np.uint8)
    batch = preprocess(plain, input_size=128, interpolation=interpolation)
    assert batch.shape == (1, 128, 128, 3)
    np.testing.assert_allclose(batch, np.broadcast_to((200, 17, 90), batch.shape), atol=1e-3)


def test_bilinear_doubling_has_half_pixel_centres() -> None:
    row = np.array([0, 100], np.uint8)
    patch = np.broadcast_to(row[None, :, None], (2, 2, 3))[None]
    batch = preprocess(np.ascontiguousarray(patch), input_size=4)
    np.testing.assert_allclose(batch[0, 0, :, 0], [0, 25, 75, 100])


def test_bicubic_overshoot_stays_in_range() -> None:
    edge = np.zeros((1, 50, 50, 3), np.uint8)
    edge[:, :, 25:] = 255
    batch = preprocess(edge, input_size=128, interpolation="bicubic")
    assert batch.min() == 0.0
    assert batch.max() == 255.0


def test_grey_is_bt601_luminance_in_three_equal_channels() -> None:
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 120, 190]], np.uint8)
    patches = np.broadcast_to(colours[:, None, None], (4, 50, 50, 3)).copy()
    batch = preprocess(patches, input_size=50, color_mode="grayscale")
    expected = colours @ np.array([0.299, 0.587, 0.114])
    for channel in range(3):
        np.testing.assert_allclose(batch[:, 9, 9, channel], expected, atol=1e-2)


def test_patches_do_not_mix() -> None:
    whole = preprocess(PATCHES, input_size=128)
    alone = np.concatenate([preprocess(patch[None], input_size=128) for patch in PATCHES])
    np.testing.assert_array_equal(whole, alone)


@pytest.mark.parametrize(
    "patches",
    [
        np.zeros((50, 50, 3), np.uint8),
        np.zeros((1, 50, 50, 4), np.uint8),
        np.zeros((1, 50, 50, 3), np.float32),
    ],
    ids=["no batch axis", "alpha", "float"],
)
def test_other_arrays_are_refused(patches: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        preprocess(patches, input_size=128)


def test_the_margin_is_the_patch_s_reflection(bundle: Bundle) -> None:
    batch = preprocess(PATCHES, input_size=50)
    assert reflect_margin(batch, 0) is batch
    sides = (0, 0), (16, 16), (16, 16), (0, 0)
    np.testing.assert_array_equal(reflect_margin(batch, 16), np.pad(batch, sides, mode="reflect"))
    config = bundle.config.model_copy(update={"margin_pixels": 16})
    inputs = network_input(PATCHES, config)
    assert inputs.shape[1:] == (config.input_size + 32, config.input_size + 32, 3)
    np.testing.assert_array_equal(
        inputs[:, 16:-16, 16:-16], preprocess(PATCHES, input_size=config.input_size)
    )


def test_full_patch_is_returned_as_it_is() -> None:
    patch = PATCHES[0]
    assert pad_to_patch(patch, 50) is patch


@pytest.mark.parametrize(("height", "width"), [(50, 30), (30, 50), (41, 7), (1, 1), (2, 50)])
def test_padding_reflects_on_the_right_and_at_the_bottom(height: int, width: int) -> None:
    image = PATCHES[0][:height, :width]
    padded = pad_to_patch(image, 50)
    expected = np.pad(image, ((0, 50 - height), (0, 50 - width), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(padded, expected)


@pytest.mark.parametrize("shape", [(51, 50, 3), (50, 51, 3), (0, 50, 3), (50, 50), (50, 50, 4)])
def test_images_that_are_no_patch_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="patch|expected"):
        pad_to_patch(np.zeros(shape, np.uint8), 50)
