from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from hf_space.errors import (
    AnimatedImageError,
    CorruptImageError,
    ImageError,
    MissingImageError,
    PayloadTooLargeError,
    TooManyPixelsError,
    UnsupportedImageError,
)
from hf_space.imaging.readers import decode_image
from tests.bundle_factory import encode, plain_image
from tests.hostile import png_of_size, saved

NOISE = np.random.default_rng(3).integers(0, 256, (50, 40, 3), dtype=np.uint8)


@pytest.mark.parametrize("image_format", ["PNG", "TIFF", "BMP"])
def test_lossless_formats_give_the_exact_pixels(image_format: str) -> None:
    decoded = decode_image(encode(NOISE, image_format))
    assert decoded.dtype == np.uint8
    assert decoded.flags.writeable
    np.testing.assert_array_equal(decoded, NOISE)


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP"])
def test_lossy_formats_give_the_colour(image_format: str) -> None:
    decoded = decode_image(encode(plain_image(200, 120, 190), image_format, quality=95))
    assert decoded.shape == (50, 50, 3)
    np.testing.assert_allclose(decoded.mean((0, 1)), (200, 120, 190), atol=3)


def test_exif_orientation_is_applied() -> None:
    image = Image.fromarray(NOISE)
    exif = image.getexif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise
    np.testing.assert_array_equal(
        decode_image(saved(image, "PNG", exif=exif)), np.rot90(NOISE, k=-1)
    )


def test_transparency_lies_on_white() -> None:
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[..., 0] = 200
    rgba[..., 3] = [0, 51, 102, 255]
    decoded = decode_image(saved(Image.fromarray(rgba)))
    np.testing.assert_allclose(decoded[0, :, 0], [255, 244, 233, 200], atol=1)
    np.testing.assert_allclose(decoded[0, :, 1], [255, 204, 153, 0], atol=1)


def test_a_tall_image_has_no_seams() -> None:
    rgba = np.random.default_rng(5).integers(0, 256, (1100, 7, 4), dtype=np.uint8)
    alpha = rgba[..., 3:] / 255.0
    expected = rgba[..., :3] * alpha + 255.0 * (1.0 - alpha)
    decoded = decode_image(saved(Image.fromarray(rgba)))
    np.testing.assert_allclose(decoded, expected, atol=1)


def test_transparent_palette_entry_lies_on_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    decoded = decode_image(saved(image, "PNG", transparency=0))
    assert decoded[0].tolist() == [[255, 255, 255], [40, 50, 60]]


def test_grey_becomes_three_equal_channels() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(
        decode_image(encode(grey)), np.repeat(grey[:, :, None], 3, axis=2)
    )


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    grey = np.array([[0, 257, 32896, 65535]], np.uint16)
    assert decode_image(saved(Image.fromarray(grey)))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_ink_on_paper_becomes_light() -> None:
    cmyk = Image.new("CMYK", (8, 8), (0, 255, 0, 0))  # full magenta
    decoded = decode_image(saved(cmyk, "TIFF"))
    assert decoded[0, 0].tolist() == [255, 0, 255]


def test_a_phones_picture_with_a_preview_is_its_first_frame() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert decode_image(data)[0, 0].tolist() == [254, 0, 0]


def test_floating_point_pixels_are_refused() -> None:
    with pytest.raises(UnsupportedImageError, match="no fixed range"):
        decode_image(saved(Image.new("F", (4, 4), 1000.0), "TIFF"))


@pytest.mark.parametrize("image_format", ["GIF", "PNG", "TIFF", "WEBP"])
def test_several_frames_are_refused(image_format: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = saved(frames[0], image_format, save_all=True, append_images=frames[1:])
    with pytest.raises(AnimatedImageError):
        decode_image(data)


@pytest.mark.parametrize("disposal", [0, 2, 3])
def test_what_stands_beside_the_picture_of_a_gif_changes_no_pixel(disposal: int) -> None:
    image = Image.fromarray(NOISE[..., 0]).quantize(64)
    whole = {"transparency": 5, "disposal": disposal, "comment": b"x" * 1000, "loop": 0}
    expected = np.asarray(image.convert("RGB")).copy()
    expected[np.asarray(image) == 5] = 255
    np.testing.assert_array_equal(decode_image(saved(image, "GIF", **whole)), expected)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_truncated_files_are_client_errors(image_format: str, share: float) -> None:
    data = encode(NOISE, image_format)
    with pytest.raises(ImageError) as caught:
        decode_image(data[: int(len(data) * share)])
    assert 400 <= caught.value.status < 500


def test_damaged_pixels_are_told_from_unknown_formats() -> None:
    data = bytearray(encode(NOISE))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(CorruptImageError):
        decode_image(bytes(data))


@pytest.mark.parametrize(
    "data",
    [b"hello", b"\x00" * 100, b"%PDF-1.7\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
    ids=["text", "zeros", "pdf", "svg"],
)
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(UnsupportedImageError):
        decode_image(data)


def test_no_bytes_are_refused() -> None:
    with pytest.raises(MissingImageError):
        decode_image(b"")


@pytest.mark.parametrize("side", [8_000, 10_000, 100_000])
def test_decompression_bombs_are_refused_on_their_header(side: int) -> None:
    with pytest.raises(TooManyPixelsError):
        decode_image(png_of_size(side, side))


def test_limits_are_inclusive() -> None:
    data = encode(NOISE)
    assert decode_image(data, max_bytes=len(data), max_pixels=2000).shape == (50, 40, 3)
    with pytest.raises(PayloadTooLargeError):
        decode_image(data, max_bytes=len(data) - 1)
    with pytest.raises(TooManyPixelsError):
        decode_image(data, max_pixels=1999)
