"""The predictor: an image in, a result out. All callers use it."""

from __future__ import annotations

import hashlib
import logging
from functools import partial
from time import perf_counter
from traceback import clear_frames
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from hf_space.bundle.source import find_bundle
from hf_space.cache.result_cache import ResultCache, SingleFlight
from hf_space.errors import RateLimitedError
from hf_space.inference.batching import Batcher
from hf_space.inference.warmup import warm_engine
from hf_space.observability.metrics import Metrics
from hf_space.prediction.admission import ImageMemory
from hf_space.prediction.pipeline import Pipeline
from hf_space.prediction.progress import ImageFound
from hf_space.prediction.response import (
    FORMAT,
    CachedResult,
    encode_thumbnail,
    make_result,
    repeated_result,
)
from hf_space.prediction.trust import (
    choose_operating_point,
    default_operating_point,
    result_warning,
)
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import ModelName

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from hf_space.bundle.calibration import OperatingPoint
    from hf_space.bundle.load import Bundle
    from hf_space.cache.result_cache import Key
    from hf_space.history.service import HistoryService
    from hf_space.prediction.admission import Sender
    from hf_space.prediction.pipeline import Prediction
    from hf_space.prediction.progress import Listener, Progress
    from hf_space.schemas.prediction import PredictionResult
    from hf_space.settings import Settings

logger = logging.getLogger(__name__)

# These do not change the result; the image is a separate part of the key.
_IRRELEVANT: Final = {"save", "image"}


