"""Scores one image, from its bytes to the model's output: arrays and numbers, no pictures.

A patch is a region of one tile.
"""

from __future__ import annotations

import math
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from hf_space.errors import NoTissueError
from hf_space.imaging.tiling import cut_tiles, single_tile
from hf_space.prediction.admission import Request, pay_for_tiles
from hf_space.prediction.image import (
    OpenedImage,
    SourceImage,
    inspect_image,
    open_image,
    read_image,
)
from hf_space.prediction.progress import ImageFound, TissueFound, ignore
from hf_space.prediction.scoring import RegionScores, score_tiles
from hf_space.prediction.slide import PRICE, cut_slide, inspect_slide
from hf_space.prediction.trust import header_warnings, image_warnings, with_familiarity
from hf_space.schemas.options import SlideOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from hf_space.bundle.config import InferenceConfig
    from hf_space.bundle.load import Bundle
    from hf_space.imaging.tiling import Tiles
    from hf_space.inference.batching import Batcher
    from hf_space.prediction.admission import ImageMemory, Sender
    from hf_space.prediction.progress import Listener
    from hf_space.schemas.options import PredictOptions
    from hf_space.schemas.prediction import ImageWarningCode
    from hf_space.settings import Settings

# Up to this many bytes and pixels, decoding costs less than moving it to another thread, and its
# memory is negligible. Most requests have no larger file.
_SMALL_FILE_BYTES: Final = 128 * 1024
_SMALL_IMAGE_PIXELS: Final = 256 * 256


def file_room(memory: ImageMemory, size: int, sender: Sender) -> AbstractAsyncContextManager[None]:
    """Hold memory for a file while it is read; a small one needs none.

    Args:
        memory: Of files.
        size: Bytes of the file.
        sender: Whose it is.

    Raises:
        BusyError: There is no memory, and too many files wait for it.
    """
    return memory.room_for_file(size, sender) if size > _SMALL_FILE_BYTES else nullcontext()


@dataclass(frozen=True, slots=True)
class Prediction:
    """The model's output for one image.

    Attributes:
        image: The image that was read.
        tiles: Its tiles; a patch is a single tile.
        scores: Logits and evidence, calibrated.
        warnings: Reasons to trust it less.
        read_seconds: Time to decode, rescale and find the tissue.
        inference_seconds: Time from the first tile to the last, without the wait for the engine.
    """

    image: SourceImage
    tiles: Tiles
    scores: RegionScores
    warnings: list[ImageWarningCode]
    read_seconds: float
    inference_seconds: float


