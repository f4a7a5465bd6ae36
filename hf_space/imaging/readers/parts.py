"""Take a file apart before Pillow reads it, by how it begins."""

from __future__ import annotations

from hf_space.imaging.readers.avif import AVIF, avif_parts
from hf_space.imaging.readers.gif import GIF_MAGICS, still_gif
from hf_space.imaging.readers.jp2 import JP2_MAGICS, jp2_profile, jp2_size
from hf_space.imaging.readers.jpeg import JPEG_MAGIC, jpeg_parts
from hf_space.imaging.readers.metadata import FileParts, as_pieces
from hf_space.imaging.readers.png import PNG_MAGIC, png_parts


def file_parts(data: bytes) -> FileParts | None:
    """Return what Pillow is to read of a file, and what is told beside it.

    None where Pillow may see the file as it is, and tells all.

    Raises:
        ImageError: The file is damaged, an animation, or made to hurt.
    """
    if data.startswith(PNG_MAGIC):
        return png_parts(data)
    if data.startswith(JPEG_MAGIC):
        return jpeg_parts(data)
    if data.startswith(GIF_MAGICS):
        return FileParts(as_pieces(still_gif(data)))
    if data.startswith(JP2_MAGICS):
        return FileParts(as_pieces(data), profile=jp2_profile(data), size=jp2_size(data))
    return avif_parts(data) if AVIF.match(data) else None
