"""The one use case: image in, result out. Every door calls it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np
from anyio import to_thread

from hf_space.answers import Answer, answer_patch, answer_region, timing_of
from hf_space.errors import BundleError, BusyError, UnknownOperatingPointError
from hf_space.ids import uuid7
from hf_space.imaging.decode import ImageFile
from hf_space.inference.batching import MAX_BATCH, Batcher
from hf_space.inference.bundle import Bundle, OperatingPoint, load_bundle, sigmoid
from hf_space.inference.engine import Engine, EngineName, load_engine, predict_patches
from hf_space.inference.probe import probe_patches
from hf_space.metrics import Metrics
from hf_space.reading import Reading, read_image
from hf_space.schemas import LabelScore, ModelName, PredictionResult, PredictOptions
from hf_space.store.cache import Flights, Key, MemoryCache

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from hf_space.settings import Settings

logger = logging.getLogger(__name__)

# Up to this many bytes and pixels, decoding costs less than handing it to another thread.
_SMALL_FILE_BYTES: Final = 128 * 1024
_SMALL_IMAGE_PIXELS: Final = 256 * 256
# A large image in work takes some 10 bytes a pixel; those that wait take their file's only.
_LARGE_IMAGES_AT_ONCE: Final = 2
_LARGE_IMAGES_WAITING: Final = 16


class Predictor:
    """Decodes, predicts, calibrates and explains; belongs to one event loop.

    Attributes:
        bundle: The verified model bundle.
        engine: What runs it.
    """

    def __init__(self, bundle: Bundle, settings: Settings, metrics: Metrics | None = None) -> None:
        """Load the engine and run it once.

        Args:
            bundle: A verified model bundle.
            settings: Limits, the engine, and the default operating point.
            metrics: Learns of batches and cache hits.

        Raises:
            BundleError: The network cannot run, or lacks the operating point of the settings.
        """
        config = bundle.config
        self.bundle = bundle
        self._settings = settings
        self._metrics = metrics or Metrics()
        self._default_point = settings.operating_point or config.default_operating_point
        if self._default_point not in config.thresholds:
            raise BundleError(f"the model has no operating point {self._default_point!r}")
        self.engine = _warm_engine(settings.engine, bundle)
        self._batcher = Batcher(
            self.engine, config, capacity=settings.queue_size, metrics=self._metrics
        )
        self._cache = MemoryCache(settings.cache_bytes)
        self._flights: Flights[PredictionResult] = Flights()
        self._large = asyncio.Semaphore(_LARGE_IMAGES_AT_ONCE)
        self._large_waiting = 0

    @classmethod
    def from_settings(cls, settings: Settings, metrics: Metrics | None = None) -> Predictor:
        """Load the bundle that the settings name; raises BundleError as `load_bundle` does."""
        predictor = cls(load_bundle(settings.model_dir), settings, metrics)
        logger.info(
            "model %s %s is ready on %s in %s",
            predictor.model.name,
            predictor.model.revision,
            predictor.engine.name,
            predictor.engine.precision,
        )
        return predictor

    @property
    def model(self) -> ModelName:
        """Name and revision of the model."""
        return ModelName(name=self.bundle.config.name, revision=self.bundle.config.revision)

    @property
    def default_operating_point(self) -> str:
        """The operating point used when a request names none."""
        return self._default_point

    def close(self) -> None:
        """Finish the jobs that wait for the engine; later ones are refused as busy."""
        self._batcher.close()

    async def predict(
        self,
        data: bytes,
        options: PredictOptions,
        *,
        patient: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> PredictionResult:
        """Answer about one image.

        The same image with the same options is answered from the cache, or by a computation of it
        that is under way; such results have an id of their own, and ``cached`` is set.

        Args:
            data: The image file's content.
            options: What the caller asked for.
            patient: Wait for room instead of being refused. For callers that have only so many
                images in work at once, as a batch has.
            on_progress: Told the tiles of a region done and in all, if it is computed here.

        Raises:
            RequestError: The image or an option cannot be used; see `hf_space.errors`.
            BusyError: Too much is waiting already.
        """
        started = perf_counter()
        name, point = self.operating_point(options)
        key = self._key(data, options, name)
        if kept := self._cache.get(key):
            self._metrics.cache.labels("hit").inc()
            return _again(PredictionResult.model_validate_json(kept), started)
        shared = key in self._flights
        self._metrics.cache.labels("shared" if shared else "miss").inc()

        async def compute() -> PredictionResult:
            answer = await self._answer(data, options, point, on_progress, patient=patient)
            result = self._result(answer, name, point)
            self._cache.put(key, result.model_dump_json().encode())
            return result

        result = await self._flights.join(key, compute)
        return _again(result, started) if shared else result

    def _key(self, data: bytes, options: PredictOptions, point: str | None) -> Key:
        asked = options.model_dump(include=set(PredictOptions.model_fields))
        content = hashlib.sha256(data).digest()
        revision = self.bundle.config.revision
        return (content, revision, *(asked | {"operating_point": point}).values())

    async def _answer(
        self,
        data: bytes,
        options: PredictOptions,
        point: OperatingPoint,
        on_progress: Callable[[int, int], None] | None,
        *,
        patient: bool,
    ) -> Answer:
        small = len(data) <= _SMALL_FILE_BYTES
        file = self._open(data) if small else await to_thread.run_sync(self._open, data)
        score = partial(self._score, options=options, point=point, on_progress=on_progress)
        if small and self._pixels(file, options) <= _SMALL_IMAGE_PIXELS:
            return await score(self._read(file, data, options), patient=patient)
        async with self._large_image(patient=patient):
            reading = await to_thread.run_sync(self._read, file, data, options)
            return await score(reading, patient=patient)

    def _open(self, data: bytes) -> ImageFile:
        settings = self._settings
        return ImageFile(data, max_bytes=settings.max_upload_bytes, max_pixels=settings.max_pixels)

    def _pixels(self, file: ImageFile, options: PredictOptions) -> float:
        """Return the pixels of the image as it is or at the model's scale, whichever are more."""
        scale = options.microns_per_pixel or 0.0
        enlargement = max(1.0, scale / self.bundle.config.spacing_um_px)
        return file.width * file.height * enlargement**2

    @asynccontextmanager
    async def _large_image(self, *, patient: bool) -> AsyncIterator[None]:
        if not patient and self._large_waiting >= _LARGE_IMAGES_WAITING:
            raise BusyError(f"{self._large_waiting} large images wait")
        self._large_waiting += 1
        try:
            await self._large.acquire()
        finally:
            self._large_waiting -= 1
        try:
            yield
        finally:
            self._large.release()

    def _read(self, file: ImageFile, data: bytes, options: PredictOptions) -> Reading:
        limit = self._settings.max_pixels
        return read_image(file, data, options, self.bundle.config, max_pixels=limit)

    async def _score(
        self,
        reading: Reading,
        *,
        options: PredictOptions,
        point: OperatingPoint,
        on_progress: Callable[[int, int], None] | None,
        patient: bool,
    ) -> Answer:
        batcher, config, explain = self._batcher, self.bundle.config, options.explain
        if reading.kind == "patch":
            return await answer_patch(
                reading, batcher, config, explain=explain, bounded=not patient
            )
        return await answer_region(
            reading,
            batcher,
            config,
            threshold=point.threshold,
            explain=explain,
            on_progress=on_progress,
        )

    def _result(self, answer: Answer, name: str | None, point: OperatingPoint) -> PredictionResult:
        probability = float(sigmoid(np.asarray(answer.logit)))
        return PredictionResult(
            id=uuid7(),
            created_at=datetime.now(UTC),
            kind=answer.reading.kind,
            verdict=point.verdict(probability),
            probability=probability,
            threshold=point.threshold,
            operating_point=name,
            predictions=self._label_scores(probability),
            gradcam=answer.gradcam,
            region=answer.region,
            image=answer.reading.facts,
            warnings=answer.warnings,
            model=self.model,
            cached=False,
            saved=False,
            timing_ms=answer.timing,
        )

    def _label_scores(self, probability: float) -> list[LabelScore]:
        negative, positive = self.bundle.config.class_names
        scores = [
            LabelScore(label=positive, score=probability),
            LabelScore(label=negative, score=1.0 - probability),
        ]
        return sorted(scores, key=lambda score: score.score, reverse=True)

    def operating_point(self, options: PredictOptions) -> tuple[str | None, OperatingPoint]:
        """Return the name and the rule that options ask for; no name for an own threshold.

        Raises:
            UnknownOperatingPointError: The model has no operating point of this name.
        """
        if options.threshold is not None:
            return None, OperatingPoint.without_band(options.threshold)
        name = options.operating_point or self._default_point
        thresholds = self.bundle.config.thresholds
        if name not in thresholds:
            raise UnknownOperatingPointError(
                f"The model has no operating point {name!r}; choose one of "
                f"{', '.join(sorted(thresholds))}.",
                operating_points=sorted(thresholds),
            )
        return name, thresholds[name]


def _warm_engine(name: EngineName, bundle: Bundle) -> Engine:
    """Load an engine and run drawn tissue: first calls allocate, and a wrong graph shows here."""
    config = bundle.config
    try:
        engine = load_engine(name, bundle)
        predict_patches(engine, config, probe_patches(config.patch_size_pixels)[:MAX_BATCH])
    except (RuntimeError, ValueError) as error:
        raise BundleError(f"the network does not run: {error}") from error
    return engine


def _again(result: PredictionResult, started: float) -> PredictionResult:
    """Return a result that was computed before, as an answer of its own."""
    timing = timing_of().model_copy(update={"total": round((perf_counter() - started) * 1e3, 3)})
    fresh = {"id": uuid7(), "created_at": datetime.now(UTC), "cached": True, "timing_ms": timing}
    return result.model_copy(update=fresh)
