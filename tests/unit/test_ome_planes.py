"""Red, green and blue may be three pages of an OME-TIFF, each with its reduced copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from hf_space.errors import AnimatedImageError
from hf_space.imaging.readers.slide_file import open_slide
from hf_space.imaging.readers.tiff import TiffReader
from tests.drawn_slide import DrawnSlide
from tests.slides import LABEL_COLOUR, label_image
from tests.unit.test_ome_pages import image, ome
from tests.unit.test_tiff_reader import DATA

SLIDE = DrawnSlide(800, 608)
SIZES = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}


def split(pixels: NDArray[Any]) -> NDArray[Any]:
    return np.moveaxis(pixels, -1, 0).copy()


def write(
    path: Path, *, kind: type = np.uint8, label: bool = False, planar: bool = False, **options: Any
) -> Path:
    options |= {"tile": (256, 256), "photometric": "rgb" if planar else "minisblack"}
    options |= {"planarconfig": "separate"} if planar else {}
    with tifffile.TiffWriter(path, ome=True) as writer:
        if label:
            beside = {"axes": "CYX", "Name": "label image"}
            writer.write(split(label_image()), photometric="minisblack", metadata=beside)
        metadata = {"axes": "CYX", "Name": "slide"} | SIZES
        for downsample in (1, 2, 8):
            below = {"subfiletype": 1, "metadata": None}
            chosen = below if downsample > 1 else {"subifds": 2, "metadata": metadata}
            writer.write(split(SLIDE.level(downsample)).astype(kind), **options, **chosen)
    return path


@pytest.mark.parametrize(
    ("compression", "label", "planar"),
    [("zlib", True, False), (None, False, False), ("jpeg2000", False, False), ("zlib", True, True)],
)
def test_the_colours_are_joined_at_every_level(
    tmp_path: Path, compression: str | None, *, label: bool, planar: bool
) -> None:
    path = write(tmp_path / "a.ome.tif", compression=compression, label=label, planar=planar)
    with open_slide(path) as reader:
        assert [level.width for level in reader.levels] == [800, 400, 100]
        assert reader.microns_per_pixel == (0.5, 0.5)
        assert_near(reader.read_rows(0, 608, 0.5), SLIDE.level())
        assert_near(reader.read_rows(0, 76, 4.0), SLIDE.level(8))
    with TiffReader(path.read_bytes()) as upload:
        assert [level.width for level in upload.levels] == [800, 400, 100]
        assert upload.stated_scales == ((0.5, 0.5),)
        assert_near(upload.read_region(0, 0, 800, 608), SLIDE.level())
        assert_near(upload.read_region(0, 0, 800, 608, 4.0), SLIDE.level(8))
        assert not (np.abs(upload.thumbnail(200).astype(int) - LABEL_COLOUR).max(axis=2) < 40).any()


def assert_near(pixels: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> None:
    assert pixels.shape == wanted.shape
    assert np.abs(pixels.astype(int) - wanted).max() <= 1


def test_the_profile_is_that_of_the_joined_colours(tmp_path: Path) -> None:
    with Image.open(DATA / "display_p3_profile.png") as picture:
        profile: bytes = picture.info["icc_profile"]
    path = write(tmp_path / "a.ome.tif", iccprofile=profile)
    rgb = tmp_path / "b.tif"
    options: dict[str, Any] = {"photometric": "rgb", "tile": (256, 256), "metadata": None}
    tifffile.imwrite(rgb, SLIDE.level(), iccprofile=profile, **options)
    with TiffReader(path.read_bytes()) as split_up, TiffReader(rgb.read_bytes()) as whole:
        pixels = split_up.read_region(0, 0, 800, 608)
        np.testing.assert_array_equal(pixels, whole.read_region(0, 0, 800, 608))
        assert not split_up.profile_ignored
    with open_slide(path) as reader:
        np.testing.assert_array_equal(reader.read_rows(0, 608, 0.5), pixels)


def test_channels_are_in_the_order_that_is_stated(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    blocks = "".join(f'<TiffData FirstC="{2 - page}" IFD="{page}"/>' for page in range(3))
    text = ome(image("slide", 0.5, blocks, channels=3, samples=1))
    with tifffile.TiffWriter(path) as writer:
        for number, plane in enumerate(split(SLIDE.level(8))[::-1]):
            options: dict[str, Any] = {"photometric": "minisblack", "metadata": None}
            description = text if number == 0 else None
            writer.write(plane, subifds=1, description=description, **options)
            writer.write(plane[::2, ::2], subfiletype=1, **options)
    with open_slide(path) as reader:
        np.testing.assert_array_equal(reader.read_rows(0, 76, 0.5), SLIDE.level(8))


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_channels_of_another_depth_are_several_pages(kind: type, tmp_path: Path) -> None:
    path = write(tmp_path / "a.ome.tif", kind=kind)
    with pytest.raises(AnimatedImageError):
        open_slide(path)
    with pytest.raises(AnimatedImageError):
        TiffReader(path.read_bytes())


@pytest.mark.parametrize("is_ome", [False, True])
def test_pages_of_one_size_without_copies_stay_several(tmp_path: Path, *, is_ome: bool) -> None:
    # tifffile calls the planes of any stack channels.
    path = tmp_path / "a.tif"
    options: dict[str, Any] = {"ome": True} if is_ome else {"metadata": None}
    tifffile.imwrite(path, split(SLIDE.level(8)), photometric="minisblack", **options)
    with pytest.raises(AnimatedImageError):
        open_slide(path, microns_per_pixel=0.5)
