"""The interface of image readers, tested with the one for still images."""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hf_space.errors import ScaleError, TooManyPixelsError
from hf_space.imaging.readers import READERS, formats
from hf_space.imaging.readers.base import ImageReader, Level
from hf_space.imaging.readers.png import png_parts
from hf_space.prediction.image import open_image
from tests.bundle_factory import encode
from tests.hostile import png_chunk

RAMP = np.arange(60 * 80 * 3, dtype=np.uint32).reshape(60, 80, 3).astype(np.uint8)


def opened(image: np.ndarray, image_format: str = "PNG", **options: Any) -> ImageReader:
    return reader_of(encode(image, image_format, **options))


def reader_of(data: bytes, *, max_pixels: int = 1_000_000) -> ImageReader:
    return open_image(data, max_bytes=1_000_000, max_pixels=max_pixels)


def turned(orientation: int, image_format: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.fromarray(RAMP).save(buffer, image_format, exif=exif)
    return buffer.getvalue()


def test_a_still_image_has_one_level_and_no_scale() -> None:
    reader = opened(RAMP)
    assert (reader.width, reader.height) == (80, 60)
    assert reader.levels == (Level(80, 60, 1.0),)
    assert reader.microns_per_pixel is None
    assert reader.properties == {"format": "PNG"}


def test_a_rectangle_is_read_at_the_images_own_scale() -> None:
    with opened(RAMP) as reader:
        np.testing.assert_array_equal(reader.read_region(10, 20, 30, 5), RAMP[20:25, 10:40])
        np.testing.assert_array_equal(reader.read_region(0, 0, 80, 60), RAMP)


@pytest.mark.parametrize("place", [(-1, 0, 5, 5), (0, 0, 81, 5), (0, 56, 5, 5), (0, 0, 0, 5)])
def test_a_rectangle_outside_of_the_image_is_refused(place: tuple[int, int, int, int]) -> None:
    with opened(RAMP) as reader, pytest.raises(ValueError, match="outside"):
        reader.read_region(*place)


def test_a_rectangle_is_resampled_by_averaging_areas() -> None:
    checks = np.indices((40, 40)).sum(axis=0) % 2 * 200
    image = np.repeat(checks[:, :, None], 3, axis=2).astype(np.uint8)
    with opened(image) as reader:
        reader.microns_per_pixel = (2.0, 2.0)
        read = reader.read_region(0, 0, 40, 20, 4.0)
    np.testing.assert_array_equal(read, np.full((10, 20, 3), 100))


def test_pixels_that_are_not_square_become_square() -> None:
    with opened(RAMP) as reader:
        reader.microns_per_pixel = (2.0, 4.0)
        assert reader.read_region(0, 0, 80, 60, 4.0).shape == (60, 40, 3)


def test_a_scale_cannot_be_asked_for_where_the_images_own_is_unknown() -> None:
    with opened(RAMP) as reader, pytest.raises(ValueError, match="unknown"):
        reader.read_region(0, 0, 80, 60, 4.0)


def test_no_detail_is_made_up_and_memory_is_bounded() -> None:
    with reader_of(encode(RAMP), max_pixels=5000) as reader:
        reader.microns_per_pixel = (40.0, 40.0)
        with pytest.raises(ScaleError):
            reader.read_region(0, 0, 80, 60, 4.0)
        reader.microns_per_pixel = (8.0, 8.0)
        with pytest.raises(TooManyPixelsError):
            reader.read_region(0, 0, 80, 60, 4.0)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_stated_orientation_is_applied_to_size_and_pixels(
    image_format: str, orientation: int
) -> None:
    with reader_of(turned(orientation, image_format)) as reader:
        shape = (60, 80, 3) if orientation < 5 else (80, 60, 3)
        assert (reader.height, reader.width, 3) == shape
        assert reader.read_region(0, 0, reader.width, reader.height).shape == shape


def test_a_png_that_is_turned_keeps_its_corners() -> None:
    # 6: the camera's right side is up, so that the lower left corner comes first.
    with reader_of(turned(6, "PNG")) as reader:
        read = reader.read_region(0, 0, reader.width, reader.height)
    np.testing.assert_array_equal(read[0, 0], RAMP[-1, 0])
    np.testing.assert_array_equal(read[-1, -1], RAMP[0, -1])


def test_the_orientation_of_a_png_counts_wherever_it_stands() -> None:
    plain = encode(RAMP)
    xmp = b'<rdf:Description tiff:Orientation="8"/>'
    content = b"iTXtXML:com.adobe.xmp" + bytes(5) + xmp
    chunk = (len(content) - 4).to_bytes(4) + content + zlib.crc32(content).to_bytes(4)
    for place in (plain.index(b"IDAT") - 4, plain.rindex(b"IEND") - 4):
        with reader_of(plain[:place] + chunk + plain[place:]) as reader:
            assert (reader.width, reader.height) == (60, 80)
            read = reader.read_region(0, 0, 60, 80)
        np.testing.assert_array_equal(read, np.rot90(RAMP))


def test_texts_of_a_png_are_left_out() -> None:
    plain = encode(RAMP)
    packed = zlib.compress(bytes(1_000_000))
    texts = (
        png_chunk(b"tEXt", b"Software\0a"),
        png_chunk(b"zTXt", b"a\0\0" + packed),
        png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed),
    )
    for place in (plain.index(b"IDAT") - 4, plain.rindex(b"IEND") - 4):
        for text in texts:
            with_texts = plain[:place] + text * 80 + plain[place:]
            assert png_parts(with_texts).picture == plain
            # Pillow treats a file with more than 64 MB of them as damaged.
            with reader_of(with_texts) as reader:
                np.testing.assert_array_equal(reader.read_region(0, 0, 80, 60), RAMP)


def test_a_thumbnail_keeps_the_proportions() -> None:
    with opened(RAMP) as reader:
        assert reader.thumbnail(40).shape == (30, 40, 3)
        assert reader.thumbnail(400).shape == (60, 80, 3)


def test_the_formats_offered_are_those_that_are_read() -> None:
    assert formats() == ["TIFF", "PNG", "JPEG", "BMP", "WEBP", "GIF", "AVIF", "JPEG2000"]
    for name in formats():
        assert opened(RAMP, name).properties["format"] == name
    assert b"anything".startswith(READERS[-1].signatures)
