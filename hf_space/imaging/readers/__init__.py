"""Read image files; one module for each library that decodes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hf_space.errors import MissingImageError, PayloadTooLargeError
from hf_space.imaging.readers.pillow import PillowReader
from hf_space.settings import MAX_PIXELS, MAX_UPLOAD_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hf_space.imaging.readers.base import ImageReader

# The first one that accepts a file reads it; Pillow's, the last, names what nobody reads.
READERS: Final = (PillowReader,)


def open_image(
    data: bytes, *, max_bytes: int = MAX_UPLOAD_BYTES, max_pixels: int = MAX_PIXELS
) -> ImageReader:
    """Choose a reader by the file's content, never by a name, and read the header.

    Args:
        data: The file's content.
        max_bytes: Largest accepted ``len(data)``.
        max_pixels: Largest accepted width times height, in the file and of what is returned.

    Raises:
        MissingImageError: ``data`` is empty.
        PayloadTooLargeError: ``data`` is longer than ``max_bytes``.
        UnsupportedImageError: No reader knows the format, or the type of its pixels.
        TooManyPixelsError: The header declares more than ``max_pixels``.
        AnimatedImageError: The file has more than one frame or page.
        CorruptImageError: The header is damaged.
    """
    if not data:
        raise MissingImageError("The image is empty: 0 bytes arrived.")
    if len(data) > max_bytes:
        raise PayloadTooLargeError(
            f"The image has {len(data)} bytes; at most {max_bytes} are accepted.",
            bytes=len(data),
            max_bytes=max_bytes,
        )
    reader = next(reader for reader in READERS if reader.accepts(data))
    return reader(data, max_pixels=max_pixels)


def decode_image(
    data: bytes, *, max_bytes: int = MAX_UPLOAD_BYTES, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Open an image and read all of it at its own scale, uint8 (h, w, 3), RGB."""
    with open_image(data, max_bytes=max_bytes, max_pixels=max_pixels) as reader:
        return reader.read_region(0, 0, reader.width, reader.height)


def formats() -> list[str]:
    """Name the formats that the readers know."""
    return [name for reader in READERS for name in reader.formats]
