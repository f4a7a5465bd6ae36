"""One image, from its bytes to what the model says about it: arrays and numbers, no pictures.

A patch is a region of one tile.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np
from anyio import to_thread

from hf_space.bundle.calibration import sigmoid
from hf_space.errors import BiopsiaError, NoTissueError
from hf_space.imaging.preprocess import margin_rows
from hf_space.imaging.tiling import cut_tiles, single_tile
from hf_space.inference.batching import MAX_BATCH
from hf_space.prediction.admission import LargeImageGate
from hf_space.prediction.image import SourceImage, open_image, read_image
from hf_space.prediction.smoothing import smooth_logits
from hf_space.prediction.trust import image_warnings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from numpy.typing import NDArray

    from hf_space.bundle.calibration import Calibration
    from hf_space.bundle.config import InferenceConfig
    from hf_space.imaging.readers.base import ImageReader
    from hf_space.imaging.tiling import Place, Tiles
    from hf_space.inference.batching import Batcher, Scored
    from hf_space.schemas.options import PredictOptions
    from hf_space.schemas.prediction import ImageWarningCode
    from hf_space.settings import Settings

# Up to this many bytes and pixels, decoding costs less than handing it to another thread.
_SMALL_FILE_BYTES: Final = 128 * 1024
_SMALL_IMAGE_PIXELS: Final = 256 * 256
# Enough to keep every stream busy, few enough that a lone patch need not wait long behind them.
_BATCHES_PER_STREAM: Final = 2


@dataclass(frozen=True, slots=True)
class RegionScores:
    """What the network says about a region.

    Attributes:
        logits: Calibrated logit of each tile, float64 (rows, columns), smoothed by
            `smooth_logits`; NaN without tissue.
        raw_logits: The same of each tile alone.
        areas: Pixels of each tile that lie within the region, float64 (rows, columns).
        evidence: Calibrated activation maps side by side, float64 (rows * r, columns * c), NaN
            without tissue.
        queue_seconds: Mean wait of a batch for the engine.
    """

    logits: NDArray[np.float64]
    raw_logits: NDArray[np.float64]
    areas: NDArray[np.float64]
    evidence: NDArray[np.float64]
    queue_seconds: float

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Smoothed calibrated probability of each tile; NaN without tissue."""
        return sigmoid(self.logits)

    @property
    def raw_probabilities(self) -> NDArray[np.float64]:
        """Calibrated probability of each tile alone; NaN without tissue."""
        return sigmoid(self.raw_logits)

    def suspicion(self) -> float:
        """Return the calibrated logit of the most suspicious tile, smoothed."""
        return float(np.nanmax(self.logits))

    def area_at_or_above(self, threshold: float) -> float:
        """Return the area, in pixels, of the tiles whose probability reaches a threshold."""
        return float(self.areas[np.nan_to_num(self.probabilities, nan=-1.0) >= threshold].sum())


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says about one image.

    Attributes:
        image: The image that was read.
        tiles: How it was cut; a patch is a single tile.
        scores: Logits and evidence, calibrated.
        warnings: Reasons to trust it less.
        read_seconds: Time to decode, rescale and find the tissue.
        inference_seconds: Time from the first tile to the last, less the wait for the engine.
    """

    image: SourceImage
    tiles: Tiles
    scores: RegionScores
    warnings: list[ImageWarningCode]
    read_seconds: float
    inference_seconds: float


class Pipeline:
    """Reads, tiles and scores images; belongs to one event loop."""

    def __init__(self, config: InferenceConfig, batcher: Batcher, settings: Settings) -> None:
        """Score with an engine.

        Args:
            config: Says the model's scale, patch and calibration.
            batcher: Shares the engine.
            settings: Limits of a file.
        """
        self._config = config
        self._batcher = batcher
        self._open = partial(
            open_image, max_bytes=settings.max_upload_bytes, max_pixels=settings.max_pixels
        )
        self._large = LargeImageGate()

    @asynccontextmanager
    async def scored(
        self,
        data: bytes,
        options: PredictOptions,
        *,
        patient: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> AsyncIterator[Prediction]:
        """Read and score one image; a large one holds its place in memory until the context ends.

        Args:
            data: The file's content.
            options: Scale and mode; whether a thumbnail is needed.
            patient: Wait for room instead of being refused.
            on_progress: Told the tiles done and in all.

        Raises:
            ImageError: The image cannot be used.
            BusyError: Too much is waiting already.
        """
        small = len(data) <= _SMALL_FILE_BYTES
        reader = self._open(data) if small else await to_thread.run_sync(self._open, data)
        score = partial(self._score, bounded=not patient, on_progress=on_progress)
        if small and self._pixels(reader, options) <= _SMALL_IMAGE_PIXELS:
            yield await score(read_image(reader, data, options, self._config))
            return
        async with self._large.enter(patient=patient):
            image = await to_thread.run_sync(read_image, reader, data, options, self._config)
            yield await score(image)

    def _pixels(self, reader: ImageReader, options: PredictOptions) -> float:
        """Return the pixels of the image as it is or at the model's scale, whichever are more."""
        scale = options.microns_per_pixel or 0.0
        enlargement = max(1.0, scale / self._config.microns_per_pixel)
        return reader.width * reader.height * enlargement**2

    async def _score(
        self,
        image: SourceImage,
        *,
        bounded: bool,
        on_progress: Callable[[int, int], None] | None,
    ) -> Prediction:
        started = perf_counter()
        is_patch = image.kind == "patch"
        prepare = partial(_prepare, image, self._config)
        tiles, warnings = prepare() if is_patch else await to_thread.run_sync(prepare)
        prepared = perf_counter()
        scores = await score_tiles(
            tiles,
            self._batcher,
            self._config,
            # A region limits its own jobs in flight.
            bounded=bounded and is_patch,
            on_progress=on_progress,
        )
        inference = perf_counter() - prepared - scores.queue_seconds
        read = image.seconds + prepared - started
        return Prediction(image, tiles, scores, warnings, read, inference)


