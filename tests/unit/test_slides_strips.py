from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hf_space.bundle.config import InferenceConfig
from hf_space.bundle.load import Bundle
from hf_space.imaging.places import Places
from hf_space.imaging.preprocess import margin_rows
from hf_space.imaging.tiling import Tiles
from hf_space.slides.strips import Strip, StripReader
from tests.array_slide import ArraySlide


@pytest.fixture(params=[0, 20], ids=["no margin", "margin"])
def config(request: pytest.FixtureRequest, bundle: Bundle) -> InferenceConfig:
    """Without a margin, and with one, as the second model has it."""
    return bundle.config.model_copy(update={"margin_pixels": request.param})


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def region(picture: NDArray[np.uint8]) -> Tiles:
    rows, columns = (-(-side // 50) for side in picture.shape[:2])
    areas: Any = None
    return Tiles(picture, 50, np.ones((rows, columns), np.bool_), np.ones((rows, columns)), areas)


@pytest.mark.parametrize("size", [(200, 250), (203, 230), (160, 101)])
def test_tiles_are_those_of_a_region(config: InferenceConfig, size: tuple[int, int]) -> None:
    picture = noise(*size)
    tiles, margin = region(picture), margin_rows(config)
    places = Places(*size, 50, 0.0)
    reader = StripReader(ArraySlide(picture), places, config)
    for row in range(places.shape[0]):
        columns = tuple(range(places.shape[1]))
        strip = reader.read(row, columns)
        expected = tiles.windows([(row, column) for column in columns], margin)
        np.testing.assert_array_equal(strip.windows(columns), expected)
        patches = tiles.patches([(row, column) for column in columns])
        for column in columns[:-1]:
            if row < places.shape[0] - 1:
                np.testing.assert_array_equal(strip.patch(column), patches[column])


def test_shifted_tiles_begin_half_a_tile_later(config: InferenceConfig) -> None:
    picture = noise(200, 250)
    places = Places(200, 250, 50, 0.5)
    strip = StripReader(ArraySlide(picture), places, config).read(3, (1, 4))
    np.testing.assert_array_equal(strip.patch(1), picture[75:125, 25:75])
    np.testing.assert_array_equal(strip.patch(4), picture[75:125, 100:150])


@pytest.mark.parametrize("overlap", [0.0, 0.5])
def test_no_row_is_read_twice_and_few_are_held(config: InferenceConfig, overlap: float) -> None:
    slide = ArraySlide(noise(1000, 60))
    places = Places(1000, 60, 50, overlap)
    reader = StripReader(slide, places, config)
    most = 0
    for row in range(places.shape[0]):
        strip = reader.read(row, (0,))
        most = max(most, _held(reader))
        assert isinstance(strip, Strip)
    assert (slide.rows_read[4.0] == 1).all()
    assert most <= 150


def _held(reader: StripReader) -> int:
    return len(reader._kept)


def test_rows_without_tissue_are_not_read(config: InferenceConfig) -> None:
    slide = ArraySlide(noise(1000, 60))
    reader = StripReader(slide, Places(1000, 60, 50, 0.0), config)
    for row in (2, 15):
        reader.read(row, (0,))
    margin = margin_rows(config)
    expected = np.zeros(1000)
    expected[100 - margin : 150 + margin] = 1
    expected[750 - margin : 800 + margin] = 1
    np.testing.assert_array_equal(slide.rows_read[4.0], expected)
