"""A slide that cannot be read is refused with a code, before or where it is damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import tifffile

from hf_space.errors import (
    BiopsiaError,
    ContradictoryScaleError,
    CorruptImageError,
    PayloadTooLargeError,
    ScaleError,
    TooManyPixelsError,
    UnknownScaleError,
    UnsupportedImageError,
)
from hf_space.imaging.readers import slide_file
from hf_space.imaging.readers.slide_file import open_slide
from tests.array_slide import ArraySource
from tests.dicom_slides import write_dicom
from tests.drawn_slide import DrawnSlide
from tests.slides import TELLTALE, break_tile, truncate, write_ome_tiff, write_pyramid, write_svs

SMALL = DrawnSlide(1000, 700)
SCALE = MappingProxyType({"microns_per_pixel": 0.5})


def read(path: Path, **options: Any) -> None:
    with open_slide(path, **options) as reader:
        height, _ = reader.scaled_size(4.0)
        for top in range(0, height, 16):
            reader.read_rows(top, min(16, height - top), 4.0)


def without(path: Path) -> Path:
    path.unlink()
    return path.parent


def damaged_dicom(folder: Path) -> Path:
    path = write_dicom(folder / "series", SMALL, downsamples=(1,)) / "level-0-0.dcm"
    content = path.read_bytes()
    start = content.index(b"\xff\xd8\xff", len(content) // 2) + 200
    path.write_bytes(content[:start] + b"\xff\xd9" * 500 + content[start + 1000 :])
    return path.parent


def rewritten(path: Path, tag: int, value: int) -> Path:
    """Change a number of the first directory, without a change of its type."""
    with tifffile.TiffFile(path) as file:
        found = file.pages.first.tags[tag]
        place, size = found.valueoffset, 2 if found.dtype == 3 else 4
    with path.open("r+b") as raw:
        raw.seek(place)
        raw.write(value.to_bytes(size, "little"))
    return path


DAMAGED: dict[str, Callable[[Path], Path]] = {
    "truncated SVS": lambda folder: truncate(write_svs(folder / "a.svs", SMALL)),
    "truncated OME-TIFF": lambda folder: truncate(write_ome_tiff(folder / "a.ome.tif", SMALL)),
    "SVS whose level 0 is cut off": lambda folder: truncate(
        write_svs(folder / "a.svs", SMALL), keep=0.1
    ),
    "SVS whose directory is cut off": lambda folder: truncate(
        write_svs(folder / "a.svs", SMALL), keep=0.001
    ),
    "pyramid whose last level is cut off": lambda folder: truncate(
        write_pyramid(folder / "a.tif", SMALL), keep=0.99
    ),
    "more rows than tiles": lambda folder: rewritten(
        write_pyramid(folder / "a.tif", SMALL, downsamples=(1,)), 257, 60_000
    ),
    "tiles without rows": lambda folder: rewritten(
        write_pyramid(folder / "a.tif", SMALL, downsamples=(1,)), 323, 0
    ),
    "broken tile in an SVS": lambda folder: break_tile(
        write_svs(folder / "a.svs", SMALL, downsamples=(1,)), 5
    ),
    "broken tile in JPEG 2000": lambda folder: write_pyramid(
        folder / "a.tif", SMALL, downsamples=(1,), compression="jpeg2000", broken=5
    ),
    "broken tile in deflate": lambda folder: write_pyramid(
        folder / "a.tif", SMALL, downsamples=(1,), compression="zlib", broken=5
    ),
    "broken frame in DICOM": damaged_dicom,
    "truncated DICOM": lambda folder: (
        truncate(write_dicom(folder / "series", SMALL, downsamples=(1,)) / "level-0-0.dcm").parent
    ),
    "missing DICOM instance": lambda folder: without(
        write_dicom(folder / "series", SMALL, parts=3) / "level-0-1.dcm"
    ),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_what_is_damaged_or_incomplete_is_named_so(kind: str, tmp_path: Path) -> None:
    path = DAMAGED[kind](tmp_path)
    with pytest.raises((CorruptImageError, UnsupportedImageError)) as caught:
        read(path)
    assert isinstance(caught.value, CorruptImageError) or kind == "truncated DICOM"
    assert_nothing_private(caught.value, path)


def assert_nothing_private(error: BiopsiaError, path: Path) -> None:
    told = f"{error.client_message} {error.client_details}"
    assert TELLTALE not in told
    assert str(path) not in told
    assert path.name not in told


def test_a_broken_tile_leaves_the_rest_readable(tmp_path: Path) -> None:
    path = write_pyramid(tmp_path / "a.tif", SMALL, downsamples=(1,), compression="zlib", broken=5)
    with open_slide(path) as reader:
        good = reader.read_rows(0, 32, 4.0)
        with pytest.raises(CorruptImageError):
            reader.read_rows(32, 32, 4.0)
        np.testing.assert_array_equal(reader.read_rows(0, 32, 4.0), good)
        assert reader.read_rows(64, 20, 4.0).shape == (20, 125, 3)


def test_a_level_that_is_not_read_may_be_broken(tmp_path: Path) -> None:
    read(break_tile(write_svs(tmp_path / "a.svs", SMALL, downsamples=(1, 4)), 0))


def test_a_tile_that_a_scanner_left_out_is_glass(tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    tiles = (SMALL.part(256 * x, 0, 256, 256) if x != 1 else None for x in range(4))
    resolution: dict[str, Any] = {"resolution": (20_000, 20_000), "resolutionunit": "CENTIMETER"}
    options: dict[str, Any] = {"shape": (256, 1024, 3), "dtype": np.uint8, "tile": (256, 256)}
    tifffile.imwrite(path, tiles, photometric="rgb", **options, **resolution)
    with open_slide(path) as reader:
        pixels = reader.read_rows(0, 32, 4.0)
    assert (pixels[:, 32:64] == 255).all()
    assert pixels[:, 64:].std() > 1


UNKNOWN: dict[str, Callable[[Path], Path]] = {
    "SVS": lambda folder: write_svs(folder / "a.svs", SMALL, mpp=None),
    "implausible SVS": lambda folder: write_svs(folder / "a.svs", SMALL, mpp=500.0),
    "OME-TIFF": lambda folder: write_ome_tiff(folder / "a.tif", SMALL, has_scale=False),
    "pyramid": lambda folder: write_pyramid(folder / "a.tif", SMALL, has_scale=False),
    "DICOM": lambda folder: write_dicom(folder / "series", SMALL, has_scale=False),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_slide_of_unknown_scale_is_read_at_the_callers(kind: str, tmp_path: Path) -> None:
    path = UNKNOWN[kind](tmp_path)
    with pytest.raises(UnknownScaleError, match="microns_per_pixel") as caught:
        open_slide(path)
    assert caught.value.code == "scale_unknown"
    with open_slide(path, microns_per_pixel=0.5) as reader:
        assert reader.microns_per_pixel == (0.5, 0.5)
        assert (reader.scale_source, reader.scale_conflict) == ("request", False)
        assert reader.scaled_size(4.0) == (88, 125)


def test_scales_that_contradict_one_another_are_refused(tmp_path: Path) -> None:
    path = write_svs(tmp_path / "a.svs", SMALL, resolution=0.25)
    with pytest.raises(ContradictoryScaleError, match=r"0\.5 x 0\.5, 0\.25 x 0\.25") as caught:
        open_slide(path)
    assert caught.value.code == "scale_conflict"
    assert caught.value.client_details == {"stated": [[0.5, 0.5], [0.25, 0.25]]}
    with open_slide(path, microns_per_pixel=0.25) as reader:
        assert (reader.scale_source, reader.scale_conflict) == ("request", True)


@pytest.mark.parametrize(("stated", "conflict"), [(0.5, 0), (0.54, 0), (0.25, 1)])
def test_the_callers_scale_counts_more_than_the_files(
    stated: float, conflict: int, tmp_path: Path
) -> None:
    path = write_svs(tmp_path / "a.svs", SMALL, resolution=0.51)
    with open_slide(path, microns_per_pixel=stated) as reader:
        assert reader.microns_per_pixel == (stated, stated)
        assert reader.scale_conflict == bool(conflict)


@pytest.mark.parametrize("stated", [25.0, 0.049, 1e-7])
def test_a_callers_scale_that_no_slide_has_is_refused(stated: float, tmp_path: Path) -> None:
    path = write_svs(tmp_path / "a.svs", SMALL)
    with pytest.raises(ScaleError, match=r"0\.05 to 20") as caught:
        open_slide(path, microns_per_pixel=stated)
    assert caught.value.code == "scale_out_of_range"
    for edge in (0.05, 20.0):
        with open_slide(path, microns_per_pixel=edge) as reader:
            assert reader.microns_per_pixel == (edge, edge)


# Up to 300 mm, and up to 200 x 150 mm.
@pytest.mark.parametrize(
    ("bounds", "microns", "fits"),
    [
        ((0, 0, 60_000, 10), 5.0, 1),
        ((0, 0, 60_001, 10), 5.0, 0),
        ((7, 7, 10, 60_001), 5.0, 0),
        ((0, 0, 100_000, 75_000), 2.0, 1),
        ((0, 0, 100_000, 75_001), 2.0, 0),
    ],
)
def test_a_slide_larger_than_any_glass_has_a_wrong_scale(
    bounds: tuple[int, int, int, int],
    microns: float,
    fits: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Large(ArraySource):
        def __init__(self, _: Path) -> None:
            super().__init__(np.zeros((1, 1, 3), np.uint8))
            self.bounds = bounds
            self.stated_scales = ((microns, microns),)

    monkeypatch.setattr(slide_file, "ImageSource", Large)
    path = tmp_path / "a.png"
    path.write_bytes(b"any")
    if fits:
        with open_slide(path) as reader:
            assert reader.bounds == bounds
    else:
        with pytest.raises(ScaleError, match="larger than any slide") as caught:
            open_slide(path)
        assert caught.value.client_details == {"microns_per_pixel": microns}


def test_what_is_no_slide_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a slide")
    with pytest.raises(UnsupportedImageError):
        open_slide(text)
    with pytest.raises(UnsupportedImageError, match="DICOM"):
        open_slide(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_slide(tmp_path / "missing.svs")


@pytest.mark.parametrize("name", ["empty.tif", "empty.svs", "empty.png", "empty.mrxs"])
def test_an_empty_file_is_a_damaged_one(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    with pytest.raises(CorruptImageError, match="^The file is empty") as caught:
        open_slide(tmp_path / name, **SCALE)
    assert caught.value.code == "corrupt_image"


def test_a_folder_of_several_slides_is_refused(tmp_path: Path) -> None:
    write_dicom(tmp_path, SMALL, downsamples=(4,))
    (tmp_path / "notes.txt").write_text("beside")
    with open_slide(tmp_path, **SCALE) as reader:
        assert len(reader.levels) == 1
    write_dicom(tmp_path, SMALL, downsamples=(4,), series=3)
    with pytest.raises(UnsupportedImageError, match="several"):
        open_slide(tmp_path)


def test_a_mirax_without_its_folder_is_not_taken_for_a_picture(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "a.mrxs"
    Image.new("RGB", (200, 100), "pink").save(path, "JPEG")
    with pytest.raises(CorruptImageError, match="folder"):
        open_slide(path, **SCALE)


def test_what_must_be_decoded_whole_has_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "strip.tif"
    tifffile.imwrite(path, SMALL.level(), photometric="rgb", rowsperstrip=700)
    monkeypatch.setattr("hf_space.imaging.readers.tiff_slide.MAX_PIXELS", 100_000)
    with pytest.raises(TooManyPixelsError, match="strip or tile"):
        open_slide(path, **SCALE)
    monkeypatch.setattr(slide_file, "_MOST_BYTES", 10)
    picture = tmp_path / "picture.bmp"
    picture.write_bytes(b"BM" + bytes(100))
    with pytest.raises(PayloadTooLargeError):
        open_slide(picture, **SCALE)
