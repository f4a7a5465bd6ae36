"""A slide on disk is read at the model's scale, from any maker's file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from hf_space.errors import CorruptImageError, ScaleError, TooManyPixelsError
from hf_space.imaging.readers.colour import to_srgb
from hf_space.imaging.readers.slide import SlideReader
from hf_space.imaging.readers.slide_file import open_slide
from tests.dicom_slides import write_dicom
from tests.drawn_slide import DrawnSlide
from tests.slides import (
    LABEL_COLOUR,
    TELLTALE,
    break_tile,
    write_ome_tiff,
    write_pyramid,
    write_svs,
)
from tests.unit.test_tiff_reader import DATA

SLIDE = DrawnSlide()
MODEL = 4.0


def write_imagej(path: Path) -> Path:
    options: dict[str, Any] = {"resolution": (2.0, 2.0), "metadata": {"unit": "micron"}}
    tifffile.imwrite(path, SLIDE.level(), imagej=True, photometric="rgb", **options)
    return path


WRITERS: dict[str, Callable[[Path], Path]] = {
    "svs": lambda folder: write_svs(folder / "a.svs"),
    "svs, JPEG 2000": lambda folder: write_svs(
        folder / "a.svs", downsamples=(1, 4), compression=33005
    ),
    "svs, JPEG 2000 above JPEG": lambda folder: write_svs(
        folder / "a.svs", compression=33005, reduced="jpeg"
    ),
    "svs, odd levels": lambda folder: write_svs(folder / "a.svs", downsamples=(1, 2.7, 7.3)),
    "svs, a level at 4 µm": lambda folder: write_svs(folder / "a.svs", downsamples=(1, 8)),
    "ome": lambda folder: write_ome_tiff(folder / "a.ome.tif"),
    "ome, JPEG 2000": lambda folder: write_ome_tiff(
        folder / "a.tif", compression="jpeg2000", downsamples=(1, 4)
    ),
    "pyramid, deflate": lambda folder: write_pyramid(folder / "a.tif", compression="zlib"),
    "imagej": lambda folder: write_imagej(folder / "a.tif"),
    "one level": lambda folder: write_pyramid(folder / "a.tif", downsamples=(1,)),
    "dicom": lambda folder: write_dicom(folder / "series"),
    "dicom, a file": lambda folder: write_dicom(folder / "series") / "level-1-0.dcm",
    "dicom, in parts": lambda folder: write_dicom(folder / "series", parts=3),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Write a kind of slide once."""

    @lru_cache
    def write(kind: str) -> Path:
        return WRITERS[kind](tmp_path_factory.mktemp("slides"))

    return write