class Predictor:
    """Predicts, caches and saves; belongs to one event loop.

    Attributes:
        bundle: The verified model bundle.
        engine: Runs the model.
        pipeline: Scores images without caching, saving or drawing.
        files: Memory for the files of batches.
    """

    def __init__(
        self,
        bundle: Bundle,
        settings: Settings,
        metrics: Metrics | None = None,
        *,
        cache: ResultCache | None = None,
        history: HistoryService | None = None,
        memory: ImageMemory | None = None,
    ) -> None:
        """Load the engine and run it once.

        Args:
            bundle: A verified model bundle.
            settings: Limits, the engine, and the default operating point.
            metrics: Counts batches and cache hits.
            cache: Holds earlier results; by default a new one in memory.
            history: Saves results; without one nothing is saved.
            memory: Budget for large images in progress; by default its own.

        Raises:
            BundleError: The network cannot run, or lacks the operating point of the settings.
        """
        config = bundle.config
        self.bundle = bundle
        self._metrics = metrics or Metrics()
        self._default_point = default_operating_point(config, settings)
        self.engine = warm_engine(settings.engine, bundle)
        self._batcher = Batcher(
            self.engine, config, capacity=settings.queue_size, metrics=self._metrics
        )
        memory = memory or ImageMemory.from_settings(settings)
        self.pipeline = Pipeline(bundle, self._batcher, settings, memory)
        self.files = ImageMemory.for_files(settings, batches=1)
        self._cache = cache or ResultCache.from_settings(settings, None)
        self._running: SingleFlight[CachedResult, Progress] = SingleFlight()
        self._history = history
        self._store_originals = settings.store_originals
        self._patch_microns = config.patch_microns

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        metrics: Metrics | None = None,
        *,
        cache: ResultCache | None = None,
        history: HistoryService | None = None,
        memory: ImageMemory | None = None,
    ) -> Predictor:
        """Load the bundle that the settings name; raises as `find_bundle` does."""
        bundle = find_bundle(settings)
        return cls(bundle, settings, metrics, cache=cache, history=history, memory=memory)

    @property
    def model(self) -> ModelName:
        """Name and revision of the model."""
        return ModelName(name=self.bundle.config.name, revision=self.bundle.config.revision)

    @property
    def default_operating_point(self) -> str:
        """The operating point used when a request names none."""
        return self._default_point

    def close(self) -> None:
        """Finish the jobs waiting for the engine; later ones are refused as busy."""
        self._batcher.close()

    async def predict(
        self,
        data: bytes,
        options: PredictOptions,
        *,
        owner: bytes | None = None,
        patient: bool = False,
        sender: Sender | None = None,
        listen: Listener | None = None,
    ) -> PredictionResult:
        """Return the result for one image.

        The same image with the same options is served from the cache, or joins a running
        computation of it; such results have their own id, and ``cached`` is set. Results that are
        not saved are not cached either.

        Args:
            data: The image file's content.
            options: What the caller asked for.
            owner: Owner of the history that saves the result, if the options say so; None saves
                nothing.
            patient: Wait for memory instead of being refused. For callers that limit their own
                images in progress, such as a batch.
            sender: Shares the memory for large images, and is charged for a region's tiles.
            listen: Called with the image as soon as its header is read. For a region that is
                computed, here or for an earlier caller, then with its tissue, and its tiles batch
                by batch.

        Raises:
            RequestError: The image or an option cannot be used; see `hf_space.errors`.
            BusyError: Too many images are waiting already.
            RateLimitedError: The sender has used up the rate limit.
        """
        started = perf_counter()
        name, point = self.operating_point(options)
        key = self._key(data, options, name)
        found = await self._from_cache(key, started)
        if found is not None:
            if listen:
                listen(_image_found(found.result))
        else:
            compute = partial(self._compute, data, options, name, point, patient, sender)
            found = await self._computed((*key, options.save), compute, listen, started)
            if options.save and not found.result.cached:
                self._cache.put(key, found.packed())
        if owner is None or not options.save or self._history is None:
            return found.result
        return await self._saved(self._history, found, data, owner)

    async def _saved(
        self, history: HistoryService, found: CachedResult, data: bytes, owner: bytes
    ) -> PredictionResult:
        """Save a result, and return it with ``saved`` set, or with a warning."""
        result = found.result
        outcome = await history.save(
            result,
            owner=owner,
            thumbnail=found.thumbnail,
            original=data if self._store_originals else None,
            patch_microns=self._patch_microns,
        )
        if outcome == "saved":
            return result.model_copy(update={"saved": True})
        warning = result_warning("save_delayed" if outcome == "delayed" else "not_saved")
        return result.model_copy(update={"warnings": [*result.warnings, warning]})

    async def _from_cache(self, key: Key, started: float) -> CachedResult | None:
        hit = await self._cache.get(key)
        if hit is None:
            return None
        packed, level = hit
        try:
            found = CachedResult.unpacked(packed)
        except ValueError:
            # Other programs may write to the Redis; an unreadable entry counts as a miss.
            logger.warning("a result in the cache is damaged")
            return None
        self._metrics.cache.labels(level).inc()
        return _repeated(found, started)

    async def _computed(
        self,
        key: Key,
        compute: Callable[[Listener], Coroutine[None, None, CachedResult]],
        listen: Listener | None,
        started: float,
    ) -> CachedResult:
        """Compute or wait, see `_joined`; retry if only the other caller exceeded its limit."""
        shared = key in self._running
        try:
            return await self._joined(key, compute, listen, started)
        except RateLimitedError:
            if not shared:
                raise
        return await self._computed(key, compute, listen, started)

    async def _joined(
        self,
        key: Key,
        compute: Callable[[Listener], Coroutine[None, None, CachedResult]],
        listen: Listener | None,
        started: float,
    ) -> CachedResult:
        """Compute, or wait for the same computation if it is already running."""
        shared = key in self._running
        self._metrics.cache.labels("shared" if shared else "miss").inc()
        try:
            found = await self._running.run(key, compute, listen)
        except Exception as error:
            # The exception's frames hold the file until the garbage collector runs.
            clear_frames(error.__traceback__)
            raise
        return _repeated(found, started) if shared else found

    async def _compute(
        self,
        data: bytes,
        options: PredictOptions,
        name: str | None,
        point: OperatingPoint,
        patient: bool,  # noqa: FBT001 -- bound by `partial`, before the listener
        sender: Sender | None,
        listen: Listener,
    ) -> CachedResult:
        scored = self.pipeline.scored(data, options, patient=patient, sender=sender, listen=listen)
        async with scored as prediction:
            respond = partial(self._respond, prediction, options, name, point)
            is_patch = prediction.image.kind == "patch"
            return respond() if is_patch else await to_thread.run_sync(respond)

    def _respond(
        self,
        prediction: Prediction,
        options: PredictOptions,
        name: str | None,
        point: OperatingPoint,
    ) -> CachedResult:
        config, thumbnail = self.bundle.config, prediction.image.thumbnail
        result = make_result(prediction, config, point, point_name=name, explain=options.explain)
        return CachedResult(result, b"" if thumbnail is None else encode_thumbnail(thumbnail))

    def _key(self, data: bytes, options: PredictOptions, point_name: str | None) -> Key:
        asked = options.model_dump(exclude=_IRRELEVANT) | {"operating_point": point_name}
        content = hashlib.sha256(data).hexdigest()
        return (content, FORMAT, self.bundle.config.revision, *asked.values())

    def operating_point(self, options: PredictOptions) -> tuple[str | None, OperatingPoint]:
        """Return the name and the rule that options ask for; no name for an own threshold.

        Raises:
            UnknownOperatingPointError: The model has no operating point of this name.
        """
        return choose_operating_point(options, self.bundle.config, self._default_point)


def _image_found(result: PredictionResult) -> ImageFound:
    codes = [warning.code for warning in result.warnings]
    return ImageFound(result.image, result.kind, codes)


def _repeated(found: CachedResult, started: float) -> CachedResult:
    result = repeated_result(found.result, perf_counter() - started)
    return CachedResult(result, found.thumbnail)
