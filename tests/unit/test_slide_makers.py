"""Formats without a free sample, read through a stand-in that has OpenSlide's properties."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openslide
import pytest
from PIL import Image, ImageCms

from hf_space.errors import CorruptImageError, UnknownScaleError
from hf_space.imaging.readers.openslide import OpenSlideSource
from hf_space.imaging.readers.slide_file import open_slide
from tests.drawn_slide import DrawnSlide
from tests.slide_stand_in import VENDORS, StandIn
from tests.slides import TELLTALE

BOUNDED = [".mrxs", ".scn"]


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openslide, "OpenSlide", StandIn)


def slide(folder: Path, suffix: str, name: str = "slide") -> Path:
    path = folder / f"{name}{suffix}"
    path.write_bytes(b"its content is OpenSlide's affair")
    return path


@pytest.mark.parametrize("suffix", VENDORS)
def test_scale_and_bounds_are_the_properties(suffix: str, tmp_path: Path) -> None:
    bounds = (301, 202, 1203, 901) if suffix in BOUNDED else (0, 0, 2000, 1500)
    with open_slide(slide(tmp_path, suffix)) as reader:
        assert reader.bounds == bounds
        assert reader.microns_per_pixel == (0.5, 0.5)
        assert reader.scale_source == "metadata"
        assert [level.downsample for level in reader.levels] == [1, 2, 4, 8]
        assert reader.scaled_size(4.0) == (round(bounds[3] / 8), round(bounds[2] / 8))


@pytest.mark.parametrize("suffix", VENDORS)
def test_nothing_is_told_of_patient_or_case(suffix: str, tmp_path: Path) -> None:
    with open_slide(slide(tmp_path, suffix)) as reader:
        assert reader.properties["openslide.vendor"] == VENDORS[suffix]["openslide.vendor"]
        told = "".join(f"{name}{value}" for name, value in reader.properties.items())
    assert TELLTALE not in told
    assert "barcode" not in told.lower()
    assert "date" not in told.lower()


@pytest.mark.parametrize("suffix", VENDORS)
@pytest.mark.parametrize("scale", [4.0, 3.3])
def test_the_scanned_part_is_read_from_its_corner(
    suffix: str, scale: float, tmp_path: Path
) -> None:
    with open_slide(slide(tmp_path, suffix)) as reader:
        height, width = reader.scaled_size(scale)
        pixels = reader.read_rows(0, height, scale)
        strips = [reader.read_rows(top, min(9, height - top), scale) for top in range(0, height, 9)]
        left, top, _, _ = reader.bounds
    np.testing.assert_array_equal(np.concatenate(strips), pixels)
    step = scale / 0.5
    whole = -(-height * step // 1), -(-width * step // 1)
    fine = DrawnSlide().part(left, top, int(whole[1]), int(whole[0]), (1.0, 1.0))
    wanted = cv2.resize(fine, (0, 0), fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    inside = np.s_[: height - 1, : width - 1]
    # Where the corner lies between two pixels of the level, both are averaged once more.
    limit = 2.5 if suffix in BOUNDED else 1.0
    assert np.abs(pixels[inside].astype(int) - wanted[inside]).mean() < limit


def test_what_was_not_scanned_is_white(tmp_path: Path) -> None:
    with open_slide(slide(tmp_path, ".mrxs")) as reader:
        outside = reader.read_region(0, 0, 280, 180)
        edge = reader.read_region(281, 300, 40, 40)
        thumbnail = reader.thumbnail(200)
    assert (outside == 255).all()
    assert (edge[:, :20] == 255).all()
    assert (edge[:, 20:] < 255).any()
    assert (thumbnail[:19, :29] == 255).all()


def test_half_transparent_pixels_are_laid_on_white(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = OpenSlideSource(slide(tmp_path, ".bif"))

    def read_region(*_: Any) -> Image.Image:
        return Image.new("RGBA", (4, 2), (100, 0, 255, 51))

    monkeypatch.setattr(source._slide, "read_region", read_region)
    pixels = source.read_window(0, 0, 0, 4, 2)
    assert np.unique(pixels.reshape(-1, 3), axis=0).tolist() == [[224, 204, 255]]


def test_bounds_beyond_the_slide_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = VENDORS[".scn"] | {"openslide.bounds-width": "9000"}
    monkeypatch.setitem(VENDORS, ".scn", wide)
    with open_slide(slide(tmp_path, ".scn")) as reader:
        assert reader.bounds == (301, 202, 1699, 901)
    monkeypatch.setitem(VENDORS, ".scn", wide | {"openslide.bounds-x": "3000"})
    with open_slide(slide(tmp_path, ".scn")) as reader:
        assert reader.bounds == (0, 0, 2000, 1500)


def test_the_colour_profile_is_applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_slide(slide(tmp_path, ".ndpi")) as reader:
        plain = reader.read_rows(60, 40, 4.0)
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    monkeypatch.setattr(StandIn, "profile", lab)
    with open_slide(slide(tmp_path, ".ndpi")) as reader:
        np.testing.assert_array_equal(reader.read_rows(60, 40, 4.0), plain)
        assert not reader.profile_ignored


def test_without_a_scale_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = {"openslide.vendor": "leica", "tiff.XResolution": "20000"}
    monkeypatch.setitem(VENDORS, ".scn", bare)
    with pytest.raises(UnknownScaleError):
        open_slide(slide(tmp_path, ".scn"))


def test_damage_is_told_without_names(tmp_path: Path) -> None:
    with open_slide(slide(tmp_path, ".ndpi", "broken")) as reader:
        with pytest.raises(CorruptImageError) as caught:
            reader.read_rows(0, 10, 4.0)
        assert TELLTALE not in caught.value.client_message


def test_the_slide_is_closed_with_its_reader(tmp_path: Path) -> None:
    source = OpenSlideSource(slide(tmp_path, ".bif"))
    stand_in: Any = source._slide
    source.close()
    assert stand_in.is_closed


@pytest.mark.parametrize("suffix", BOUNDED)
@pytest.mark.parametrize(("left", "begins"), [(304, 304), (301, 296), (300, 296), (7, 0)])
def test_whole_pixels_of_a_level_are_read_from_the_one_that_holds_the_corner(
    suffix: str, left: int, begins: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = {"openslide.bounds-x": f"{left}", "openslide.bounds-y": f"{left}"}
    monkeypatch.setitem(VENDORS, suffix, VENDORS[suffix] | bounds)
    with open_slide(slide(tmp_path, suffix)) as reader:
        reader.align(4.0)
        assert reader.scanned == (left, left, 1203, 901)
        assert reader.bounds == (begins, begins, 1203 + left - begins, 901 + left - begins)
        height, width = reader.scaled_size(4.0)
        pixels = reader.read_rows(0, height, 4.0)
    # Not averaged: they are those of the level.
    wanted = DrawnSlide().part(begins // 8, begins // 8, width, height, (8.0, 8.0))
    inside = np.s_[1 : height - 1, 1 : width - 1]
    np.testing.assert_array_equal(pixels[inside], wanted[inside])


@pytest.mark.parametrize("scale", [3.3, 4.1])
def test_bounds_stay_where_pixels_of_the_level_are_averaged_anyway(
    scale: float, tmp_path: Path
) -> None:
    with open_slide(slide(tmp_path, ".scn")) as reader:
        reader.align(scale)
        assert reader.bounds == reader.scanned == (301, 202, 1203, 901)