def test_a_level_a_hundredth_too_coarse_is_read_for_the_finer_one(tmp_path: Path) -> None:
    slide = DrawnSlide(microns_per_pixel=(0.2527, 0.2527))
    path = write_svs(tmp_path / "a.svs", slide)
    with tifffile.TiffFile(path) as file:
        (finer,) = (page for page in file.pages if page.shape[1] == slide.width // 4)
        tiles = len(finer.dataoffsets)
    for number in range(tiles):
        break_tile(path, number, page=finer.index)
    with open_slide(path) as reader:
        height, width = reader.scaled_size(MODEL)
        rows = reader.read_rows(0, height, MODEL)
        with pytest.raises(CorruptImageError):
            reader.read_rows(0, 1, 2.0)
    expected = drawn(slide, MODEL, (height, width))
    assert np.abs(rows.astype(int) - expected).mean() < 8


def drawn(slide: DrawnSlide, microns_per_pixel: float, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return what a slide looks like at a scale."""
    across, down = slide.microns_per_pixel
    reduced = (microns_per_pixel / across, microns_per_pixel / down)
    return slide.part(0, 0, size[1], size[0], reduced)


def difference(pixels: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> float:
    assert pixels.shape == wanted.shape
    return float(np.abs(pixels.astype(int) - wanted).mean())


def whole(reader: SlideReader, microns_per_pixel: float = MODEL) -> NDArray[np.uint8]:
    height, _ = reader.scaled_size(microns_per_pixel)
    return reader.read_rows(0, height, microns_per_pixel)


@pytest.mark.parametrize("kind", WRITERS)
def test_it_is_read_at_the_scale_of_the_model(kind: str, written: Callable[[str], Path]) -> None:
    with open_slide(written(kind)) as reader:
        assert (reader.width, reader.height) == (2000, 1500)
        assert reader.bounds == (0, 0, 2000, 1500)
        assert reader.microns_per_pixel == pytest.approx((0.5, 0.5), rel=1e-3)
        assert (reader.scale_source, reader.scale_conflict) == ("metadata", False)
        assert reader.scaled_size(MODEL) == (188, 250)
        pixels = whole(reader)
    # JPEG at 90, and levels that were reduced before, cost as much.
    assert difference(pixels[:187], drawn(SLIDE, MODEL, (187, 250))) < 3.5
    assert not (np.abs(pixels.astype(int) - LABEL_COLOUR).max(axis=2) < 40).any()


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("scale", [MODEL, 3.3])
def test_strips_join_without_a_seam(
    kind: str, scale: float, written: Callable[[str], Path]
) -> None:
    with open_slide(written(kind)) as reader:
        height, _ = reader.scaled_size(scale)
        strips = [
            reader.read_rows(top, min(17, height - top), scale) for top in range(0, height, 17)
        ]
        np.testing.assert_array_equal(np.concatenate(strips), whole(reader, scale))
        np.testing.assert_array_equal(reader.read_rows(5, 3, scale), strips[0][5:8])


@pytest.mark.parametrize("scale", [0.5, 1.35, 2.0, 4.0, 7.1, 40.0])
def test_it_is_read_at_any_scale(scale: float, tmp_path: Path) -> None:
    path = write_pyramid(tmp_path / "a.tif", downsamples=(1, 4, 16), compression=None)
    with open_slide(path) as reader:
        size = reader.scaled_size(scale)
        assert size == (round(750 / scale), round(1000 / scale))
        pixels = whole(reader, scale)
    inside = (int(750 / scale), int(1000 / scale))
    wanted = drawn(SLIDE, scale, inside)
    assert difference(pixels[: inside[0], : inside[1]], wanted) < 1.0


def test_pixels_that_are_not_square_become_square(tmp_path: Path) -> None:
    slide = DrawnSlide(2000, 1000, (0.5, 1.0))
    with open_slide(write_ome_tiff(tmp_path / "a.tif", slide, compression="zlib")) as reader:
        assert reader.microns_per_pixel == (0.5, 1.0)
        assert reader.scaled_size(MODEL) == (250, 250)
        assert difference(whole(reader), drawn(slide, MODEL, (250, 250))) < 1.0


def test_a_rectangle_is_where_it_was_drawn(tmp_path: Path) -> None:
    path = write_pyramid(tmp_path / "a.tif", downsamples=(1, 4), compression=None)
    with open_slide(path) as reader:
        part = reader.read_region(301, 202, 400, 300)
        np.testing.assert_array_equal(part, SLIDE.part(301, 202, 400, 300))
        part = reader.read_region(304, 208, 400, 304, 2.0)
        assert difference(part, SLIDE.part(76, 52, 100, 76, (4, 4))) < 0.5
        part = reader.read_region(310, 210, 400, 300, 2.0)
        blocks = SLIDE.part(310, 210, 400, 300).reshape(75, 4, 100, 4, 3).mean(axis=(1, 3))
        assert difference(part, np.rint(blocks).astype(np.uint8)) < 1.0
        with pytest.raises(ValueError, match="outside"):
            reader.read_region(1900, 0, 200, 10)
        with pytest.raises(ValueError, match="outside"):
            reader.read_rows(180, 20, MODEL)


def test_a_thumbnail_shows_the_whole(tmp_path: Path) -> None:
    with open_slide(write_svs(tmp_path / "a.svs")) as reader:
        picture = reader.thumbnail(100)
        assert picture.shape == (75, 100, 3)
        assert difference(picture, SLIDE.part(0, 0, 100, 75, (20, 20))) < 5
        assert reader.thumbnail(100_000).shape == (1500, 2000, 3)


def test_nothing_is_made_up_where_the_slide_is_coarse(tmp_path: Path) -> None:
    slide = DrawnSlide(200, 150, (8.0, 8.0))
    with open_slide(write_pyramid(tmp_path / "a.tif", slide, downsamples=(1,))) as reader:
        assert whole(reader).shape == (300, 400, 3)
        with pytest.raises(ScaleError):
            reader.read_rows(0, 1, 0.9)


def test_a_part_is_returned_within_the_limit_only(tmp_path: Path) -> None:
    with open_slide(write_svs(tmp_path / "a.svs")) as reader:
        reader.max_pixels = 10_000
        with pytest.raises(TooManyPixelsError):
            reader.read_region(0, 0, 101, 100)
        assert reader.read_region(0, 0, 100, 100).shape == (100, 100, 3)


@pytest.mark.parametrize("kind", WRITERS)
def test_nothing_is_told_of_patient_or_case(kind: str, written: Callable[[str], Path]) -> None:
    path = written(kind)
    held = b"".join(
        each.read_bytes() for each in ([path] if path.is_file() else sorted(path.iterdir()))
    )
    assert TELLTALE.encode() in held or kind in {"pyramid, deflate", "one level", "imagej"}
    with open_slide(path) as reader:
        assert TELLTALE not in "".join(reader.properties.values())
        assert reader.properties["format"] in {"TIFF", "dicom"}


def test_a_plain_picture_is_a_slide_of_one_level(tmp_path: Path) -> None:
    path = tmp_path / "field.png"
    Image.fromarray(SLIDE.level(4)).save(path, dpi=(12_700, 12_700))
    with open_slide(path) as reader:
        assert reader.microns_per_pixel == pytest.approx((2.0, 2.0), rel=1e-3)
        assert len(reader.levels) == 1
        pixels = whole(reader)
    assert difference(pixels[:187], drawn(SLIDE, MODEL, (187, 250))) < 1.5


def test_a_tiff_that_is_turned_is_read_upright(tmp_path: Path) -> None:
    path = tmp_path / "turned.tif"
    extra = [(274, 3, 1, 6, True)]
    tifffile.imwrite(path, SLIDE.level(8), photometric="rgb", tile=(64, 64), extratags=extra)
    with open_slide(path, microns_per_pixel=MODEL) as reader:
        np.testing.assert_array_equal(whole(reader), np.rot90(SLIDE.level(8), -1))


def test_readers_work_side_by_side_and_move_between_threads(tmp_path: Path) -> None:
    paths = [write_svs(tmp_path / "a.svs"), write_dicom(tmp_path / "series")]
    readers = [open_slide(path) for path in paths for _ in range(2)]
    found: dict[int, NDArray[np.uint8]] = {}

    def read(number: int) -> None:
        found[number] = np.concatenate(
            [readers[number].read_rows(top, 4, MODEL) for top in range(0, 188, 4)]
        )

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, reader in enumerate(readers):
        np.testing.assert_array_equal(found[number], whole(reader))
        reader.close()


@pytest.mark.parametrize("write", [write_svs, write_pyramid])
def test_the_embedded_profile_is_applied(write: Callable[..., Path], tmp_path: Path) -> None:
    with Image.open(DATA / "display_p3_profile.png") as image:
        profile: bytes = image.info["icc_profile"]
    with open_slide(write(tmp_path / "plain.tif", downsamples=(1, 4))) as reader:
        plain = whole(reader)
        fine = reader.read_region(800, 600, 400, 400)
        rows, columns = slice(75, 125), slice(100, 150)
    with open_slide(write(tmp_path / "p3.tif", downsamples=(1, 4), profile=profile)) as reader:
        applied = whole(reader)
        assert not reader.profile_ignored
        converted = np.asarray(to_srgb(Image.fromarray(fine), profile))
        np.testing.assert_array_equal(reader.read_region(800, 600, 400, 400), converted)
    assert difference(applied, plain) > 2
    # After averaging the conversion costs less, and differs by less than rounding does.
    before, averaged = (
        np.rint(each.reshape(50, 8, 50, 8, 3).mean(axis=(1, 3))).astype(np.uint8)
        for each in (converted, fine)
    )
    after = np.asarray(to_srgb(Image.fromarray(averaged), profile))
    assert difference(after, before) < 0.5
    assert np.abs(after.astype(int) - before).max() <= 2
    assert difference(applied[rows, columns], after) < 3


def test_a_profile_that_cannot_be_applied_is_told(tmp_path: Path) -> None:
    with open_slide(write_svs(tmp_path / "a.svs", profile=b"damaged" * 20)) as reader:
        plain = reader.read_rows(0, 50, MODEL)
        assert reader.profile_ignored
    with open_slide(write_svs(tmp_path / "b.svs")) as reader:
        np.testing.assert_array_equal(plain, reader.read_rows(0, 50, MODEL))
