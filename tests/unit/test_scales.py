"""The scale that files state in descriptions and resolution."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from hf_space.imaging.readers.scales import agreed, aperio_scale, imagej_scale, ome_images
from hf_space.prediction.image import open_image
from tests.bundle_factory import encode

PIXELS = np.full((20, 30, 3), 200, np.uint8)
OME = "<OME><Image><Pixels {}><Channel/></Pixels></Image></OME>"


def scale_of(data: bytes) -> tuple[float, float] | None:
    with open_image(data, max_bytes=1_000_000, max_pixels=1_000_000) as reader:
        assert len(reader.stated_scales) <= 1
        found = reader.microns_per_pixel
    return found and (round(found[0], 5), round(found[1], 5))


def tiff(**options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, PIXELS, photometric="rgb", **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("unit", "pixels_per_unit", "expected"),
    [
        ("micron", 2.0, 0.5),
        ("um", 4.0, 0.25),
        ("µm", 4.0, 0.25),
        ("\\u00B5m", 4.0, 0.25),
        ("mm", 2000.0, 0.5),
        ("cm", 2500.0, 4.0),
        ("inch", 25400.0, 1.0),
        ("nm", 0.002, 0.5),
        ("pixel", 2.0, None),
        ("", 2.0, None),
        ("micron", 0.0, None),
        ("micron", 0.001, None),
    ],
)
def test_imagej_counts_pixels_per_its_own_unit(
    unit: str, pixels_per_unit: float, expected: float | None
) -> None:
    text = f"ImageJ=1.54f\nimages=1\nunit={unit}\nloop=false\n"
    found = agreed(imagej_scale(text, pixels_per_unit, pixels_per_unit))
    assert found == (None if expected is None else pytest.approx((expected, expected)))


def test_what_tifffile_writes_for_imagej_is_read_once() -> None:
    data = tiff(imagej=True, resolution=(2.0, 4.0), metadata={"unit": "um"})
    assert scale_of(data) == (0.5, 0.25)
    both = tiff(imagej=True, resolution=(10_000, 10_000), metadata={"unit": "cm"}, resolutionunit=3)
    assert scale_of(both) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Aperio Image Library|AppMag = 20|MPP = 0.4990|Left = 3", 0.499),
        ("Aperio|MPP=0.25", 0.25),
        ("Aperio|MPP = 0", None),
        ("Aperio|MPP = 499", None),
        ("Aperio|MPP = ...", None),
        ("Aperio|AppMag = 20", None),
    ],
)
def test_aperio_states_micrometres(text: str, expected: float | None) -> None:
    found = agreed(aperio_scale(text))
    assert found == (None if expected is None else (expected, expected))


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('PhysicalSizeX="0.25" PhysicalSizeY="0.5"', (0.25, 0.5)),
        ('PhysicalSizeX="0.25" PhysicalSizeXUnit="µm" PhysicalSizeY="0.25"', (0.25, 0.25)),
        ('PhysicalSizeX="0.25" PhysicalSizeXUnit="&#181;m" PhysicalSizeY="0.25"', (0.25, 0.25)),
        (
            'PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="0.00025" '
            'PhysicalSizeYUnit="mm"',
            (0.25, 0.25),
        ),
        (
            'PhysicalSizeX="2500" PhysicalSizeXUnit="Å" PhysicalSizeY="2500" PhysicalSizeYUnit="Å"',
            (0.25, 0.25),
        ),
        ('PhysicalSizeX="1" PhysicalSizeXUnit="pixel" PhysicalSizeY="1"', None),
        ('PhysicalSizeX="0.25"', (0.25, 0.25)),
        ('PhysicalSizeY="250" PhysicalSizeYUnit="nm"', (0.25, 0.25)),
        ('PhysicalSizeX="0.25" PhysicalSizeY="1" PhysicalSizeYUnit="pixel"', None),
        ('PhysicalSizeX="-1" PhysicalSizeY="nan"', None),
        ("", None),
    ],
)
def test_ome_states_sizes_with_units(attributes: str, expected: tuple[float, float] | None) -> None:
    (image,) = ome_images(OME.format(attributes))
    assert image.scale == (expected and pytest.approx(expected))


def test_ome_as_tifffile_writes_it() -> None:
    sizes = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 500.0}
    units = {"PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "nm"}
    assert scale_of(tiff(ome=True, metadata=sizes | units)) == (0.5, 0.5)


def test_hostile_xml_is_not_parsed() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><OME>' + "<Image " * 100_000
    assert ome_images(bomb) == []
    assert ome_images("<OME><Pixels " + "a" * 1_000_000) == []


@pytest.mark.parametrize(
    ("resolution", "unit", "expected"),
    [
        ((40_000.0, 20_000.0), 3, (0.25, 0.5)),
        ((25_400.0, 25_400.0), 2, (1.0, 1.0)),
        ((72.0, 72.0), 2, None),
        ((300.0, 300.0), 2, None),
        ((96.0, 96.0), 3, None),
        ((40_000.0, 40_000.0), 1, None),
        ((0.0, 0.0), 3, None),
    ],
)
def test_tags_count_where_they_are_plausible(
    resolution: tuple[float, float], unit: int, expected: tuple[float, float] | None
) -> None:
    assert scale_of(tiff(resolution=resolution, resolutionunit=unit, metadata=None)) == expected


@pytest.mark.parametrize(
    ("image_format", "dpi", "expected"),
    [
        ("PNG", 25_400, 1.0),
        ("PNG", 6_350, 4.0),
        ("BMP", 25_400, 1.0),
        ("JPEG", 6_350, 4.0),
        ("PNG", 72, None),
        ("PNG", 300, None),
        ("JPEG", 300, None),
        ("JPEG", 96, None),
        ("BMP", 96, None),
    ],
)
def test_resolution_of_other_formats(image_format: str, dpi: int, expected: float | None) -> None:
    found = scale_of(encode(PIXELS, image_format, dpi=(dpi, dpi)))
    assert found == (None if expected is None else pytest.approx((expected, expected), rel=1e-3))


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_resolution_in_exif_counts(image_format: str) -> None:
    exif = Image.Exif()
    exif[282], exif[283], exif[296] = 20_000.0, 20_000.0, 3
    assert scale_of(encode(PIXELS, image_format, exif=exif)) == (0.5, 0.5)


def test_axes_turn_with_the_image() -> None:
    tags = [(274, 3, 1, 6, True)]
    data = tiff(resolution=(40_000, 20_000), resolutionunit=3, metadata=None, extratags=tags)
    assert scale_of(data) == (0.5, 0.25)


def test_a_file_that_contradicts_itself_has_no_scale() -> None:
    text = "Aperio Image Library|MPP = 0.25"
    data = tiff(resolution=(20_000, 20_000), resolutionunit=3, description=text, metadata=None)
    with open_image(data, max_bytes=1_000_000, max_pixels=1_000_000) as reader:
        assert reader.stated_scales == ((0.25, 0.25), (0.5, 0.5))
        assert reader.microns_per_pixel is None
    close = tiff(resolution=(39_000, 39_000), resolutionunit=3, description=text, metadata=None)
    with open_image(close, max_bytes=1_000_000, max_pixels=1_000_000) as reader:
        assert reader.microns_per_pixel == (0.25, 0.25)
