"""Colours are converted to sRGB from any profile."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from hf_space.imaging.readers import decode_image
from hf_space.imaging.readers.colour import LARGEST_PROFILE
from hf_space.prediction.image import open_image
from tests.hostile import png_chunk
from tests.profiles import cmyk_profile, grey_profile
from tests.unit.test_tiff_reader import DATA, RGB

WIDE = (DATA / "display_p3_profile.png").read_bytes()
DISPLAY_P3: bytes = Image.open(io.BytesIO(WIDE)).info["icc_profile"]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
P3 = ImageCms.ImageCmsProfile(io.BytesIO(DISPLAY_P3))
IN_P3 = np.asarray(
    ImageCms.profileToProfile(Image.fromarray(RGB), SRGB, P3, ImageCms.Intent.RELATIVE_COLORIMETRIC)
)


def tiff(pixels: NDArray[Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, photometric="rgb", metadata=None, **options)
    return file.getvalue()


def still(image_format: str, profile: bytes | None, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(IN_P3).save(file, image_format, icc_profile=profile, **options)
    return file.getvalue()


def distance(data: bytes) -> float:
    return float(np.abs(decode_image(data).astype(int) - RGB).mean())


def test_a_picture_in_display_p3_has_the_colours_of_the_reference() -> None:
    reference = decode_image((DATA / "reference_rgb8.png").read_bytes())
    assert np.abs(decode_image(WIDE).astype(int) - reference).max() <= 1


@pytest.mark.parametrize(
    ("image_format", "options"),
    [
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("JPEG", {"quality": 100, "subsampling": 0}),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
        ("TIFF", {}),
    ],
)
def test_profiles_of_every_format_count(image_format: str, options: dict[str, Any]) -> None:
    plain = float(np.abs(IN_P3.astype(int) - RGB).mean())
    assert distance(still(image_format, DISPLAY_P3, **options)) < 1.5 < plain


def test_profiles_of_tiff_count_in_16_bits_and_tiles() -> None:
    deep = IN_P3.astype(np.uint16) * 257
    assert distance(tiff(deep, iccprofile=DISPLAY_P3, tile=(64, 64))) < 1.0


def test_a_tall_image_is_converted_in_every_strip() -> None:
    tall = np.concatenate([IN_P3] * 9)
    file = io.BytesIO()
    Image.fromarray(tall).save(file, "PNG", icc_profile=DISPLAY_P3)
    expected = np.concatenate([RGB] * 9).astype(int)
    assert np.abs(decode_image(file.getvalue()) - expected).mean() < 1.0


def test_an_srgb_profile_changes_nothing() -> None:
    np.testing.assert_array_equal(decode_image(still("PNG", SRGB.tobytes())), IN_P3)
    np.testing.assert_array_equal(decode_image(tiff(IN_P3, iccprofile=SRGB.tobytes())), IN_P3)


@pytest.mark.parametrize(
    "profile", [b"x", DISPLAY_P3[:200], DISPLAY_P3[:-300], bytes(480)], ids=["x", "cut", "end", "0"]
)
def test_a_damaged_profile_is_ignored(profile: bytes) -> None:
    np.testing.assert_array_equal(decode_image(still("PNG", profile)), IN_P3)
    np.testing.assert_array_equal(decode_image(tiff(IN_P3, iccprofile=profile)), IN_P3)


def test_a_profile_of_another_kind_of_colour_is_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    np.testing.assert_array_equal(decode_image(still("PNG", lab)), IN_P3)


def test_grey_with_a_profile_of_colours_stays_grey() -> None:
    grey = cv2.cvtColor(RGB, cv2.COLOR_RGB2GRAY)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG", icc_profile=DISPLAY_P3)
    pixels = decode_image(file.getvalue()).astype(int)
    assert np.abs(pixels - grey[:, :, None]).max() <= 1


def test_transparency_and_profile_together() -> None:
    rgba = np.dstack([IN_P3, np.full(IN_P3.shape[:2], 255, np.uint8)])
    rgba[:10, :, 3] = 0
    file = io.BytesIO()
    Image.fromarray(rgba).save(file, "PNG", icc_profile=DISPLAY_P3)
    pixels = decode_image(file.getvalue())
    assert (pixels[:10] >= 254).all()
    assert np.abs(pixels[10:].astype(int) - RGB[10:]).mean() < 1.0


def lengthened(length: int) -> bytes:
    """Return the profile of Display P3 with that many bytes."""
    return length.to_bytes(4, "big") + DISPLAY_P3[4:].ljust(length - 4, b"\0")


def is_ignored(data: bytes) -> bool:
    with open_image(data, max_bytes=1 << 25, max_pixels=1_000_000) as reader:
        reader.read_region(0, 0, reader.width, reader.height)
        return reader.profile_ignored


def jpeg_2000(profile: bytes) -> bytes:
    """Return a file of Pillow's with a profile instead of the number of a colour space."""
    file = io.BytesIO()
    Image.fromarray(IN_P3).save(file, "JPEG2000")
    data = file.getvalue()
    header, colour = data.index(b"jp2h") - 4, data.index(b"colr") - 4
    box = (11 + len(profile)).to_bytes(4, "big") + b"colr\2\0\0" + profile
    length = int.from_bytes(data[header : header + 4], "big") + len(box) - 15
    start = data[:header] + length.to_bytes(4, "big")
    return start + data[header + 4 : colour] + box + data[colour + 15 :]


