"""Admission of large images: memory is reserved before an image is decoded."""

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

# Most waiting images, each of which holds its file's bytes: in all, of one visitor, who can use any
# name, and of one address, which others may share.
_WAITING: Final = 16
_WAITING_OF_VISITOR: Final = 4
_WAITING_OF_ADDRESS: Final = 8
# Some minutes of work on a few processor cores.
_TILES_WAITING: Final = 60_000
# Measured: WebP takes 20, because its decoder holds a frame several times; others 9 to 14.
_BYTES_PER_PIXEL: Final = 20
TILES_PER_IMAGE: Final = 64
"""Tiles of a region for which the rate limit counts one image."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of a prediction request.

    Attributes:
        name: Identifies the visitor; memory is shared among visitors.
        address: Network address; memory is shared among addresses too.
        pay: Charges the rate limit for images beyond the one that the request was charged for;
            raises RateLimitedError.
    """

    name: Hashable
    address: str
    pay: Callable[[int], Awaitable[None]]

    @property
    def waiting_places(self) -> dict[Hashable, int]:
        """Limits of waiting images, by visitor and by address."""
        return {
            ("visitor", self.name): _WAITING_OF_VISITOR,
            ("address", self.address): _WAITING_OF_ADDRESS,
        }


async def pay_for_tiles(sender: Sender | None, tiles: int, *, patient: bool) -> None:
    """Charge the sender of a large region by its tiles.

    Args:
        sender: Who is charged; None is not charged.
        tiles: Of the region.
        patient: Wait until the rate limit allows it.

    Raises:
        RateLimitedError: The sender has used up the rate limit.
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
    """A large image that needs memory.

    Attributes:
        pixels: Most pixels held at once, as sent or at the model's scale.
        tiles: Number of tiles to score.
        sender: Its sender; None has no share limits.
        patient: Whether it waits regardless of the number of waiting images. For callers that limit
            their own images in progress, such as a batch.
    """

    pixels: int
    tiles: int
    sender: Sender | None
    patient: bool
    admitted: asyncio.Future[None] = field(init=False)

    @property
    def waiting_places(self) -> dict[Hashable, int]:
        """Limits of waiting images, by visitor and by address."""
        return self.sender.waiting_places if self.sender else {}


class ImageMemory:
    """Memory for the pixels of large images; belongs to one event loop.

    The image that has waited longest is next. A visitor or address with several images in progress
    holds half at most; its first image is admitted whatever its size.

    Attributes:
        most_pixels: Total number of pixels.
    """

    def __init__(self, max_bytes: int, bytes_per_pixel: int) -> None:
        """Start with all memory free.

        Args:
            max_bytes: Total memory.
            bytes_per_pixel: Memory of a pixel while an image is decoded, scored and drawn.
        """
        self.most_pixels = self._free = max_bytes // bytes_per_pixel
        self._held: Counter[Hashable] = Counter()
        self._waiting: list[Request] = []

    @classmethod
    def from_settings(cls, settings: Settings) -> ImageMemory:
        """Return the budget of a service, shared by everything that decodes images."""
        return cls(settings.image_memory_bytes, _BYTES_PER_PIXEL)

    @classmethod
    def for_files(cls, settings: Settings, *, batches: int) -> ImageMemory:
        """Return a budget for undecoded files, counted in bytes instead of pixels.

        Args:
            settings: The limits of a batch and of a file.
            batches: Number of largest batches that fit.
        """
        sizes = settings.max_batch_bytes, settings.max_upload_bytes, settings.max_slide_bytes
        return cls(batches * max(sizes), 1)

    def check(self, request: Request) -> None:
        """Refuse an image before any work on it.

        Raises:
            TooManyPixelsError: It needs more than the total memory.
            BusyError: Too many images wait, in all or of this visitor or address.
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
        """Wait for memory and hold it; call `check` just before."""
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
        """Wait for memory for a file and hold it; small files need none, see `file_room`.

        Args:
            size: Its bytes, at most the total memory.
            sender: Whose it is.

        Raises:
            BusyError: As `check` does.
        """
        asked = Request(size, 0, sender, patient=False)
        self.check(asked)
        async with self.held(asked):
            yield

    def _admit(self) -> None:
        """Admit images in order while memory allows; senders at their share are skipped."""
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
    """Return whether the waiting limit of the request's visitor or address is reached."""
    taken = Counter(name for each in waiting for name in each.waiting_places)
    return any(taken[name] >= most for name, most in request.waiting_places.items())
