"""OME-XML states to which image a page of a TIFF belongs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from hf_space.errors import AnimatedImageError, UnknownScaleError
from hf_space.imaging.readers.scales import ome_images
from hf_space.imaging.readers.slide_file import open_slide
from hf_space.imaging.readers.tiff import TiffReader
from tests.unit.test_tiff_pyramids import BESIDE, MAIN, STRIPS, TILES, colours, pages, plain

Written: TypeAlias = tuple[NDArray[np.uint8], dict[str, Any]]
SLIDE, MACRO = (plain(512, 256, MAIN), TILES), (plain(300, 300, BESIDE), STRIPS)


def image(
    name: str, scale: float, blocks: str, *, z: int = 1, channels: int = 1, samples: int = 3
) -> str:
    channel = f'<Channel SamplesPerPixel="{samples}"/>' * channels
    sizes = f'SizeC="3" SizeZ="{z}" SizeT="1"'
    return (
        f'<Image Name="{name}"><Pixels {sizes} PhysicalSizeX="{scale}" PhysicalSizeY="{scale}">'
        f"{channel}{blocks}</Pixels></Image>"
    )


def ome(*images: str) -> str:
    namespace = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
    return f'<?xml version="1.0"?><OME xmlns="{namespace}">{"".join(images)}</OME>'


def written(text: str, *images: Written) -> bytes:
    (first, options), *others = images
    return pages((first, options | {"description": text}), *others)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        (
            ome(
                image("macro", 16.0, '<TiffData IFD="1"/>'),
                image("slide", 0.5, '<TiffData IFD="0"/>'),
            ),
            (SLIDE, MACRO),
        ),
        (
            ome(
                image("macro", 16.0, '<TiffData IFD="0" PlaneCount="1"/>'),
                image("slide", 0.5, '<TiffData IFD="1" PlaneCount="1"/>'),
            ),
            (MACRO, SLIDE),
        ),
        (
            ome(
                image("slide", 0.5, '<TiffData IFD="1"/>'),
                image("macro", 16.0, '<TiffData IFD="0"/>', z=5),
            ),
            (MACRO, SLIDE),
        ),
        (ome(image("macro", 16.0, "<TiffData/>"), image("slide", 0.5, "")), (MACRO, SLIDE)),
        (ome(image("slide", 0.5, ""), image("macro", 16.0, "<TiffData/>")), (SLIDE, MACRO)),
    ],
    ids=["macro is listed first", "and stored first", "stored first", "counted on", "no IFD"],
)
def test_the_scale_is_that_of_the_image_the_page_is_of(
    text: str, order: tuple[Written, Written], tmp_path: Path
) -> None:
    path = tmp_path / "slide.ome.tif"
    path.write_bytes(written(text, *order))
    with TiffReader(path.read_bytes()) as reader:
        assert reader.stated_scales == ((0.5, 0.5),)
        assert (reader.width, reader.height) == (512, 256)
        assert colours(reader.read_region(0, 0, 512, 256)) == {MAIN}
    with open_slide(path) as slide:
        assert slide.microns_per_pixel == (0.5, 0.5)
        assert colours(slide.read_rows(0, 256, 0.5)) == {MAIN}


def test_without_an_image_of_the_page_the_scale_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "slide.ome.tif"
    path.write_bytes(written(ome(image("slide", 0.5, '<TiffData IFD="7"/>')), SLIDE))
    assert TiffReader(path.read_bytes()).stated_scales == ()
    with pytest.raises(UnknownScaleError):
        open_slide(path)


def test_images_that_claim_one_page_must_agree() -> None:
    text = ome(image("a", 0.5, '<TiffData IFD="0"/>'), image("b", 2.0, '<TiffData IFD="0"/>'))
    reader = TiffReader(written(text, SLIDE))
    assert reader.stated_scales == ((0.5, 0.5), (2.0, 2.0))
    assert reader.microns_per_pixel is None


def test_planes_count_of_the_image_the_page_is_of() -> None:
    stack = image("slide", 0.5, '<TiffData IFD="1"/>', z=5)
    text = ome(image("macro", 16.0, '<TiffData IFD="0"/>'), stack)
    with pytest.raises(AnimatedImageError):
        TiffReader(written(text, MACRO, SLIDE))


@pytest.mark.parametrize(
    ("blocks", "channels", "expected"),
    [
        ('<TiffData IFD="3"/>', 1, {3}),
        ('<TiffData IFD="3" PlaneCount="2"/>', 1, {3, 4}),
        ('<TiffData IFD="2"/><TiffData IFD="0"/>', 1, {0, 2}),
        ('<TiffData IFD="2"/><TiffData PlaneCount="1"/>', 1, {2, 3}),
        ("", 1, {0, 1}),
        ("", 3, {0, 1, 2, 3, 4, 5}),
        ('<TiffData IFD="999999999" PlaneCount="999999999"/>' * 5000, 1, set()),
    ],
)
def test_pages_are_those_that_the_blocks_name(
    blocks: str, channels: int, expected: set[int]
) -> None:
    (found,) = ome_images(ome(image("slide", 0.5, blocks, z=2, channels=channels)))
    assert set(found.pages) == expected
    assert found.scale == (0.5, 0.5)