def _prepare(image: SourceImage, config: InferenceConfig) -> tuple[Tiles, list[ImageWarningCode]]:
    """Cut an image into tiles, and judge what is scored of it."""
    if image.kind == "patch":
        tiles = single_tile(image.pixels, config.patch_size_pixels)
        return tiles, image_warnings(image, [image.pixels], config)
    tiles = cut_tiles(image.pixels, config.patch_size_pixels)
    if not tiles.tissue.any():
        raise NoTissueError(
            "The region holds no tissue: all of it is bare glass, or black.",
            tiles=int(tiles.tissue.size),
        )
    return tiles, image_warnings(image, list(tiles.samples()), config)


async def score_tiles(
    tiles: Tiles,
    batcher: Batcher,
    config: InferenceConfig,
    *,
    bounded: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> RegionScores:
    """Run all tissue tiles, a few batches at a time.

    Args:
        tiles: The region, with tissue in it.
        batcher: Shares the engine with other requests.
        config: Says the network's margin and calibration.
        bounded: Refuse the work when the engine's queue is full.
        on_progress: Told the tiles done and the tiles in all, now and then.

    Raises:
        BusyError: The queue is full or closed.
    """
    places, margin = tiles.places(), margin_rows(config)
    room = asyncio.Semaphore(_BATCHES_PER_STREAM * batcher.streams)
    done = 0

    async def score(batch: Sequence[Place]) -> Scored:
        nonlocal done
        async with room:
            scored = await batcher.run(tiles.windows(batch, margin), bounded=bounded)
        done += len(batch)
        if on_progress:
            on_progress(done, len(places))
        return scored

    batches = [places[start : start + MAX_BATCH] for start in range(0, len(places), MAX_BATCH)]
    if len(batches) == 1:
        return _assemble(tiles, places, [await score(batches[0])], config.calibration)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(score(batch)) for batch in batches]
    except* BiopsiaError as errors:
        # One for each batch, all of the same cause.
        raise errors.exceptions[0] from None
    return _assemble(tiles, places, [task.result() for task in tasks], config.calibration)


def _assemble(
    tiles: Tiles, places: Sequence[Place], scored: Sequence[Scored], calibration: Calibration
) -> RegionScores:
    shape = tiles.tissue.shape
    maps = np.concatenate([one.outputs.activation_maps for one in scored])
    raw_logits = np.full(shape, np.nan)
    evidence = np.full((*shape, *maps.shape[1:]), np.nan)
    rows, columns = np.array(places).T
    network_logits = np.concatenate([one.outputs.logits for one in scored])
    raw_logits[rows, columns] = calibration.logit(network_logits)
    evidence[rows, columns] = calibration.logit(maps)
    joined = evidence.swapaxes(1, 2).reshape(shape[0] * maps.shape[1], shape[1] * maps.shape[2])
    queue_seconds = float(np.mean([one.queue_seconds for one in scored]))
    logits = smooth_logits(raw_logits, tiles.areas)
    return RegionScores(logits, raw_logits, tiles.areas, joined, queue_seconds)
