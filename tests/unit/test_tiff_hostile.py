"""A small TIFF cannot cause much work, whatever its directories share or declare."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any

import pytest

from hf_space.errors import (
    AnimatedImageError,
    CorruptImageError,
    TooManyPixelsError,
    UnsupportedImageError,
)
from hf_space.imaging.readers import decode_image
from hf_space.imaging.readers.tiff import TiffReader
from hf_space.imaging.readers.tiff_directory import TiffDirectories
from tests.unit.test_tiff_pyramids import SIDES, directory, hostile

MOST_DIRECTORIES = 256
SUB_DIRECTORIES, BITS, DESCRIPTION = 330, 258, 270
HEADER = 8


def with_copies(pages: int, copies: int, *, shared: bytes = b"", bits: int = 1) -> bytes:
    """Return a TIFF whose pages have copies below them, and share one array of bits."""
    small = [(254, 4, 1, 1), *SIDES, (322, 3, 1, 16), (323, 3, 1, 16)]
    if bits > 1:
        small = [entry if entry[0] != BITS else (BITS, 3, bits, HEADER) for entry in small]
    body = b""
    start = HEADER + len(shared)
    places = []
    for _ in range(pages * copies):
        places.append(start + len(body))
        body += directory(small)
    array = start + len(body)
    body += struct.pack(f"<{len(places)}I", *places)
    first = start + len(body)
    for number in range(pages):
        large = [(256, 4, 1, 640), (257, 4, 1, 640), *small[3:]]
        entries = list(small if number else large)
        entries.append((SUB_DIRECTORIES, 4, copies, array + 4 * copies * number))
        following = start + len(body) + len(directory(entries)) if number < pages - 1 else 0
        body += directory(entries, following)
    return b"II*\0" + first.to_bytes(4, "little") + shared + body


class Counted:
    """Counts the values that are unpacked and the directories that are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.values = self.directories = 0
        unpack, read = struct.unpack_from, TiffDirectories._entries

        def unpack_from(*args: Any) -> tuple[Any, ...]:
            found = unpack(*args)
            self.values += len(found)
            return found

        def entries(*args: Any) -> Any:
            self.directories += 1
            return read(*args)

        monkeypatch.setattr(struct, "unpack_from", unpack_from)
        monkeypatch.setattr(TiffDirectories, "_entries", entries)


def test_copies_count_as_pages_do(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = with_copies(8, 31)
    assert len(TiffReader(allowed).levels) == MOST_DIRECTORIES
    counted = Counted(monkeypatch)
    for pages, copies in ((8, 32), (200, 32), (1, MOST_DIRECTORIES)):
        counted.directories = 0
        with pytest.raises(AnimatedImageError, match="256 pages and copies"):
            TiffReader(with_copies(pages, copies))
        assert counted.directories == MOST_DIRECTORIES


def test_a_long_value_that_directories_share_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = with_copies(8, 31, shared=b"\x08\0" * 1_000_000, bits=1_000_000)
    counted = Counted(monkeypatch)
    with pytest.raises(UnsupportedImageError, match="1000000 values in the tag 258"):
        TiffReader(data)
    assert counted.values < 20_000


@pytest.mark.parametrize("tag", [254, 256, 257, 262, 274, 277, 282, 283, 296, 32997])
def test_of_other_values_only_the_first_is_unpacked(
    tag: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [entry for entry in SIDES if entry[0] != tag]
    data = hostile([*entries, (tag, 3, 500_000, 200)], padding=1_000_200)
    counted = Counted(monkeypatch)
    with suppress(CorruptImageError):  # zeros are no size
        TiffReader(data)
    assert counted.values < 500


def test_far_too_many_places_of_copies_are_refused() -> None:
    data = hostile([*SIDES, (SUB_DIRECTORIES, 4, 500_000, 200)], padding=2_000_200)
    with pytest.raises(UnsupportedImageError, match="500000 values in the tag 330"):
        TiffReader(data)


def test_of_a_long_description_that_pages_share_only_the_beginning_is_read() -> None:
    text = b"Aperio label" + b"x" * 1_000_000
    start = HEADER + len(text)
    entries = [*SIDES, (DESCRIPTION, 2, len(text), HEADER)]
    page = TiffDirectories(b"II*\0" + start.to_bytes(4, "little") + text + directory(entries)).read(
        start
    )
    assert page.texts(DESCRIPTION, 12) == ["Aperio label"]
    assert len(page.texts(DESCRIPTION)[0]) == len(text)


def tiles(width: int, height: int, side: tuple[int, int]) -> bytes:
    place = [(324, 4, 1, 8), (325, 4, 1, 8)]
    sizes = [(322, 4, 1, side[0]), (323, 4, 1, side[1])]
    return hostile([(256, 4, 1, width), (257, 4, 1, height), *SIDES[2:], *sizes, *place])


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (tiles(4000, 4000, (16, 16)), UnsupportedImageError, "62500 strips or tiles .* 50000"),
        (tiles(64, 64, (2**16, 2**16)), TooManyPixelsError, "tile of 65536x65536 px .* bytes"),
        (
            tiles(49_000_000, 1, (16, 16)),
            TooManyPixelsError,
            "of 16x16 px hold 784000000 pixels; at most 200000000",
        ),
    ],
    ids=["count", "size", "padding"],
)
def test_the_limit_that_a_tiled_image_breaks_is_named(
    data: bytes, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        decode_image(data)
