"""Files that are broken on purpose or made to harm their reader."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

_NOISE = np.random.default_rng(3).integers(0, 256, (50, 50, 3), dtype=np.uint8)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG with its checksum."""
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def png_of_size(width: int, height: int) -> bytes:
    """Return a PNG that declares a size but holds hardly a pixel."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = png_chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + png_chunk(b"IEND", b"")


def saved(image: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    """Return an image as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def corpus() -> dict[str, tuple[bytes, int, set[str]]]:
    """Return files by name, each with the status and the codes that answer it."""
    noise = Image.fromarray(_NOISE)
    whole = {name: saved(noise, name) for name in ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")}
    files: dict[str, tuple[bytes, int, set[str]]] = {
        f"{name} cut at {share:.0%}": (data[: int(len(data) * share)], 0, _CUT)
        for name, data in whole.items()
        for share in (0.02, 0.5, 0.9)
    }
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for name in ("GIF", "PNG", "TIFF", "WEBP"):
        several = saved(frames[0], name, save_all=True, append_images=frames[1:])
        files[f"animated {name}"] = (several, 422, {"animated_image"})
    files |= {
        "bomb": (png_of_size(60_000, 60_000), 413, {"too_many_pixels"}),
        "bomb in one dimension": (png_of_size(2**31 - 1, 1), 413, {"too_many_pixels"}),
        "no pixels": (png_of_size(0, 0), 0, _CUT),
        "text": (b"hello", 415, {"unsupported_image"}),
        "script": (b"<script>alert(1)</script>", 415, {"unsupported_image"}),
        "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, {"unsupported_image"}),
        "pdf": (b"%PDF-1.7\n%\xff\xff", 415, {"unsupported_image"}),
        "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\nquit\n", 415, {"unsupported_image"}),
        "zeros": (b"\0" * 10_000, 415, {"unsupported_image"}),
        "floats": (saved(Image.new("F", (9, 9), 1000.0), "TIFF"), 415, {"unsupported_image"}),
        "empty": (b"", 400, {"missing_image"}),
        "checksum": (whole["PNG"][:60] + b"\xff" + whole["PNG"][61:], 422, {"corrupt_image"}),
        "loop in a TIFF": (_tiff_loop(), 0, _CUT),
        "very many pages": (_tiff_pages(300_000), 0, _CUT),
        "glass": (saved(Image.new("RGB", (300, 300), "white")), 422, {"no_tissue"}),
    }
    return files


_CUT = {"corrupt_image", "unsupported_image", "invalid_image", "animated_image"}


def _tiff_pages(count: int) -> bytes:
    """Return a TIFF with very many pages, each of one pixel; to count them takes minutes."""
    pages = [b"II*\0" + struct.pack("<I", 8)]
    size = 2 + 2 * 12 + 4
    for number in range(1, count + 1):
        sides = (struct.pack("<HHII", tag, 4, 1, 1) for tag in (256, 257))
        following = 8 + number * size if number < count else 0
        pages.append(struct.pack("<H", 2) + b"".join(sides) + struct.pack("<I", following))
    return b"".join(pages)


def _tiff_loop() -> bytes:
    """Return a TIFF whose only directory names itself as the next one."""
    entry = struct.pack("<HHII", 256, 4, 1, 8)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 8)
