from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from hf_space.bundle.config import InferenceConfig
from hf_space.bundle.load import Bundle
from hf_space.imaging.margin import mirrored, strip_inputs, strip_windows
from hf_space.imaging.preprocess import margin_rows, network_input, preprocess
from hf_space.imaging.tiling import cut_tiles, single_tile
from hf_space.inference.batching import Batcher
from hf_space.inference.engine import EngineName, Outputs
from hf_space.observability.metrics import Metrics
from hf_space.prediction.scoring import score_tiles
from tests.bundle_factory import CALIBRATION

RNG = np.random.default_rng(3)
STAINED = (200, 120, 190)


@pytest.fixture
def config(bundle: Bundle) -> InferenceConfig:
    """As the second model has it: 50 px enlarged to 128, and 32 around them."""
    return bundle.config.model_copy(update={"input_size": 128, "margin_pixels": 32})


def noise(height: int, width: int) -> np.ndarray:
    return RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("patch", "size", "margin", "interpolation", "expected"),
    [
        (50, 128, 0, "bilinear", 0),
        (50, 128, 32, "bilinear", 25),
        (50, 128, 32, "bicubic", 25),
        (50, 100, 32, "bilinear", 17),
        (50, 100, 32, "bicubic", 18),
        (50, 50, 16, "bilinear", 16),
        (50, 128, 64, "bilinear", 50),
        (50, 127, 32, "bilinear", 50),
    ],
)
def test_the_margin_holds_what_is_shown_and_interpolated(
    config: InferenceConfig, patch: int, size: int, margin: int, interpolation: str, expected: int
) -> None:
    changes = {
        "patch_size_pixels": patch,
        "input_size": size,
        "margin_pixels": margin,
        "interpolation": interpolation,
    }
    assert margin_rows(config.model_copy(update=changes)) == expected


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("color_mode", ["rgb", "grayscale"])
def test_inputs_are_cut_out_of_the_enlarged_row(
    config: InferenceConfig, interpolation: str, color_mode: str
) -> None:
    config = config.model_copy(update={"interpolation": interpolation, "color_mode": color_mode})
    strip = noise(100, 4 * 50 + 50)
    inputs = strip_inputs(strip, [0, 1, 3], config)
    assert inputs.shape == (3, 192, 192, 3)
    assert inputs.dtype == np.float32
    source = strip.astype(np.float32)
    if color_mode == "grayscale":
        source = np.repeat(cv2.cvtColor(source, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    flag = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}[interpolation]
    whole = np.clip(cv2.resize(source, (640, 256), interpolation=flag), 0, 255)
    for column, found in zip((0, 1, 3), inputs, strict=True):
        left = 32 + 128 * column
        np.testing.assert_allclose(found, whole[32:224, left : left + 192], atol=0.02)


def test_a_tile_is_enlarged_as_alone_except_at_its_border(config: InferenceConfig) -> None:
    strip = noise(100, 150)
    (found,) = strip_inputs(strip, [1], config)
    (alone,) = preprocess(strip[25:75, 75:125][None], input_size=128)
    # Half a pixel of the model's scale is 1.28 pixels of the input.
    np.testing.assert_allclose(found[34:-34, 34:-34], alone[2:-2, 2:-2], atol=1e-3)
    assert np.abs(found[32, 32:-32] - alone[0]).max() > 1


def test_an_input_is_the_same_whatever_is_asked_for_with_it(config: InferenceConfig) -> None:
    strip = noise(100, 5 * 50 + 50)
    together = strip_inputs(strip, range(5), config)
    for column in range(5):
        np.testing.assert_array_equal(strip_inputs(strip, [column], config)[0], together[column])


def test_without_a_margin_each_patch_is_enlarged_alone(config: InferenceConfig) -> None:
    config = config.model_copy(update={"margin_pixels": 0})
    strip = noise(50, 150)
    patches = np.stack([strip[:, :50], strip[:, 100:]])
    expected = preprocess(patches, input_size=128)
    np.testing.assert_array_equal(strip_inputs(strip, [0, 2], config), expected)
    np.testing.assert_array_equal(network_input(patches, config), expected)


@pytest.mark.parametrize(
    ("shape", "columns"),
    [
        ((99, 150, 3), [0]),
        ((100, 151, 3), [0]),
        ((100, 50, 3), [0]),
        ((100, 150, 3), [2]),
        ((100, 150, 3), [-1]),
    ],
    ids=["a row short", "no whole tiles", "no tile", "beyond the last", "before the first"],
)
def test_other_strips_and_columns_are_refused(
    config: InferenceConfig, shape: tuple[int, ...], columns: list[int]
) -> None:
    with pytest.raises(ValueError, match="expected uint8|columns"):
        strip_windows(np.zeros(shape, np.uint8), columns, config)


@pytest.mark.parametrize("length", [1, 2, 3, 20])
def test_beyond_its_edge_an_image_is_mirrored(length: int) -> None:
    row = np.arange(length)
    padded = np.pad(row, (30, 45), mode="reflect") if length > 1 else np.zeros(76, int)
    np.testing.assert_array_equal(row[mirrored(-30, length + 45, length)], padded)


def test_tiles_of_a_region_carry_their_neighbours_and_the_border_its_reflection() -> None:
    image = np.clip(noise(130, 215) // 4 + STAINED, 0, 255).astype(np.uint8)
    tiles = cut_tiles(image, 50)
    assert tiles.tissue.all()
    extended = np.pad(image, ((25, 45), (25, 60), (0, 0)), mode="reflect")
    for (row, column), window in zip(
        tiles.places(), tiles.windows(tiles.places(), 25), strict=True
    ):
        top, left = 50 * row, 50 * column
        np.testing.assert_array_equal(window, extended[top : top + 100, left : left + 100])


def test_without_a_margin_and_of_a_single_tile_the_tiles_alone_are_windows() -> None:
    region = cut_tiles(np.full((60, 215, 3), STAINED, np.uint8), 50)
    np.testing.assert_array_equal(
        region.windows(region.places(), 0), region.patches(region.places())
    )
    single = cut_tiles(np.full((40, 50, 3), STAINED, np.uint8), 50)
    np.testing.assert_array_equal(single.windows([(0, 0)], 25), single.patches([(0, 0)]))


class MarginReader:
    """Returns the mean red of the margin alone."""

    name: EngineName = "openvino"
    precision = "f32"
    streams = 1

    def run(self, batch: np.ndarray) -> Outputs:
        red = batch[..., 0]
        ring = red.sum(axis=(1, 2)) - red[:, 32:-32, 32:-32].sum(axis=(1, 2))
        logits = ring / (192**2 - 128**2)
        return Outputs(logits, np.repeat(logits[:, None, None], 2, axis=1))


@pytest.fixture
def batcher(config: InferenceConfig) -> Iterator[Batcher]:
    batcher = Batcher(MarginReader(), config, capacity=20, metrics=Metrics())
    yield batcher
    batcher.close()


def test_a_region_shows_each_tile_its_neighbours(config: InferenceConfig, batcher: Batcher) -> None:
    image = np.full((150, 150, 3), STAINED, np.uint8)
    image[50:100, 50:100, 0] = 160
    logits = asyncio.run(
        score_tiles(cut_tiles(image, 50), batcher, Bundle(Path(), config))
    ).raw_logits
    seen = (logits - CALIBRATION.intercept) / CALIBRATION.slope
    # The middle tile sees nothing of itself; half of a side's length, and a corner, is red less.
    assert seen[1, 1] == pytest.approx(200, abs=0.5)
    ring = 192**2 - 128**2
    assert seen[0, 1] == pytest.approx(200 - 40 * 32 * 128 / ring, abs=0.5)
    assert seen[0, 0] == pytest.approx(200 - 40 * 32 * 32 / ring, abs=0.5)


def test_a_patch_shows_its_own_reflection(config: InferenceConfig, batcher: Batcher) -> None:
    image = noise(50, 50)
    tiles = single_tile(image, 50)
    scores = asyncio.run(score_tiles(tiles, batcher, Bundle(Path(), config)))
    expected = MarginReader().run(network_input(image[None], config)).logits
    np.testing.assert_allclose(scores.raw_logits[0], config.calibration.logit(expected))


def test_patches_and_windows_are_never_one_batch(batcher: Batcher) -> None:
    image = np.full((150, 150, 3), STAINED, np.uint8)
    window = cut_tiles(image, 50).windows([(1, 1)], 25)

    async def scenario() -> list[float]:
        jobs = [batcher.run(part) for part in (window, image[None, :50, :50]) * 6]
        return [float(scored.outputs.logits[0]) for scored in await asyncio.gather(*jobs)]

    assert asyncio.run(scenario()) == pytest.approx([200.0] * 12)
