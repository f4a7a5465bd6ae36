"""Room for large images: memory is set aside before an image is decoded."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hf_space.errors import BusyError, RateLimitedError, TooManyPixelsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Hashable

    from hf_space.settings import Settings

# Most of those that wait, who hold their file's bytes; of those of one visitor, who may use any
# name; and of one address, which others may share.
_WAITING: Final = 16
_WAITING_OF_VISITOR: Final = 4
_WAITING_OF_ADDRESS: Final = 8
# Some minutes of work on a few processors.
_TILES_WAITING: Final = 60_000
# Measured: WebP takes 20, as its decoder holds a frame several times; other formats 9 to 14.
_BYTES_PER_PIXEL: Final = 20
TILES_PER_IMAGE: Final = 64
"""Tiles of a region for which the rate limit counts one image."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks for a prediction.

    Attributes:
        name: Distinguishes visitors, among whom the room is shared.
        address: Network address, among which it is shared too.
        pay: Charges the rate limit for images beyond the one that the request was charged for;
            raises RateLimitedError.
    """

    name: Hashable
    address: str
    pay: Callable[[int], Awaitable[None]]

    @property
    def waiting_places(self) -> dict[Hashable, int]:
        """How many may wait, by what the room is shared among."""
        return {
            ("visitor", self.name): _WAITING_OF_VISITOR,
            ("address", self.address): _WAITING_OF_ADDRESS,
        }


async def pay_for_tiles(sender: Sender | None, tiles: int, *, patient: bool) -> None:
    """Charge the sender of a large region by its tiles.

    Args:
        sender: Who asks; None pays nothing.
        tiles: Of the region.
        patient: Wait until the rate limit allows it.

    Raises:
        RateLimitedError: The sender has asked for too much already.
    """
    images = tiles // TILES_PER_IMAGE
    while sender and images:
        try:
            await sender.pay(images)
        except RateLimitedError as error:
            if not patient:
                raise
            await asyncio.sleep(error.retry_after_seconds or 1)
        else:
            return


@dataclass(eq=False, slots=True)
class Request:
    """A large image that needs room.

    Attributes:
        pixels: Most that are held of it, as it is sent or at the model's scale.
        tiles: What is to be scored.
        sender: Whose it is; None shares with nobody.
        patient: Whether it waits however many others do. For callers that have only so many images
            in work at once, as a batch has.
    """

    pixels: int
    tiles: int
    sender: Sender | None
    patient: bool
    admitted: asyncio.Future[None] = field(init=False)

    @property
    def waiting_places(self) -> dict[Hashable, int]:
        """How many may wait, by what the room is shared among."""
        return self.sender.waiting_places if self.sender else {}


class ImageMemory:
    """Memory for the pixels of large images; belongs to one event loop.

    Who waits longest is next. No visitor and no address holds more than half of it while having
    several images in work; a first image is let in whatever its size.

    Attributes:
        most_pixels: What there is room for.
    """

    def __init__(self, max_bytes: int, bytes_per_pixel: int) -> None:
        """Begin with all of it free.

        Args:
            max_bytes: The memory.
            bytes_per_pixel: What a pixel takes while an image is decoded, scored and drawn.
        """
        self.most_pixels = self._free = max_bytes // bytes_per_pixel
        self._held: Counter[Hashable] = Counter()
        self._waiting: list[Request] = []

    @classmethod
    def from_settings(cls, settings: Settings) -> ImageMemory:
        """Return that of a service, for all that decodes images."""
        return cls(settings.image_memory_bytes, _BYTES_PER_PIXEL)

    @classmethod
    def for_files(cls, settings: Settings, *, batches: int) -> ImageMemory:
        """Return one for files as they came, a byte in place of a pixel.

        Args:
            settings: The limits of a batch and of a file.
            batches: How many of the largest there is room for.
        """
        sizes = settings.max_batch_bytes, settings.max_upload_bytes, settings.max_slide_bytes
        return cls(batches * max(sizes), 1)

    def check(self, request: Request) -> None:
        """Refuse an image before anything is done for it.

        Raises:
            TooManyPixelsError: All of the memory would not be enough.
            BusyError: Many others wait, or many of this visitor or address.
        """
        if request.pixels > self.most_pixels:
            raise TooManyPixelsError(
                f"The image takes the memory of {request.pixels} pixels; this service has room for "
                f"{self.most_pixels}.",
                max_pixels=self.most_pixels,
            )
        if request.patient:
            return
        waiting = [each for each in self._waiting if not each.patient]
        tiles = sum(each.tiles for each in waiting)
        too_long = tiles and tiles + request.tiles > _TILES_WAITING
        if len(waiting) >= _WAITING or too_long or _has_places_taken(request, waiting):
            raise BusyError(f"{len(waiting)} large images wait")

    @asynccontextmanager
    async def held(self, request: Request) -> AsyncIterator[None]:
        """Wait for room and hold it; call `check` just before."""
        request.admitted = asyncio.get_running_loop().create_future()
        self._waiting.append(request)
        self._admit()
        try:
            await request.admitted
            yield
        finally:
            if request in self._waiting:
                self._waiting.remove(request)
            else:
                self._free += request.pixels
                self._hold(request, -request.pixels)
            self._admit()

    @asynccontextmanager
    async def room_for_file(self, size: int, sender: Sender) -> AsyncIterator[None]:
        """Wait for room for a file and hold it; small files need none, see `file_room`.

        Args:
            size: Its bytes, no more than there is room for.
            sender: Whose it is.

        Raises:
            BusyError: As `check` does.
        """
        asked = Request(size, 0, sender, patient=False)
        self.check(asked)
        async with self.held(asked):
            yield

    def _admit(self) -> None:
        """Let in whom there is room for, in order; who has enough in work is passed over."""
        for request in list(self._waiting):
            if self._has_enough(request):
                continue
            if request.pixels > self._free:
                return
            self._waiting.remove(request)
            self._free -= request.pixels
            self._hold(request, request.pixels)
            request.admitted.set_result(None)

    def _hold(self, request: Request, pixels: int) -> None:
        for name in request.waiting_places:
            self._held[name] += pixels
            if not self._held[name]:
                del self._held[name]

    def _has_enough(self, request: Request) -> bool:
        held = max((self._held[name] for name in request.waiting_places), default=0)
        return held > 0 and held + request.pixels > self.most_pixels // 2


def _has_places_taken(request: Request, waiting: list[Request]) -> bool:
    """Tell whether as many wait of a request's visitor or address as may."""
    taken = Counter(name for each in waiting for name in each.waiting_places)
    return any(taken[name] >= most for name, most in request.waiting_places.items())
