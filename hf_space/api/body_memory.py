"""Room for large bodies: memory is set aside before a body is read, and held until the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from fastapi import Request

from hf_space.api.dependencies import SenderDep, SettingsDep

if TYPE_CHECKING:
    from hf_space.prediction.admission import ImageMemory
    from hf_space.settings import Settings

# Measured: JSON takes 30 times its length once it is read, and 60 times where it is all empty
# objects; in the memory of images a pixel stands for 20 bytes.
_READ_BYTES: Final = 64
_PIXELS_PER_BYTE: Final = 3.2


async def hold_image(
    request: Request, settings: SettingsDep, sender: SenderDep
) -> AsyncIterator[None]:
    """Hold room for a body with one image; raises BusyError.

    This and the others are for routes that read their body themselves.
    """
    # Base64 writes three bytes as four letters.
    size = _size(request, 4 * settings.max_upload_bytes // 3)
    memory: ImageMemory = request.app.state.bodies
    async with memory.room_for_file(size, sender):
        yield


async def hold_batch(
    request: Request, settings: SettingsDep, sender: SenderDep
) -> AsyncIterator[None]:
    """Hold room for a body with many images; raises BusyError."""
    size = _size(request, settings.max_batch_bytes)
    memory: ImageMemory = request.app.state.bodies
    async with memory.room_for_file(size, sender):
        yield


async def hold_result(
    request: Request, settings: SettingsDep, sender: SenderDep
) -> AsyncIterator[None]:
    """Hold room for a result that is sent back, in the memory of images; raises BusyError."""
    size = _size(request, most_result_bytes(settings))
    memory: ImageMemory = request.app.state.memory
    async with memory.room_for_file(int(size * _PIXELS_PER_BYTE), sender):
        yield


def most_result_bytes(settings: Settings) -> int:
    """Return how long a result that is sent back may be: it is read within the memory of images."""
    return min(settings.max_upload_bytes, settings.image_memory_bytes // _READ_BYTES)


def _size(request: Request, most: int) -> int:
    """Return the bytes of a body: what it declares, or else the most that are read of it."""
    declared = request.headers.get("content-length", "")
    return min(int(declared), most) if declared.isdecimal() else most
