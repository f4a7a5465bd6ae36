"""What a file holds beside its pixels takes no memory to speak of, however much there is."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
import tifffile
from PIL import Image

from hf_space.errors import ImageError
from hf_space.imaging.readers import decode_image
from hf_space.imaging.readers.metadata import PiecesFile, as_pieces
from tests.bundle_factory import encode
from tests.crowded import PIXELS, READ, REFUSED, jpeg_2000, jpeg_of_scans, png_with
from tests.hostile import png_chunk, saved

# Decoders and their tables; without the files.
LITTLE = 4 << 20


def peak_of(work: Callable[[], object]) -> int:
    """Return the most memory that Python has had during some work, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", READ)
def test_what_is_not_needed_for_the_pixels_is_left_out(name: str) -> None:
    file = READ[name]()
    assert np.abs(decode_image(file).astype(int) - PIXELS).max() <= 4
    # A copy of the file and the places of its pieces.
    assert peak_of(lambda: decode_image(file)) < 6 * len(file) + LITTLE


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_in_far_too_many_parts_is_refused(name: str) -> None:
    make, code = REFUSED[name]
    file = make()

    def refused() -> None:
        with pytest.raises(ImageError) as caught:
            decode_image(file)
        assert caught.value.code == code

    assert peak_of(refused) < LITTLE


@pytest.mark.parametrize(
    ("compression", "content", "code"),
    [
        ("jpeg", jpeg_of_scans(200), "corrupt_image"),
        ("jpeg2000", jpeg_2000(tile=1), "unsupported_image"),
    ],
)
def test_nor_are_they_read_as_part_of_a_tiff(compression: str, content: bytes, code: str) -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        shape = (200, 200, 3)
        writer.write(
            iter([content]),
            shape=shape,
            dtype="uint8",
            photometric="rgb",
            compression=compression,
            rowsperstrip=200,
        )
    with pytest.raises(ImageError) as caught:
        decode_image(file.getvalue())
    assert caught.value.code == code


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tile_size": (64, 64)},
        {"precinct_size": (128, 128), "codeblock_size": (32, 32)},
        {"quality_layers": [40, 20, 10], "num_resolutions": 8, "irreversible": True},
    ],
)
@pytest.mark.parametrize("no_jp2", [False, True])
def test_jpeg_2000_of_usual_parts_is_read(options: dict[str, object], no_jp2: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    image = Image.new("RGB", (300, 200), (200, 120, 190))
    pixels = decode_image(saved(image, "JPEG2000", no_jp2=no_jp2, **options))
    assert np.abs(pixels.astype(int) - (200, 120, 190)).max() <= 2


def test_pixels_must_have_the_size_that_the_boxes_around_them_state() -> None:
    file = bytearray(saved(Image.new("RGB", (300, 200)), "JPEG2000"))
    height = file.index(b"ihdr") + 4
    file[height : height + 4] = (100).to_bytes(4)
    with pytest.raises(ImageError, match="another size"):
        decode_image(bytes(file))


@pytest.mark.parametrize(
    ("mode", "options"), [("RGB", {"keep_rgb": True}), ("CMYK", {}), ("L", {})]
)
def test_a_jpeg_keeps_what_decides_its_colours(mode: str, options: dict[str, object]) -> None:
    image = Image.fromarray(PIXELS).convert(mode)
    file = saved(image, "JPEG", quality=100, subsampling=0, exif=b"Exif\0\0", **options)
    with Image.open(io.BytesIO(file)) as expected:
        np.testing.assert_array_equal(decode_image(file), np.asarray(expected.convert("RGB")))


def test_a_damaged_exif_does_not_keep_a_picture_from_being_read() -> None:
    for exif in (b"", b"II", b"neither", b"II*\0\xff\xff\xff\xff"):
        np.testing.assert_array_equal(decode_image(png_with(png_chunk(b"eXIf", exif))), PIXELS)


def test_pieces_are_read_as_one_file() -> None:
    content = encode(PIXELS)
    file = io.BufferedReader(PiecesFile(as_pieces(content[:7], b"", content[7:50], content[50:])))
    assert file.read() == content
    assert file.seek(-4, io.SEEK_END) == len(content) - 4
    assert file.read(9) == content[-4:]
    assert file.read() == b""
    file.seek(5)
    assert file.read(4) == content[5:9]
