"""Small images that hold a great many small things beside their pixels, or share what they hold."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
from PIL import Image

from tests.hostile import png_chunk, saved

PIXELS = np.full((60, 80, 3), (200, 120, 190), dtype=np.uint8)
_IMAGE = Image.fromarray(PIXELS)
_COUNT = 200_000


def jpeg_segment(kind: int, content: bytes = b"") -> bytes:
    """Return one segment of a JPEG."""
    return bytes((0xFF, kind)) + struct.pack(">H", len(content) + 2) + content


def jpeg_with(segments: bytes) -> bytes:
    """Return a JPEG with segments in front of its own."""
    jpeg = saved(_IMAGE, "JPEG")
    return jpeg[:2] + segments + jpeg[2:]


def png_with(chunks: bytes, before: bytes = b"IDAT") -> bytes:
    """Return a PNG with chunks before its own chunk of a kind."""
    png = saved(_IMAGE, "PNG")
    place = png.index(before) - 4
    return png[:place] + chunks + png[place:]


def webp_with(kind: bytes, content: bytes) -> bytes:
    """Return a WebP with one more chunk."""
    height, width = PIXELS.shape[:2]
    sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    head = b"VP8X" + struct.pack("<II", 10, 8) + sides
    more = kind + struct.pack("<I", len(content)) + content + bytes(len(content) & 1)
    body = b"WEBP" + head + saved(_IMAGE, "WEBP", lossless=True)[12:] + more
    return b"RIFF" + struct.pack("<I", len(body)) + body


def shared_exif(entries: int, size: int) -> bytes:
    """Return EXIF, as TIFF, whose entries all have the same value, of nearly all the bytes."""
    entry = struct.Struct("<HHII")
    each = b"".join(entry.pack(1000 + n, 7, size - 1000, 8) for n in range(entries))
    tiff = b"II*\0" + struct.pack("<IH", 8, entries) + each + bytes(4)
    return tiff + bytes(size - len(tiff))


def jpeg_2000(*, tile: int | None = None, precinct: int = 8, block: int = 4) -> bytes:
    """Return a JPEG 2000 of 200 x 200 pixels.

    Args:
        tile: Side of the tiles that it says it has; None: of a single one.
        precinct: Exponent of the side of the precincts.
        block: Exponent of the side of the blocks.
    """
    image = Image.new("RGB", (200, 200), (200, 120, 190))
    options = {"no_jp2": True, "precinct_size": (256, 256), "num_resolutions": 1}
    file = bytearray(saved(image, "JPEG2000", **options))
    if tile:
        # Behind marker, length and capabilities: size, its offset, and the tile's size.
        struct.pack_into(">II", file, file.index(b"\xff\x51") + 22, tile, tile)
    style = file.index(b"\xff\x52")
    file[style + 10 : style + 12] = bytes((block - 2, block - 2))
    file[style + 14] = precinct << 4 | precinct
    return bytes(file)


def jpeg_of_scans(count: int, side: int = 64) -> bytes:
    """Return a progressive JPEG whose last scan comes again and again."""
    jpeg = saved(Image.new("L", (side, side), 128), "JPEG", progressive=True)
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + last * count + jpeg[-2:]


def jpeg_with_exif() -> bytes:
    """Return a JPEG whose EXIF goes on from segment to segment."""
    exif = shared_exif(1000, 500_000)
    parts = (exif[start : start + 60_000] for start in range(0, len(exif), 60_000))
    return jpeg_with(b"".join(jpeg_segment(0xE1, b"Exif\0\0" + part) for part in parts))


READ: dict[str, Callable[[], bytes]] = {
    "EXIF of a JPEG": jpeg_with_exif,
    "EXIF of a PNG": lambda: png_with(png_chunk(b"eXIf", shared_exif(1000, 500_000))),
    "EXIF behind the pixels": lambda: png_with(
        png_chunk(b"eXIf", shared_exif(1000, 500_000)), b"IEND"
    ),
    "EXIF of a WebP": lambda: webp_with(b"EXIF", shared_exif(1000, 500_000)),
    "EXIF of an AVIF": lambda: saved(_IMAGE, "AVIF", exif=b"Exif\0\0" + shared_exif(1000, 500_000)),
    "MPO": lambda: jpeg_with(jpeg_segment(0xE2, b"MPF\0" + shared_exif(4000, 60_000))),
    "texts": lambda: png_with(png_chunk(b"tEXt", b"a\0b") * 100_000),
    "unknown chunks": lambda: png_with(png_chunk(b"prVt", b"") * 100_000),
    "unknown chunks behind the pixels": lambda: png_with(
        png_chunk(b"prVt", b"") * 100_000, b"IEND"
    ),
}
"""Files that are read, though what they hold beside their pixels is not."""

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "comments": (lambda: jpeg_with(jpeg_segment(0xFE) * _COUNT), "corrupt_image"),
    "segments": (lambda: jpeg_with(jpeg_segment(0xEF) * _COUNT), "corrupt_image"),
    "frames": (
        lambda: jpeg_with(jpeg_segment(0xC0, b"\x08\0\x3c\0\x50\x03" + b"\1\x11\0" * 20_000) * 10),
        "corrupt_image",
    ),
    "scans": (lambda: jpeg_of_scans(200), "corrupt_image"),
    "chunks": (lambda: png_with(png_chunk(b"prVt", b"") * _COUNT), "corrupt_image"),
    "tiles": (lambda: jpeg_2000(tile=1), "unsupported_image"),
    "precincts": (lambda: jpeg_2000(precinct=0), "unsupported_image"),
    "blocks": (lambda: jpeg_2000(block=2), "unsupported_image"),
}
"""Files that are refused, each with the code."""
