"""Thirty drawn inputs of every kind that the service reads, the same at every call."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from tests.bundle_factory import encode, plain_image
from tests.synthetic import draw_patch
from tests.tissue import draw_region

_SEED = 12


@dataclass(frozen=True)
class DrawnInput:
    """An image file, and what is asked about it."""

    name: str
    data: bytes
    options: dict[str, Any] = field(default_factory=dict)


def drawn_inputs() -> list[DrawnInput]:
    """Return the inputs, always in the same order."""
    return [*_patches(), *_kinds_of_file(), *_odd_patches(), *_regions()]


def _rng(*place: int) -> np.random.Generator:
    return np.random.default_rng([_SEED, *place])


def _patches() -> Iterator[DrawnInput]:
    for index in range(4):
        image = draw_patch(_rng(0, index), label=index % 2, stain=0.8 + 0.05 * index)
        yield DrawnInput(f"patch {index}", encode(image))


def _kinds_of_file() -> Iterator[DrawnInput]:
    image = draw_patch(_rng(3), label=1)
    tall = draw_region(4, 120, 80)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    yield DrawnInput("JPEG that was turned", encode(tall, "JPEG", quality=95, exif=exif))
    yield DrawnInput("PNG turned behind its pixels", _with_late_exif(encode(tall), exif))
    scale = {"resolution": 5000.0, "resolution_unit": "cm"}
    yield DrawnInput("TIFF with a scale", encode(_enlarged(image, 2), "TIFF", **scale))
    yield DrawnInput("transparent", _saved(_half_transparent(image)))
    deep = image[:, :, 1].astype(np.uint16) * 257
    yield DrawnInput("16 bits of grey", _saved(Image.fromarray(deep)))
    yield DrawnInput("palette", encode(image, "GIF"))
    yield DrawnInput("WebP", encode(image, "WEBP", lossless=True))
    yield DrawnInput("BMP", encode(image, "BMP"))


def _half_transparent(image: NDArray[np.uint8]) -> Image.Image:
    alpha = np.full(image.shape[:2], 255, dtype=np.uint8)
    alpha[:, 25:] = 120
    return Image.fromarray(np.dstack([image, alpha]))


def _saved(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _with_late_exif(png: bytes, exif: Image.Exif) -> bytes:
    """Put the metadata of a PNG behind its pixels, where the standard allows it."""
    content = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = (len(content) - 4).to_bytes(4) + content + zlib.crc32(content).to_bytes(4)
    end = png.rindex(b"IEND") - 4
    return png[:end] + chunk + png[end:]


def _odd_patches() -> Iterator[DrawnInput]:
    image = draw_patch(_rng(1), label=1)
    yield DrawnInput("narrow", encode(image[:, :31]))
    yield DrawnInput("tiny", encode(image[:9, :14]))
    yield DrawnInput("as a region", encode(image), {"mode": "region"})
    yield DrawnInput("sensitive", encode(image), {"operating_point": "high_sensitivity"})
    yield DrawnInput("own threshold", encode(image), {"threshold": 0.9})
    yield DrawnInput("without drawings", encode(image), {"explain": False})
    yield DrawnInput("grey", encode(image[:, :, 1]))
    yield DrawnInput("one colour", encode(plain_image(230, 228, 231)))
    yield DrawnInput("at 1 micron", encode(_enlarged(image, 4)), {"microns_per_pixel": 1.0})
    yield DrawnInput("at 8 microns", encode(image[::2, ::2]), {"microns_per_pixel": 8.0})


def _regions() -> Iterator[DrawnInput]:
    small = draw_region(2, 120, 170)
    yield DrawnInput("region", encode(small))
    yield DrawnInput("region of known scale", encode(small), {"microns_per_pixel": 4.0})
    yield DrawnInput("region, sensitive", encode(small), {"operating_point": "high_sensitivity"})
    yield DrawnInput("region without drawings", encode(small), {"explain": False})
    large = draw_region(3, 330, 410)
    yield DrawnInput("large region", encode(large), {"microns_per_pixel": 4.0})
    yield DrawnInput("finer region", encode(large), {"microns_per_pixel": 2.0})
    yield DrawnInput("coarser region", encode(small), {"microns_per_pixel": 9.0})
    yield DrawnInput("with glass", encode(_beside_glass(small)), {"microns_per_pixel": 4.0})


def _enlarged(image: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    return image.repeat(times, axis=0).repeat(times, axis=1)


def _beside_glass(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    glass = np.full((image.shape[0], 110, 3), 243, dtype=np.uint8)
    return np.concatenate([glass, image], axis=1)