def test_the_profile_of_jpeg_2000_counts() -> None:
    data = jpeg_2000(DISPLAY_P3)
    assert distance(data) < 1.0
    assert not is_ignored(data)
    assert is_ignored(jpeg_2000(DISPLAY_P3[:200]))
    file = io.BytesIO()
    Image.fromarray(IN_P3).save(file, "JPEG2000")
    for plain in (file.getvalue(), file.getvalue()[file.getvalue().index(b"\xff\x4f\xff\x51") :]):
        np.testing.assert_array_equal(decode_image(plain), IN_P3)
        assert not is_ignored(plain)


@pytest.mark.parametrize("length", [1_100_000, 3_000_000, LARGEST_PROFILE])
def test_a_long_profile_is_applied(length: int) -> None:
    for data in (still("PNG", lengthened(length)), tiff(IN_P3, iccprofile=lengthened(length))):
        assert distance(data) < 1.0
        assert not is_ignored(data)


@pytest.mark.parametrize(
    "profile",
    [
        lengthened(LARGEST_PROFILE + 1),
        DISPLAY_P3[:200],
        grey_profile(1.0),
        cmyk_profile(((50, 0, 0),) * 4),
    ],
    ids=["long", "damaged", "grey", "inks"],
)
def test_a_profile_that_cannot_be_applied_is_said(profile: bytes) -> None:
    for data in (still("PNG", profile), still("JPEG", profile), tiff(IN_P3, iccprofile=profile)):
        assert is_ignored(data)
        assert decode_image(data).shape == IN_P3.shape


@pytest.mark.parametrize("profile", [None, SRGB.tobytes(), DISPLAY_P3], ids=["none", "srgb", "p3"])
def test_a_profile_that_is_applied_or_changes_nothing_is_not_said(profile: bytes | None) -> None:
    for data in (still("PNG", profile), still("JPEG", profile), tiff(IN_P3, iccprofile=profile)):
        assert not is_ignored(data)


@pytest.mark.parametrize(
    "content",
    [b"icc\0\0no zlib", b"icc\0\1" + zlib.compress(DISPLAY_P3), b"", b"icc", b"icc\0\0"]
    + [b"icc\0\0" + zlib.compress(DISPLAY_P3)[:-20]],
    ids=["packing", "method", "empty", "name", "nothing", "cut"],
)
def test_a_png_is_read_whose_profile_cannot_be_unpacked(content: bytes) -> None:
    data = still("PNG", b"")
    data = data[:33] + png_chunk(b"iCCP", content) + data[33:]
    np.testing.assert_array_equal(decode_image(data), IN_P3)
    assert is_ignored(data)


def test_a_profile_of_a_wrong_checksum_is_not_applied() -> None:
    data = bytearray(still("PNG", DISPLAY_P3))
    data[data.index(b"iCCP") + 60] ^= 1
    np.testing.assert_array_equal(decode_image(bytes(data)), IN_P3)
    assert is_ignored(bytes(data))


def test_a_jpeg_that_lacks_a_part_of_its_profile_says_so() -> None:
    data = still("JPEG", lengthened(100_000))
    place = data.index(b"ICC_PROFILE\0\2") - 4
    length = int.from_bytes(data[place + 2 : place + 4], "big") + 2
    assert is_ignored(data[:place] + data[place + length :])


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_a_profile_of_grey_counts(mode: str) -> None:
    grey = cv2.cvtColor(RGB, cv2.COLOR_RGB2GRAY)
    linear = grey / 255
    expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    image = deep if mode == "I;16" else Image.fromarray(grey).convert(mode)
    file = io.BytesIO()
    image.save(file, "PNG", icc_profile=grey_profile(1.0))
    found = decode_image(file.getvalue())
    assert np.abs(found - expected[:, :, None] * 255).max() <= 2
    assert not is_ignored(file.getvalue())


def test_transparent_grey_lies_on_white() -> None:
    image = Image.new("LA", (20, 10), (100, 0))
    image.paste((100, 255), (0, 0, 10, 10))
    file = io.BytesIO()
    image.save(file, "PNG")
    pixels = decode_image(file.getvalue())
    assert (pixels[:, :10] == 100).all()
    assert (pixels[:, 10:] == 255).all()


def test_a_profile_of_inks_counts() -> None:
    inks = ((70, -10, -20), (50, 50, 0), (85, 0, 40), (10, 0, 0))
    pixels = np.zeros((16, 80, 4), np.uint8)
    for ink in range(4):
        pixels[:, 16 * (ink + 1) : 16 * (ink + 2), ink] = 255
    lab = np.array([[(100, 0, 0), *inks]], np.float32)
    # OpenCV adapts the white more simply.
    expected = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255
    for image_format, options in (("TIFF", {}), ("JPEG", {"quality": 100})):
        file = io.BytesIO()
        image = Image.fromarray(pixels, "CMYK")
        image.save(file, image_format, icc_profile=cmyk_profile(inks), **options)
        found = decode_image(file.getvalue())[8, 8::16].astype(int)
        assert np.abs(found - expected[0]).max() <= 8
        assert not is_ignored(file.getvalue())


def test_the_data_are_where_the_readme_says() -> None:
    listed = {
        line.split("`")[1]
        for line in (DATA / "README.md").read_text("utf-8").splitlines()
        if line.startswith("| `")
    }
    here = {path.name for path in Path(DATA).iterdir()} - {"README.md", "reference_rgb8.png"}
    assert listed == here
