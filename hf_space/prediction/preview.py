"""Pictures of images that browsers cannot draw, as TIFF; nothing is scored, cached or saved."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from hf_space.prediction.admission import ImageMemory, Request
from hf_space.prediction.image import open_image
from hf_space.prediction.response import encode_thumbnail

if TYPE_CHECKING:
    from hf_space.settings import Settings

PREVIEW_SIDE: Final = 1024


class Previews:
    """Draws previews one at a time; needs no model, and belongs to one event loop."""

    def __init__(self, settings: Settings) -> None:
        """Take files within the limits of the settings."""
        self._open = partial(
            open_image, max_bytes=settings.max_upload_bytes, max_pixels=settings.max_pixels
        )
        # A place of its own, for one: regions hold theirs until they are scored.
        self._room = ImageMemory(1, 1)

    async def draw(self, data: bytes) -> bytes:
        """Return an image at most `PREVIEW_SIDE` long, as WebP without metadata.

        Of a slide the main image is read, from its coarsest level that is large enough; never the
        label, the macro image, or a thumbnail.

        Args:
            data: The file's content.

        Raises:
            ImageError: The image cannot be used; see the readers.
            BusyError: Too many wait already.
        """
        request = Request(pixels=1, tiles=0, sender=None, patient=False)
        self._room.check(request)
        async with self._room.held(request):
            return await to_thread.run_sync(self._drawn, data)

    def _drawn(self, data: bytes) -> bytes:
        with self._open(data) as reader:
            return encode_thumbnail(reader.thumbnail(PREVIEW_SIDE))
