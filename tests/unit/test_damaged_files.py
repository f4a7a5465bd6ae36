"""Damaged files give only the service's own errors."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hf_space.errors import BiopsiaError, RequestError, error_codes
from hf_space.prediction.image import open_image
from tests.bundle_factory import encode
from tests.unit.test_colour_profiles import DISPLAY_P3
from tests.unit.test_tiff_reader import GREY, RGB, saved, written

SMALL = RGB[:60, :70].copy()
TILES: dict[str, Any] = {"tile": (32, 48), "byteorder": ">", "metadata": None}
STRIPS: dict[str, Any] = {"rowsperstrip": 17, "metadata": None}
FILES = (
    {
        name: encode(SMALL, name)
        for name in ("PNG", "JPEG", "BMP", "WEBP", "GIF", "AVIF", "JPEG2000")
    }
    | {
        "progressive JPEG": encode(SMALL, "JPEG", progressive=True),
        "PNG with profile": encode(SMALL, "PNG", icc_profile=DISPLAY_P3),
        "ImageJ": written(SMALL, {"imagej": True}),
        "OME": written(SMALL, {"ome": True, "tile": (32, 32)}, photometric="rgb"),
        "BigTIFF": written(SMALL, TILES | {"bigtiff": True}, photometric="rgb"),
        "float": written((SMALL / 255).astype(np.float32), TILES, photometric="rgb"),
        "16 bits": written(SMALL.astype(np.uint16), TILES, photometric="rgb"),
        "palette": saved(Image.fromarray(SMALL).quantize(32)),
        "YCbCr": saved(Image.fromarray(SMALL).convert("YCbCr"), compression="tiff_lzw"),
        "fax": saved(Image.fromarray(GREY).convert("1"), compression="group4"),
    }
    | {
        f"TIFF {compression}": written(SMALL, layout, photometric="rgb", compression=compression)
        for compression in ("lzw", "zlib", "packbits", "zstd", "lzma", "jpeg", "jpeg2000", "webp")
        for layout in (STRIPS, TILES)
    }
    | {
        f"TIFF {compression}": written(SMALL, TILES, photometric="rgb", compression=compression)
        for compression in ("jpegxl", "png")
    }
)

REFUSALS = error_codes(RequestError) | {None}


def damaged(data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.3:
        return data[: chance.randrange(len(data))]
    changed = bytearray(data)
    reach = chance.choice((min(400, len(data)), len(data)))
    for _ in range(chance.choice((1, 1, 3, 20))):
        changed[chance.randrange(reach)] = chance.choice((0, 1, 255, chance.randrange(256)))
    return bytes(changed)


def read(data: bytes) -> None:
    with open_image(data, max_bytes=1_000_000, max_pixels=200_000) as reader:
        reader.microns_per_pixel = (2.0, 2.0)
        reader.read_region(0, 0, reader.width, reader.height, 4.0)
        reader.thumbnail(32)


def code_of(data: bytes) -> str | None:
    try:
        read(data)
    except BiopsiaError as error:
        return error.code
    return None


@pytest.mark.parametrize("name", FILES)
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_damaged_files_raise_only_the_errors_of_the_service(name: str) -> None:
    read(FILES[name])
    chance = random.Random(name)  # noqa: S311 -- the same files at every run
    codes = {code_of(damaged(FILES[name], chance)) for _ in range(120)}
    assert codes <= REFUSALS
    assert "corrupt_image" in codes
