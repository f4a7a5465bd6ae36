"""Every kind of TIFF gives the pixels that were written, as OpenCV reads them where it can."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from hf_space.errors import AnimatedImageError, CorruptImageError, UnsupportedImageError
from hf_space.imaging.readers import decode_image

DATA = Path(__file__).parents[1] / "data"
RGB = decode_image((DATA / "reference_rgb8.png").read_bytes())[100:237, 200:365].copy()
GREY = cv2.cvtColor(RGB, cv2.COLOR_RGB2GRAY)
DEEP = RGB.astype(np.uint16) * 257
LAYOUTS = [
    pytest.param({"byteorder": order, "metadata": None} | layout, id=f"{name} {order}")
    for order in "<>"
    for name, layout in (("strips", {"rowsperstrip": 17}), ("tiles", {"tile": (64, 48)}))
]


def written(pixels: NDArray[Any], layout: dict[str, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **layout, **options)
    return file.getvalue()


def saved(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "TIFF", **options)
    return file.getvalue()


def by_opencv(data: bytes) -> NDArray[Any]:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(pixels)[..., ::-1]


def differences(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.int64]:
    assert first.shape == second.shape
    return np.asarray(np.abs(first.astype(int) - second))


def in_three(grey: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(grey[:, :, None], 3, axis=2)


def planes(pixels: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("pixels", [RGB, DEEP], ids=["8 bits", "16 bits"])
@pytest.mark.parametrize("planar", [False, True], ids=["contiguous", "planar"])
@pytest.mark.parametrize("bigtiff", [False, True], ids=["classic", "big"])
def test_colours_are_those_that_were_written(
    layout: dict[str, Any], pixels: NDArray[Any], *, planar: bool, bigtiff: bool
) -> None:
    arranged = planes(pixels) if planar else pixels
    config = "separate" if planar else "contig"
    data = written(arranged, layout, photometric="rgb", planarconfig=config, bigtiff=bigtiff)
    np.testing.assert_array_equal(decode_image(data), RGB)
    assert differences(by_opencv(data), RGB).max() <= 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("predictor", [False, True], ids=["plain", "predicted"])
@pytest.mark.parametrize("pixels", [RGB, DEEP], ids=["8 bits", "16 bits"])
@pytest.mark.parametrize("compression", ["lzw", "zlib", "packbits", "zstd", "lzma"])
def test_compressions_without_loss_are_exact(
    layout: dict[str, Any], compression: str, pixels: NDArray[Any], *, predictor: bool
) -> None:
    if compression == "packbits" and predictor:
        pytest.skip("no such TIFF")
    options: dict[str, Any] = {"compression": compression, "photometric": "rgb"}
    options["predictor"] = predictor
    np.testing.assert_array_equal(decode_image(written(pixels, layout, **options)), RGB)
    split = written(planes(pixels), layout, planarconfig="separate", **options)
    np.testing.assert_array_equal(decode_image(split), RGB)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("compression", "options", "bound"),
    [
        ("jpeg2000", {}, 0.0),
        ("aperio_jp2000_rgb", {}, 0.0),
        ("webp", {"lossless": True}, 0.0),
        ("jpegxl", {"lossless": True}, 0.0),
        ("png", {}, 0.0),
    ],
)
def test_image_compressions_give_the_colours(
    layout: dict[str, Any], compression: str, options: dict[str, Any], bound: float
) -> None:
    data = written(RGB, layout, photometric="rgb", compression=compression, compressionargs=options)
    assert differences(decode_image(data), RGB).mean() <= bound


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("subsampling", ["444", "420"])
def test_jpeg_is_decoded_as_by_opencv(layout: dict[str, Any], subsampling: str) -> None:
    layout = layout if "tile" in layout else layout | {"rowsperstrip": 32}
    args = {"compression": "jpeg", "compressionargs": {"level": 90, "subsampling": subsampling}}
    data = written(RGB, layout, photometric="rgb", **args)
    assert differences(decode_image(data), by_opencv(data)).max() <= 2
    assert differences(decode_image(data), RGB).mean() < 12


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_and_its_opposite(layout: dict[str, Any], dtype: type) -> None:
    full = np.iinfo(dtype).max
    grey = GREY.astype(dtype) * (full // 255)
    black = written(grey, layout, photometric="minisblack")
    white = written(full - grey, layout, photometric="miniswhite", compression="lzw")
    for data in (black, white):
        np.testing.assert_array_equal(decode_image(data), in_three(GREY))
        # OpenCV leaves out the last tiles where they have 16 bits.
        if dtype is np.uint8 or "tile" not in layout:
            assert differences(by_opencv(data), in_three(GREY)).max() <= 1


@pytest.mark.parametrize("bits", [1, 2, 4, 10, 12])
def test_other_depths_reach_from_black_to_white(bits: int) -> None:
    highest = (1 << bits) - 1
    values = GREY.astype(np.uint16) * highest // 255
    stored = values.astype(bool if bits == 1 else np.uint8 if bits < 8 else np.uint16)
    layout = {"metadata": None, "rowsperstrip": 10}
    options = {} if bits == 1 else {"bitspersample": bits}
    data = written(stored, layout, photometric="minisblack", **options)
    np.testing.assert_array_equal(decode_image(data)[..., 0], values * 255 // highest)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("top", [1.0, 255.0])
def test_floating_point_has_one_of_two_ranges(
    layout: dict[str, Any], dtype: type, top: float
) -> None:
    pixels: NDArray[Any] = (RGB * (top / 255.0)).astype(dtype)
    for predictor in (False, True):
        options: dict[str, Any] = {"compression": "zlib", "photometric": "rgb"}
        options["predictor"] = predictor
        if predictor and dtype is np.float16:
            continue
        assert differences(decode_image(written(pixels, layout, **options)), RGB).max() <= 1


@pytest.mark.parametrize(
    ("lowest", "highest"), [(-0.5, 1.0), (0.0, 1.2), (0.0, 4095.0), (0.0, float("nan"))]
)
def test_floating_point_of_an_unclear_range_is_refused(lowest: float, highest: float) -> None:
    pixels = np.linspace(0.0, 1.0, 300, dtype=np.float32).reshape(10, 10, 3)
    pixels[0, 0, 0], pixels[-1, -1, -1] = lowest, highest
    with pytest.raises(UnsupportedImageError, match="no fixed range"):
        decode_image(written(pixels, {}, photometric="rgb"))


@pytest.mark.parametrize("dtype", [np.uint32, np.int16, np.int32])
def test_integers_without_a_range_are_refused(dtype: type) -> None:
    with pytest.raises(UnsupportedImageError, match="no fixed range"):
        decode_image(written(GREY.astype(dtype), {}, photometric="minisblack"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_palettes_give_their_colours(layout: dict[str, Any]) -> None:
    colours = np.random.default_rng(2).integers(0, 65536, (3, 256), dtype=np.uint16)
    data = written(GREY, layout, photometric="palette", colormap=colours)
    np.testing.assert_array_equal(decode_image(data), (colours // 257).T[GREY])
    assert differences(decode_image(data), by_opencv(data)).max() <= 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_transparency_lies_on_white_and_other_samples_are_dropped(layout: dict[str, Any]) -> None:
    opacity = GREY[:, :, None] / 255.0
    on_white = RGB * opacity + 255.0 * (1.0 - opacity)
    multiplied = np.dstack([RGB * opacity, GREY]).astype(np.uint8)
    plain = np.dstack([RGB, GREY])
    for pixels, kind, expected in (
        (plain, "unassalpha", on_white),
        (multiplied, "assocalpha", on_white),
        (plain, "unspecified", RGB),
    ):
        data = written(pixels, layout, photometric="rgb", extrasamples=[kind])
        np.testing.assert_allclose(decode_image(data), expected, atol=1.01)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_three_samples_that_are_marked_as_grey_are_the_colours(layout: dict[str, Any]) -> None:
    options = {"photometric": "minisblack", "planarconfig": "contig"}
    data = written(RGB, layout, **options)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert file.pages.first.samplesperpixel == 3
    np.testing.assert_array_equal(decode_image(data), RGB)


@pytest.mark.parametrize(
    ("samples", "dtype", "photometric"),
    [(4, np.uint8, "minisblack"), (3, np.uint16, "minisblack"), (3, np.uint8, "miniswhite")],
)
def test_other_samples_that_are_marked_as_grey_are_refused(
    samples: int, dtype: type, photometric: str
) -> None:
    pixels: NDArray[Any] = np.repeat(GREY[..., None], samples, axis=2).astype(dtype)
    options = {"photometric": photometric, "extrasamples": ["unspecified"] * (samples - 1)}
    with pytest.raises(UnsupportedImageError, match="marked as grey"):
        decode_image(written(pixels, {"planarconfig": "contig"}, **options))


def test_grey_with_opacity_is_grey_whatever_else_it_has() -> None:
    pixels = np.dstack([GREY, np.full_like(GREY, 255), 255 - GREY])
    options = {"photometric": "minisblack", "extrasamples": ["unassalpha", "unspecified"]}
    found = decode_image(written(pixels, {"planarconfig": "contig"}, **options))
    np.testing.assert_array_equal(found, np.dstack([GREY] * 3))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_ink_becomes_light(layout: dict[str, Any]) -> None:
    ink = np.asarray(Image.fromarray(RGB).convert("CMYK"))
    data = written(ink, layout, photometric="separated")
    assert differences(decode_image(data), RGB).max() <= 1
    assert differences(decode_image(data), by_opencv(data)).max() <= 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ["cielab", "icclab"])
@pytest.mark.parametrize("deep", [False, True], ids=["8 bits", "16 bits"])
def test_lab_becomes_rgb(layout: dict[str, Any], kind: str, *, deep: bool) -> None:
    lab = cv2.cvtColor((RGB / 255.0).astype(np.float32), cv2.COLOR_RGB2LAB)
    full, step, word = (65535, 256, np.uint16) if deep else (255, 1, np.uint8)
    lightness = np.rint(lab[..., :1] * (full / 100.0))
    chroma = np.rint((lab[..., 1:] + (128.0 if kind == "icclab" else 0.0)) * step)
    pixels = np.concatenate([lightness, chroma], axis=2).astype(np.int64).astype(word)
    data = written(pixels, layout, photometric=kind)
    assert differences(decode_image(data), RGB).mean() < 1.0


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "jpeg"])
@pytest.mark.parametrize("mode", ["YCbCr", "RGB", "CMYK", "L", "P", "1"])
def test_what_pillow_writes_is_read_as_opencv_does(compression: str | None, mode: str) -> None:
    if compression == "jpeg" and mode in {"P", "1"}:
        pytest.skip("no such TIFF")
    data = saved(Image.fromarray(RGB).convert(mode), compression=compression)
    assert differences(decode_image(data), by_opencv(data)).max() <= 2


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_fax_is_read(compression: str) -> None:
    image = Image.fromarray(RGB).convert("1")
    expected = in_three(np.asarray(image.convert("L")))
    np.testing.assert_array_equal(decode_image(saved(image, compression=compression)), expected)


def test_chroma_that_neighbours_share_is_spread() -> None:
    """YCbCr 4:2:0 without JPEG; tifffile writes none, so the file is made by hand."""
    luma = GREY[:136, :164]
    units = luma.reshape(68, 2, 82, 2).swapaxes(1, 2).reshape(68, 82, 4)
    packed = np.concatenate([units, np.full((68, 82, 2), 128, np.uint8)], axis=2)
    data = written(packed.reshape(68, -1), {"metadata": None}, photometric="minisblack")
    changes = {256: 164, 257: 136, 258: 8, 262: 6, 277: 3, 278: 136}
    data = with_tags(data, changes, extra={530: (2, 2)})
    np.testing.assert_array_equal(decode_image(data), in_three(luma))


def with_tags(data: bytes, changes: dict[int, int], extra: dict[int, tuple[int, int]]) -> bytes:
    """Write a one-strip little-endian TIFF anew, with other numbers in its directory."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        offset, count = page.dataoffsets[0], page.databytecounts[0]
    numbers = {259: 1, 273: 8, 279: count, 284: 1} | changes
    content = data[offset : offset + count]
    entries = [
        tag.to_bytes(2, "little") + b"\4\0\1\0\0\0" + value.to_bytes(4, "little")
        for tag, value in sorted(numbers.items())
    ] + [
        tag.to_bytes(2, "little")
        + b"\3\0\2\0\0\0"
        + a.to_bytes(2, "little")
        + b.to_bytes(2, "little")
        for tag, (a, b) in extra.items()
    ]
    head = b"II*\0" + (8 + len(content)).to_bytes(4, "little")
    return head + content + len(entries).to_bytes(2, "little") + b"".join(entries) + bytes(4)


def test_what_is_not_read_is_named() -> None:
    with pytest.raises(UnsupportedImageError, match="JPEGXR"):
        decode_image(written(RGB, {}, photometric="rgb", compression="jpegxr"))
    with pytest.raises(UnsupportedImageError, match="raw mosaic"):
        decode_image(written(GREY, {}, photometric="cfa"))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_file_is_corrupt(share: float) -> None:
    data = written(RGB, {"rowsperstrip": 10}, photometric="rgb", compression="lzw")
    with pytest.raises(CorruptImageError):
        decode_image(data[: int(len(data) * share)])


@pytest.mark.parametrize(
    "options",
    [{"imagej": True}, {"ome": True}, {"photometric": "minisblack"}],
    ids=["ImageJ", "OME", "plain"],
)
def test_stacks_are_refused(options: dict[str, Any]) -> None:
    stack = np.stack([GREY, GREY[::-1], GREY[:, ::-1]])
    with pytest.raises(AnimatedImageError, match="single image"):
        decode_image(written(stack, {}, **options))
