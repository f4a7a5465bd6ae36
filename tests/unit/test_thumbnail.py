from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from hf_space.imaging.readers.pillow import PillowReader
from hf_space.prediction.response import encode_thumbnail, read_thumbnail
from tests.bundle_factory import encode
from tests.synthetic import make_patches


def noise(height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(height * 1000 + width)
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def make_thumbnail(image: np.ndarray) -> bytes:
    return thumbnail_of(encode(image))


def thumbnail_of(data: bytes) -> bytes:
    with PillowReader(data) as reader:
        return encode_thumbnail(reader.thumbnail(256))


@pytest.mark.parametrize(("height", "width"), [(50, 50), (1, 1), (64, 64), (16, 256), (3, 50)])
def test_a_small_image_is_kept_pixel_by_pixel(height: int, width: int) -> None:
    image = noise(height, width)
    np.testing.assert_array_equal(read_thumbnail(make_thumbnail(image)), image)


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (300, 400, (192, 256)),
        (2000, 500, (256, 64)),
        (257, 257, (256, 256)),
        (256, 256, (256, 256)),
        (100, 120, (100, 120)),
        (10, 5000, (1, 256)),
    ],
)
def test_a_large_image_shrinks_in_proportion(
    height: int, width: int, size: tuple[int, int]
) -> None:
    webp = make_thumbnail(noise(height, width))
    assert read_thumbnail(webp).shape == (*size, 3)
    assert len(webp) < 100_000


def test_a_shrunk_image_looks_like_the_image() -> None:
    patches, _ = make_patches(2)
    image = np.kron(patches[0], np.ones((12, 12, 1), np.uint8))
    small = read_thumbnail(make_thumbnail(image)).astype(float)
    expected = np.asarray(Image.fromarray(image).resize((256, 256), Image.Resampling.BOX), float)
    assert np.abs(small - expected).mean() < 8
    np.testing.assert_allclose(small.mean(axis=(0, 1)), expected.mean(axis=(0, 1)), atol=2)


def test_nothing_of_the_files_metadata_is_in_it() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe, born 1970"
    data = encode(noise(300, 300), "JPEG", exif=exif, comment=b"Jane Doe")
    assert b"Jane Doe" in data
    webp = thumbnail_of(data)
    assert b"Jane" not in webp
    with Image.open(io.BytesIO(webp)) as picture:
        assert picture.format == "WEBP"
        assert not set(picture.info) & {"exif", "icc_profile", "xmp", "comment"}
        assert not dict(picture.getexif())
