"""Supported files, files refused by name, and JPEGs without their end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from hf_space.errors import CorruptImageError, UnsupportedImageError
from hf_space.imaging.readers import decode_image, formats, suffixes
from tests.bundle_factory import encode
from tests.hostile import png_chunk
from tests.unit.test_tiff_reader import RGB, by_opencv

END = b"\xff\xd9"


def jpeg(**options: Any) -> bytes:
    return encode(RGB, "JPEG", quality=92, **options)


@pytest.mark.parametrize(
    ("image_format", "options"),
    [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True}), ("JPEG2000", {})],
)
def test_formats_without_loss_are_exact(image_format: str, options: dict[str, Any]) -> None:
    np.testing.assert_array_equal(decode_image(encode(RGB, image_format, **options)), RGB)


@pytest.mark.parametrize("image_format", ["AVIF", "JPEG", "WEBP"])
def test_formats_with_loss_are_close(image_format: str) -> None:
    decoded = decode_image(encode(RGB, image_format, quality=95))
    assert np.abs(decoded.astype(int) - RGB).mean() < 12


def test_every_format_that_is_offered_is_read() -> None:
    for name in formats():
        assert decode_image(encode(RGB, name)).shape == RGB.shape
    assert {".tif", ".svs", ".png", ".jp2", ".avif"} <= suffixes()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_of_16_bits_is_read_as_opencv_does(channels: int) -> None:
    pixels = np.random.default_rng(4).integers(0, 65536, (40, 30, channels), dtype=np.uint16)
    if channels == 4:
        pixels[..., 3] = 65535
    data = cv2.imencode(".png", pixels)[1].tobytes()
    expected = by_opencv(data)
    assert np.abs(decode_image(data).astype(int) - expected).max() <= 1


def box(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + bytes(40)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (box(b"heic"), "HEIC"),
        (box(b"mif1"), "HEIC"),
        (box(b"isom"), "Video"),
        (b"\xff\x0a" + bytes(40), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), "JPEG XL"),
        (bytes(128) + b"DICM" + bytes(40), "DICOM"),
        (b"%PDF-1.7\n", "PDF"),
        (b"%!PS-Adobe-3.0\n", "PostScript"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg width='1'/>", "SVG"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"PK\x03\x04" + bytes(40), "zip"),
        (b"8BPS\0\1" + bytes(40), "PSD"),
        (b"ZISRAWFILE" + bytes(40), "CZI"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(40), "raw file"),
        (b"II\xbc\x01" + bytes(40), "JPEG XR"),
        (b"P6\n2 2\n255\n" + bytes(12), "Netpbm"),
    ],
)
def test_what_is_not_read_is_named(data: bytes, name: str) -> None:
    with pytest.raises(UnsupportedImageError, match=f"{name}.* is not supported; "):
        decode_image(data)


@pytest.mark.parametrize("length", [32, 300, 0.5, 0.9])
def test_a_truncated_avif_is_corrupt(length: float) -> None:
    file = io.BytesIO()
    noise = np.random.default_rng(5).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    Image.fromarray(noise).save(file, "AVIF")
    whole = file.getvalue()
    with pytest.raises(CorruptImageError):
        decode_image(whole[: int(length if length > 1 else length * len(whole))])


def test_what_nobody_knows_is_answered_with_the_formats() -> None:
    with pytest.raises(UnsupportedImageError, match="TIFF, PNG, JPEG"):
        decode_image(b"hello, this is no image at all")


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("subsampling", [0, 2], ids=["444", "420"])
@pytest.mark.parametrize("restarts", [0, 2], ids=["plain", "restarts"])
def test_a_jpeg_that_lacks_its_end_is_read(
    *, progressive: bool, subsampling: int, restarts: int
) -> None:
    data = jpeg(progressive=progressive, subsampling=subsampling, restart_marker_rows=restarts)
    whole = decode_image(data)
    assert data.endswith(END)
    for cut in (data[:-1], data[:-2], data[:-2] + bytes(9), data + b"padding"):
        np.testing.assert_array_equal(decode_image(cut), whole)


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("restarts", [0, 2], ids=["plain", "restarts"])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_jpeg_that_lacks_pixels_is_corrupt(
    share: float, *, progressive: bool, restarts: int
) -> None:
    data = jpeg(progressive=progressive, restart_marker_rows=restarts)
    with pytest.raises(CorruptImageError):
        decode_image(data[: int(len(data) * share)])


def test_a_jpeg_cut_between_its_scans_is_corrupt() -> None:
    data = jpeg(progressive=True)
    last_scan = data.rindex(b"\xff\xda")
    tables = data.rindex(b"\xff\xc4")
    with pytest.raises(CorruptImageError):
        decode_image(data[: min(last_scan, tables)])


def test_text_and_time_in_a_png_change_nothing() -> None:
    data = encode(RGB)
    chunk = png_chunk(b"tEXt", b"Comment\0" + b"x" * 500)
    place = data.index(b"IDAT") - 4
    np.testing.assert_array_equal(decode_image(data[:place] + chunk + data[place:]), RGB)


def test_a_phone_turns_its_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, "AVIF", quality=95, exif=exif)
    assert decode_image(file.getvalue()).shape == (RGB.shape[1], RGB.shape[0], 3)


def test_the_site_offers_what_the_readers_know() -> None:
    site = Path(__file__).parents[2] / "frontend/src/lib/upload/readable-formats.json"
    assert json.loads(site.read_text("utf-8")) == {
        "formats": formats(),
        "suffixes": sorted(suffixes()),
    }