class Pipeline:
    """Reads, tiles and scores images; belongs to one event loop."""

    def __init__(
        self, bundle: Bundle, batcher: Batcher, settings: Settings, memory: ImageMemory
    ) -> None:
        """Score with an engine.

        Args:
            bundle: Has the model's scale, patch, calibration and familiarity.
            batcher: Shares the engine.
            settings: Limits of a file.
            memory: Holds the large images in work.
        """
        self._bundle, self._config = bundle, bundle.config
        self._batcher = batcher
        self._open_file = partial(
            open_image, max_bytes=settings.max_upload_bytes, max_pixels=settings.max_pixels
        )
        self._open_slide = partial(
            open_image,
            max_bytes=settings.max_slide_bytes,
            max_pixels=settings.max_slide_pixels,
        )
        self._memory = memory

    @asynccontextmanager
    async def scored(
        self,
        data: bytes,
        options: PredictOptions,
        *,
        patient: bool = False,
        sender: Sender | None = None,
        listen: Listener = ignore,
    ) -> AsyncIterator[Prediction]:
        """Read and score one image; a large one holds its memory until the context ends.

        Args:
            data: The file's content.
            options: Scale and mode; whether a thumbnail is needed.
            patient: Wait for memory and for the rate limit instead of being refused.
            sender: Shares the memory with others, and is charged for the tiles of a large region.
            listen: Called with the image as soon as its header is read, then with a region's
                tissue, and with its tiles batch by batch.

        Raises:
            ImageError: The image cannot be used.
            BusyError: Too many images are waiting already.
            RateLimitedError: The sender has used up the rate limit.
        """
        small = len(data) <= _SMALL_FILE_BYTES
        open_ = partial(self._open, data, options)
        opened = open_() if small else await to_thread.run_sync(open_)
        request = self._request(opened, sender, patient=patient)
        is_large = not small or request.pixels > _SMALL_IMAGE_PIXELS
        self._check_room(opened, request, is_large=is_large)
        if opened.kind == "region":
            await pay_for_tiles(sender, request.tiles, patient=patient)
        codes = header_warnings(opened, self._config)
        listen(ImageFound(opened.facts, opened.kind, codes))
        score = partial(self._score, bounded=not patient, listen=listen)
        read = partial(read_image, opened, options, self._config)
        if not is_large:
            yield await score(read())
            return
        async with self._memory.held(request):
            yield await score(await to_thread.run_sync(read))

    def _open(self, data: bytes, options: PredictOptions) -> OpenedImage:
        if isinstance(options, SlideOptions):
            return inspect_slide(self._open_slide(data), data, options, self._config)
        return inspect_image(self._open_file(data), data, options, self._config)

    def _check_room(self, opened: OpenedImage, request: Request, *, is_large: bool) -> None:
        """Refuse an image before reporting its first step; raises BusyError, TooManyPixelsError."""
        if is_large:
            self._memory.check(request)
        if opened.kind == "patch" and not request.patient:
            self._batcher.check()

    def _request(self, opened: OpenedImage, sender: Sender | None, *, patient: bool) -> Request:
        """Return the memory request of an image, by its header."""
        side = self._config.patch_size_pixels
        shown = opened.reader.width * opened.reader.height
        scales = zip((opened.facts.width, opened.facts.height), opened.scale, strict=True)
        across, down = (size * scale / self._config.microns_per_pixel for size, scale in scales)
        # Levels of a pyramid that are larger than the limit are never decoded.
        pixels = min(max(shown, math.ceil(across * down)), opened.reader.max_pixels)
        if opened.slide is not None:
            pixels = math.ceil(PRICE * pixels)
        tiles = math.ceil(across / side) * math.ceil(down / side)
        return Request(pixels, tiles, sender, patient)

    async def _score(self, image: SourceImage, *, bounded: bool, listen: Listener) -> Prediction:
        started = perf_counter()
        is_patch = image.kind == "patch"
        prepare = partial(_prepare, image, self._config)
        tiles, warnings = prepare() if is_patch else await to_thread.run_sync(prepare)
        prepared = perf_counter()
        if not is_patch:
            listen(TissueFound(tiles, self._config.microns_per_pixel, warnings))
        scores = await score_tiles(
            tiles,
            self._batcher,
            self._bundle,
            # A region limits its own jobs in flight.
            bounded=bounded and is_patch,
            listen=None if is_patch else listen,
        )
        inference = perf_counter() - prepared - scores.queue_seconds
        read = image.seconds + prepared - started
        warnings = with_familiarity(warnings, scores.distances, self._config.familiarity)
        return Prediction(image, tiles, scores, warnings, read, inference)


def _prepare(image: SourceImage, config: InferenceConfig) -> tuple[Tiles, list[ImageWarningCode]]:
    """Cut an image into tiles, and check the tiles that are scored."""
    if image.kind == "patch":
        tiles = single_tile(image.pixels, config.patch_size_pixels)
        return tiles, image_warnings(image, [image.pixels], config)
    tiles = (
        cut_tiles(image.pixels, config.patch_size_pixels)
        if image.slide is None
        else cut_slide(image.pixels, config, image.overview)
    )
    if not tiles.tissue.any():
        raise NoTissueError(
            "The region holds no tissue: all of it is bare glass, or black.",
            tiles=int(tiles.tissue.size),
        )
    return tiles, image_warnings(image, list(tiles.samples()), config)
