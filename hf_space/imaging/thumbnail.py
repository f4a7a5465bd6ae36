"""A small picture of an image, to recognise it by and to draw on."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_SIDE_PIXELS: Final = 256
# Small pictures are kept as they are: every pixel of a patch may matter.
_LOSSLESS_PIXELS: Final = 64 * 64
# The fastest ways to write each; others make files a tenth smaller in ten times the time.
_LOSSLESS: Final[dict[str, Any]] = {"lossless": True, "quality": 0, "method": 0}
_LOSSY: Final[dict[str, Any]] = {"quality": 80, "method": 2}


def make_thumbnail(image: NDArray[np.uint8]) -> bytes:
    """Return an image as WebP without metadata, at most `MAX_SIDE_PIXELS` long.

    Args:
        image: uint8 (h, w, 3), RGB, as large as it was sent.
    """
    picture = Image.fromarray(image)
    picture.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS), reducing_gap=2.0)
    small = picture.width * picture.height <= _LOSSLESS_PIXELS
    with io.BytesIO() as file:
        picture.save(file, "WEBP", **(_LOSSLESS if small else _LOSSY))
        return file.getvalue()


def read_thumbnail(webp: bytes) -> NDArray[np.uint8]:
    """Decode a thumbnail to uint8 (h, w, 3), RGB."""
    with Image.open(io.BytesIO(webp), formats=("WEBP",)) as picture:
        return np.array(picture.convert("RGB"))
