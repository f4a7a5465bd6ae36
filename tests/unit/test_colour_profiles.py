"""Colours are those of sRGB, whatever profile a file has."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from hf_space.imaging.readers import decode_image
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


def still(image_format: str, profile: bytes, **options: Any) -> bytes:
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


def test_the_data_are_where_the_readme_says() -> None:
    listed = {
        line.split("`")[1]
        for line in (DATA / "README.md").read_text("utf-8").splitlines()
        if line.startswith("| `")
    }
    here = {path.name for path in Path(DATA).iterdir()} - {"README.md", "reference_rgb8.png"}
    assert listed == here
