"""Read image files; one module for each library that decodes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hf_space.imaging.readers.pillow import PillowReader
from hf_space.imaging.readers.tiff import TiffReader
from hf_space.settings import MAX_PIXELS, MAX_UPLOAD_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hf_space.imaging.readers.base import ReaderClass

# The first reader whose signature matches a file reads it; the last one names unsupported files.
READERS: Final[tuple[ReaderClass, ...]] = (TiffReader, PillowReader)


def decode_image(
    data: bytes, *, max_bytes: int = MAX_UPLOAD_BYTES, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Read a whole image at its own scale, uint8 (h, w, 3), RGB; see the readers."""
    reader = next(reader for reader in READERS if data.startswith(reader.signatures))
    with reader(data, max_bytes=max_bytes, max_pixels=max_pixels) as image:
        return image.read_region(0, 0, image.width, image.height)


def formats() -> list[str]:
    """Name the formats that the readers know."""
    return [name for reader in READERS for name in reader.formats]


def suffixes() -> frozenset[str]:
    """Return the endings of files that the readers may know, in lower case."""
    return frozenset(suffix for reader in READERS for suffix in reader.suffixes)
