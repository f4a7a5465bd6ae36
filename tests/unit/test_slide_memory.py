"""Reading a slide takes memory for a strip, whatever the size of the slide."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hf_space.imaging.readers.base import Level
from hf_space.imaging.readers.file_bytes import FileBytes
from hf_space.imaging.readers.pyramid import PyramidReader
from hf_space.imaging.readers.slide_file import open_slide
from hf_space.imaging.readers.tiff_slide import TiffSource
from tests.drawn_slide import DrawnSlide
from tests.slides import write_svs

WIDTH, HEIGHT = 100_000, 80_000
SCALE = (0.25, 0.25)


class EmptySource:
    """A slide of glass that records what is read."""

    def __init__(self, downsamples: tuple[int, ...], tile: int = 256) -> None:
        self.levels = tuple(Level(WIDTH // down, HEIGHT // down, down) for down in downsamples)
        self.bounds = (0, 0, WIDTH, HEIGHT)
        self.stated_scales: tuple[tuple[float, float], ...] = (SCALE,)
        self.properties: Mapping[str, str] = {}
        self.profile: bytes | None = None
        self.profile_ignored = False
        self.tile = tile
        self.asked: list[tuple[int, int, int]] = []

    def tile_rows(self, level: int) -> int:
        assert level < len(self.levels)
        return self.tile

    def read_window(
        self, level: int, left: int, top: int, width: int, height: int
    ) -> NDArray[np.uint8]:
        assert left + width <= self.levels[level].width
        assert top + height <= self.levels[level].height
        self.asked.append((level, width, height))
        return np.zeros((height, width, 3), np.uint8)

    def close(self) -> None:
        pass


def reader_of(source: EmptySource) -> PyramidReader:
    return PyramidReader(source, SCALE, "metadata", conflict=False)


@pytest.mark.parametrize("downsamples", [(1,), (1, 4), (1, 4, 16), (1, 2, 4, 8, 16, 32)])
@pytest.mark.parametrize("scale", [4.0, 4.07])
def test_a_strip_takes_little_memory(downsamples: tuple[int, ...], scale: float) -> None:
    source = EmptySource(downsamples)
    reader = reader_of(source)
    tracemalloc.start()
    strip = reader.read_rows(1000, 50, scale)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert strip.shape[0] == 50
    assert peak < 200_000_000
    level = max(down for down in downsamples if down <= 16)
    assert {asked[0] for asked in source.asked} == {downsamples.index(level)}
    assert max(width * height for _, width, height in source.asked) <= 32_000_000


@pytest.mark.parametrize("tile", [1, 240, 256, 1024, 5000])
def test_rows_of_a_level_are_decoded_once(tile: int) -> None:
    source = EmptySource((1, 4, 16), tile)
    reader = reader_of(source)
    for top in range(0, 2000, 50):
        reader.read_rows(top, 50, 4.0)
    decoded = sum(height for _, _, height in source.asked)
    assert 2000 <= decoded <= 2000 + max(511, min(tile, 32_000_000 // 6250))


def test_of_another_tile_size_bands_are_whole_tiles() -> None:
    source = EmptySource((1, 4), 240)
    reader_of(source).read_rows(0, 200, 4.0)
    assert {height for _, _, height in source.asked} == {480}


def test_only_tiles_that_a_part_touches_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_svs(tmp_path / "a.svs", DrawnSlide(1500, 1200), downsamples=(1,))
    source = TiffSource(FileBytes.open(path))
    places: list[int] = []
    page = source._segments[0][0][0].page
    decode = page.decode

    def noted(content: bytes, index: int, **options: object) -> object:
        places.append(index)
        return decode(content, index, **options)

    monkeypatch.setattr(page, "decode", noted)
    window = source.read_window(0, 300, 520, 400, 10)
    assert window.shape == (10, 400, 3)
    assert places == [6 * 2 + 1, 6 * 2 + 2]
    source.close()


def test_a_file_is_opened_and_read_in_less_memory_than_its_level(tmp_path: Path) -> None:
    slide = DrawnSlide(4096, 8192, has_tissue=False)
    path = write_svs(tmp_path / "a.svs", slide, downsamples=(2, 8))
    open_slide(path, microns_per_pixel=1.0).close()
    tracemalloc.start()
    with open_slide(path, microns_per_pixel=1.0) as reader:
        assert reader.read_rows(0, 50, 2.0).shape == (50, 1024, 3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Its level 0 takes 25 MB, and a band of it less than 2.
    assert peak < 6_000_000
