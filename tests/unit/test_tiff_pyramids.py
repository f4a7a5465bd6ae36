"""The main image of a TIFF with several images is read, at a suitable level."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from hf_space.errors import AnimatedImageError, BiopsiaError, CorruptImageError, TooManyPixelsError
from hf_space.imaging.readers.slide_file import open_slide
from hf_space.imaging.readers.tiff import TiffReader
from hf_space.prediction.image import open_image
from tests.drawn_slide import DrawnSlide
from tests.slides import truncate, write_svs
from tests.unit.test_tiff_reader import DATA, RGB

MAIN = (255, 0, 0)
HALF = (0, 255, 0)
QUARTER = (0, 0, 255)
BESIDE = (9, 9, 9)
TILES: dict[str, Any] = {"tile": (64, 64), "photometric": "rgb", "metadata": None}
STRIPS: dict[str, Any] = {"photometric": "rgb", "metadata": None}
APERIO = "Aperio Image Library v12\r\n512x256 [0,0 512x256] (64x64) JPEG/RGB Q=90|MPP = 0.5"


def plain(width: int, height: int, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.full((height, width, 3), colour, dtype=np.uint8)


def pages(*images: tuple[NDArray[np.uint8], dict[str, Any]], **options: Any) -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file, **options) as writer:
        for pixels, page in images:
            writer.write(pixels, **page)
    return file.getvalue()


def pyramid(**main: Any) -> bytes:
    return pages(
        (plain(512, 256, MAIN), TILES | main),
        (plain(256, 128, HALF), TILES | {"subfiletype": 1}),
        (plain(128, 64, QUARTER), TILES | {"subfiletype": 1}),
    )


def opened(data: bytes, *, max_pixels: int = 1_000_000) -> TiffReader:
    return TiffReader(data, max_pixels=max_pixels)


def colours(pixels: NDArray[np.uint8]) -> set[tuple[int, ...]]:
    return {tuple(colour) for colour in np.unique(pixels.reshape(-1, 3), axis=0).tolist()}


@pytest.mark.parametrize(
    ("target", "expected", "width"),
    [
        (1.0, MAIN, 512),
        (1.5, MAIN, 341),
        (2.0, HALF, 256),
        (3.9, HALF, 131),
        (4.0, QUARTER, 128),
        (16.0, QUARTER, 32),
        (0.5, MAIN, 1024),
    ],
)
def test_the_coarsest_level_that_has_the_detail_is_read(
    target: float, expected: tuple[int, int, int], width: int
) -> None:
    with opened(pyramid()) as reader:
        reader.microns_per_pixel = (1.0, 1.0)
        pixels = reader.read_region(0, 0, 512, 256, target)
    assert colours(pixels) == {expected}
    assert pixels.shape == (round(256 / target), width, 3)


def test_without_a_scale_the_finest_level_is_read() -> None:
    with opened(pyramid()) as reader:
        assert [level.downsample for level in reader.levels] == [1.0, 2.0, 4.0]
        assert colours(reader.read_region(0, 0, 512, 256)) == {MAIN}


def test_a_rectangle_has_the_same_place_at_every_level() -> None:
    image = np.zeros((256, 512, 3), np.uint8)
    image[64:128, 256:384] = 255
    levels = ((image[::step, ::step], {"subfiletype": int(step > 1)}) for step in (1, 2, 4))
    data = pages(*((pixels, TILES | kind) for pixels, kind in levels))
    with opened(data) as reader:
        reader.microns_per_pixel = (1.0, 1.0)
        for target in (1.0, 2.0, 4.0):
            assert reader.read_region(256, 64, 128, 64, target).min() == 255


def test_only_the_level_that_is_read_must_be_within_the_limit() -> None:
    with opened(pyramid(), max_pixels=128 * 64) as reader:
        assert (reader.width, reader.height) == (512, 256)
        reader.microns_per_pixel = (1.0, 1.0)
        assert colours(reader.read_region(0, 0, 512, 256, 4.0)) == {QUARTER}
        assert reader.thumbnail(64).shape == (32, 64, 3)
        with pytest.raises(TooManyPixelsError):
            reader.read_region(0, 0, 512, 256, 1.0)
    with pytest.raises(TooManyPixelsError):
        opened(pyramid(), max_pixels=128 * 64 - 1)


def test_levels_below_a_page_are_read() -> None:
    main = TILES | {"subifds": 2}
    data = pages(
        (plain(512, 256, MAIN), main),
        (plain(256, 128, HALF), TILES | {"subfiletype": 1}),
        (plain(128, 64, QUARTER), TILES | {"subfiletype": 1}),
    )
    assert len(opened(data).levels) == 3


@pytest.mark.parametrize(
    ("first", "others"), [(33005, "jpeg"), ("jpeg", 33005), ("jpeg", "zlib"), (None, "jpeg")]
)
def test_levels_may_be_compressed_in_another_way(
    first: str | int | None, others: str | int, tmp_path: Path
) -> None:
    slide = DrawnSlide(2000, 1504)
    path = write_svs(tmp_path / "a.svs", slide, compression=first, reduced=others)
    with opened(path.read_bytes(), max_pixels=500 * 376) as reader:
        assert [level.downsample for level in reader.levels] == [1.0, 4.0, 16.0]
        pixels = reader.read_region(0, 0, 2000, 1504, 2.0)
    assert np.abs(pixels.astype(int) - slide.level(4)).mean() < 3
    with open_slide(path) as reader:
        assert [level.width for level in reader.levels] == [2000, 500, 125]


def aperio(*, levels: bool = True) -> bytes:
    label = "Aperio Image Library v12\r\nlabel 100x50"
    macro = "Aperio Image Library v12\r\nmacro 1280x431"
    level = [(plain(128, 64, QUARTER), TILES | {"description": APERIO})] if levels else []
    return pages(
        (plain(512, 256, MAIN), TILES | {"description": APERIO}),
        (plain(256, 128, BESIDE), STRIPS | {"description": APERIO}),
        *level,
        (plain(100, 50, BESIDE), STRIPS | {"description": label, "subfiletype": 1}),
        (plain(1280, 431, BESIDE), STRIPS | {"description": macro, "subfiletype": 9}),
    )


def test_thumbnail_label_and_macro_of_a_slide_are_never_read() -> None:
    with opened(aperio()) as reader:
        assert [(level.width, level.height) for level in reader.levels] == [(512, 256), (128, 64)]
        assert reader.microns_per_pixel == (0.5, 0.5)
        assert colours(reader.read_region(0, 0, 512, 256, 2.0)) == {QUARTER}
        assert colours(reader.thumbnail(200)) <= {MAIN, QUARTER}
    with opened(aperio(levels=False)) as reader:
        assert colours(reader.read_region(0, 0, 512, 256, 2.0)) == {MAIN}


def test_a_thumbnail_that_comes_first_is_not_the_picture() -> None:
    data = pages(
        (plain(64, 32, BESIDE), STRIPS | {"subfiletype": 1}),
        (plain(512, 256, MAIN), TILES),
    )
    with opened(data) as reader:
        assert colours(reader.read_region(0, 0, 512, 256)) == {MAIN}
        assert len(reader.levels) == 1


def test_an_image_that_ome_calls_a_label_is_not_a_page_too_many() -> None:
    ome = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<Image Name="slide"><Pixels SizeZ="1" SizeT="1" PhysicalSizeX="0.25" PhysicalSizeY="0.25">'
        '<TiffData IFD="0"/></Pixels></Image>'
        '<Image Name="label image"><Pixels SizeZ="1" SizeT="1"><TiffData IFD="1"/></Pixels></Image>'
        "</OME>"
    )
    data = pages(
        (plain(512, 256, MAIN), TILES | {"description": ome}), (plain(300, 300, BESIDE), STRIPS)
    )
    with opened(data) as reader:
        assert reader.microns_per_pixel == (0.25, 0.25)
        assert colours(reader.read_region(0, 0, 512, 256)) == {MAIN}


@pytest.mark.parametrize(
    "second",
    [
        (plain(512, 256, HALF), TILES),
        (plain(300, 300, HALF), TILES),
        (plain(256, 128, HALF), STRIPS),
    ],
    ids=["same size", "another shape", "smaller, and not said to be a copy"],
)
def test_a_second_picture_is_refused(second: tuple[NDArray[np.uint8], dict[str, Any]]) -> None:
    with pytest.raises(AnimatedImageError):
        opened(pages((plain(512, 256, MAIN), STRIPS), second))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_stated_orientation_is_applied(orientation: int) -> None:
    corner = np.zeros((32, 64, 3), np.uint8)
    corner[:8, :8] = 255  # the first row and column, wherever they are shown
    data = pages((corner, STRIPS | {"extratags": [(274, 3, 1, orientation, True)]}))
    with opened(data) as reader:
        pixels = reader.read_region(0, 0, reader.width, reader.height)
    # TIFF 6.0, Orientation: where row 0 and column 0 are.
    bottom, right = orientation in {3, 4, 7, 8}, orientation in {2, 3, 6, 7}
    assert pixels.shape == ((32, 64, 3) if orientation < 5 else (64, 32, 3))
    assert pixels[-1 if bottom else 0, -1 if right else 0].tolist() == [255, 255, 255]


def test_tiles_that_a_scanner_left_out_are_glass() -> None:
    def tiles() -> Any:
        for index in range(4):
            yield None if index == 3 else plain(64, 64, MAIN)

    file = io.BytesIO()
    tifffile.imwrite(file, tiles(), shape=(128, 128, 3), dtype=np.uint8, **TILES)
    with opened(file.getvalue()) as reader:
        pixels = reader.read_region(0, 0, 128, 128)
    assert colours(pixels[64:, 64:]) == {(255, 255, 255)}
    assert colours(pixels[:64]) == {MAIN}


@pytest.mark.parametrize("name", ["svs_with_thumbnail.svs", "vips_pyramid_reduced_pages.tif"])
def test_drawn_slides_are_the_picture_that_was_drawn(name: str) -> None:
    with opened((DATA / name).read_bytes()) as reader:
        pixels = reader.read_region(0, 0, 600, 400)[100:237, 200:365]
    assert np.abs(pixels.astype(int) - RGB).mean() < 4


def test_memory_is_bounded_by_the_level_that_is_read() -> None:
    data = pages(
        (plain(4096, 4096, MAIN), TILES | {"compression": "zlib"}),
        (plain(256, 256, HALF), TILES | {"compression": "zlib", "subfiletype": 1}),
    )
    with opened(data, max_pixels=50_000_000) as reader:
        reader.microns_per_pixel = (0.25, 0.25)
        reader.read_region(0, 0, 64, 64, 4.0)
        reader.close()
        tracemalloc.start()
        reader.read_region(0, 0, 4096, 4096, 4.0)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2_000_000


def directory(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    packed = b"".join(
        tag.to_bytes(2, "little")
        + kind.to_bytes(2, "little")
        + count.to_bytes(4, "little")
        + value.to_bytes(4, "little")
        for tag, kind, count, value in entries
    )
    return len(entries).to_bytes(2, "little") + packed + following.to_bytes(4, "little")


def hostile(
    entries: list[tuple[int, int, int, int]], padding: int = 0, following: int = 0
) -> bytes:
    return b"II*\0\x08\0\0\0" + directory(entries, following) + bytes(padding)


SIDES = [(256, 4, 1, 64), (257, 4, 1, 64), (258, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1)]
BOMBS = {
    "gigapixels": hostile([(256, 4, 1, 2**31), (257, 4, 1, 2**31), *SIDES[2:]]),
    "one huge tile": hostile(
        [*SIDES, (322, 4, 1, 2**24), (323, 4, 1, 2**24), (324, 4, 1, 8), (325, 4, 1, 8)]
    ),
    "many tiny tiles": hostile(
        [(256, 4, 1, 4000), (257, 4, 1, 4000), *SIDES[2:], (322, 4, 1, 1), (323, 4, 1, 1)]
        + [(324, 4, 1, 8), (325, 4, 1, 8)]
    ),
    "a million samples": hostile([*SIDES[:4], (277, 3, 1, 65535), (273, 4, 1, 8), (279, 4, 1, 8)]),
    "many entries of one long value": hostile([(270, 2, 900_000, 8)] * 1000, padding=1_000_000),
    "many values": hostile([*SIDES, (273, 4, 2**21, 8)], padding=2**24),
    "a loop": hostile(SIDES, following=8),
    "a loop of copies": hostile([*SIDES, (330, 4, 1, 8)]),
    "no entries": b"II*\0\x08\0\0\0\0\0",
    "nothing": b"II*\0",
    "big, nothing": b"II+\0\x08\0\0\0",
    "no pixels": hostile([(256, 4, 1, 0), (257, 4, 1, 0)]),
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_directories_are_refused_in_little_memory(name: str) -> None:
    tracemalloc.start()
    with (
        pytest.raises(BiopsiaError) as caught,
        open_image(BOMBS[name], max_bytes=1 << 25, max_pixels=50_000_000) as reader,
    ):
        reader.read_region(0, 0, reader.width, reader.height)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.code in {"corrupt_image", "too_many_pixels", "unsupported_image"}
    assert peak < 60_000_000


@pytest.mark.parametrize(
    ("compression", "photometric"),
    [("jpeg", "rgb"), ("jpeg2000", "rgb"), ("webp", "rgb"), ("png", "rgb"), ("jpegxl", "rgb")],
)
def test_a_tile_larger_than_its_place_is_refused(compression: str, photometric: str) -> None:
    large = {"photometric": photometric, "metadata": None, "compression": compression}
    data = bytearray(pages((plain(1600, 1600, MAIN), large | {"tile": (1600, 1600)})))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags = file.pages.first.tags
        places = {code: tags[code].valueoffset for code in (256, 257, 322, 323)}
        widths = {code: 4 if tags[code].dtype == 4 else 2 for code in places}
    for code, place in places.items():
        data[place : place + widths[code]] = (64).to_bytes(widths[code], "little")
    with pytest.raises(CorruptImageError, match="larger than its place"):
        opened(bytes(data)).read_region(0, 0, 64, 64)


@pytest.mark.parametrize("keep", [0.5, 0.7])
def test_a_slide_whose_levels_were_cut_off_is_corrupt(tmp_path: Path, keep: float) -> None:
    path = write_svs(tmp_path / "a.svs", DrawnSlide(2400, 1800, microns_per_pixel=(0.5, 0.5)))
    with pytest.raises(CorruptImageError, match="truncated"):
        TiffReader(truncate(path, keep=keep).read_bytes())
