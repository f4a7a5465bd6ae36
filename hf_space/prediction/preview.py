"""Previews of images that browsers cannot draw, such as TIFF; nothing is scored or saved."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from hf_space.imaging.resolution import LEVEL_TOLERANCE
from hf_space.prediction.admission import Request, pay_for_tiles
from hf_space.prediction.image import open_image
from hf_space.prediction.response import encode_thumbnail

if TYPE_CHECKING:
    from hf_space.imaging.readers.base import ImageReader
    from hf_space.prediction.admission import ImageMemory, Sender
    from hf_space.settings import Settings

PREVIEW_SIDE: Final = 1024
# Measured: decoding and reducing this many pixels takes about as long as scoring a tile.
_PIXELS_PER_TILE: Final = 128 * 128


class Previews:
    """Draws previews; needs no model, and belongs to one event loop."""

    def __init__(self, settings: Settings, memory: ImageMemory) -> None:
        """Take files within the limits of the settings.

        Args:
            settings: Limits of a file.
            memory: Budget for images in progress, shared with those that are scored.
        """
        self._open = partial(
            open_image, max_bytes=settings.max_upload_bytes, max_pixels=settings.max_pixels
        )
        self._memory = memory

    async def draw(self, data: bytes, sender: Sender) -> bytes:
        """Return an image at most `PREVIEW_SIDE` long, as WebP without metadata.

        Of a slide the main image is read, from its coarsest level that is large enough; never the
        label, the macro image, or a thumbnail.

        Args:
            data: The file's content.
            sender: Shares the memory with others, and is charged for decoded pixels as for a
                region.

        Raises:
            ImageError: The image cannot be used; see the readers.
            BusyError: Too many images are waiting already.
            RateLimitedError: The sender has used up the rate limit.
        """
        reader = await to_thread.run_sync(self._open, data)
        pixels = _pixels_to_decode(reader)
        request = Request(pixels, pixels // _PIXELS_PER_TILE, sender, patient=False)
        self._memory.check(request)
        await pay_for_tiles(sender, request.tiles, patient=False)
        async with self._memory.held(request):
            return await to_thread.run_sync(_drawn, reader)


def _pixels_to_decode(reader: ImageReader) -> int:
    """Return the pixels of the coarsest level that is large enough."""
    step = max(reader.width, reader.height) / PREVIEW_SIDE * LEVEL_TOLERANCE
    enough = [level for level in reader.levels if level.downsample <= step]
    level = (enough or reader.levels[:1])[-1]
    # If a level has more pixels, a coarser one is read.
    return min(level.width * level.height, reader.max_pixels)


def _drawn(reader: ImageReader) -> bytes:
    with reader:
        return encode_thumbnail(reader.thumbnail(PREVIEW_SIDE))
