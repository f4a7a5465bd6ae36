"""The supported compressions of TIFF, and the sizes in their own headers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from PIL import Image

from hf_space.imaging.readers.jp2 import jp2_size
from hf_space.imaging.readers.jpeg import jpeg_size
from hf_space.imaging.readers.jpeg_xl import jpeg_xl_size
from hf_space.imaging.readers.png import png_parts

if TYPE_CHECKING:
    from collections.abc import Callable

# TIFF 6.0, its supplements, and the numbers that others took since.
JPEG: Final = frozenset({6, 7, 33007, 34892})
_JPEG_2000: Final = frozenset({33003, 33004, 33005, 34712})
_WEBP: Final = frozenset({34927, 50001})
_PNG: Final = frozenset({34933})
_JPEG_XL: Final = frozenset({50002, 52546})
_CCITT: Final = frozenset({2, 3, 4})
_PLAIN: Final = frozenset({1, 5, 8, 32773, 32946, 34925, 34926, 50000})
COMPRESSIONS: Final = _PLAIN | _CCITT | JPEG | _JPEG_2000 | _WEBP | _PNG | _JPEG_XL


def _webp_size(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content), formats=("WEBP",)) as image:
        return image.size


def _png_size(content: bytes) -> tuple[int, int]:
    with Image.open(png_parts(content).opened(), formats=("PNG",)) as image:
        return image.size


DECLARED_SIZES: Final[dict[int, Callable[[bytes], tuple[int, int]]]] = {
    **dict.fromkeys(JPEG, jpeg_size),
    **dict.fromkeys(_JPEG_2000, jp2_size),
    **dict.fromkeys(_WEBP, _webp_size),
    **dict.fromkeys(_PNG, _png_size),
    **dict.fromkeys(_JPEG_XL, jpeg_xl_size),
}
"""Width and height that a strip or tile declares in its own header, by its compression."""
