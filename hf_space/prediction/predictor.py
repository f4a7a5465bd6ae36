"""The one use case: image in, result out. Every door calls it."""

from __future__ import annotations

import hashlib
import logging
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np
from anyio import to_thread

from hf_space.bundle.calibration import OperatingPoint, sigmoid
from hf_space.bundle.load import Bundle
from hf_space.bundle.source import find_bundle
from hf_space.cache.memory import Key
from hf_space.cache.result_cache import ResultCache
from hf_space.cache.single_flight import Flights
from hf_space.errors import BundleError, UnknownOperatingPointError
from hf_space.history.saving import Keeper
from hf_space.imaging.readers.pillow import ImageFile
from hf_space.inference.batching import Batcher
from hf_space.inference.warmup import warm_engine
from hf_space.observability.metrics import Metrics
from hf_space.prediction.admission import LargeImageGate
from hf_space.prediction.cached_result import FORMAT, Computed, identity
from hf_space.prediction.image import Reading, read_image
from hf_space.prediction.pipeline import Answer, answer_patch, answer_region
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import LabelScore, ModelName, PredictionResult

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from hf_space.history.writing.recorder import Recorder
    from hf_space.settings import Settings

logger = logging.getLogger(__name__)

# Up to this many bytes and pixels, decoding costs less than handing it to another thread.
_SMALL_FILE_BYTES: Final = 128 * 1024
_SMALL_IMAGE_PIXELS: Final = 256 * 256
# Options that change the answer.
_WHAT_MATTERS: Final = set(PredictOptions.model_fields) - {"save"}


class Predictor:
    """Decodes, predicts, calibrates and explains; belongs to one event loop.

    Attributes:
        bundle: The verified model bundle.
        engine: What runs it.
    """

    def __init__(
        self,
        bundle: Bundle,
        settings: Settings,
        metrics: Metrics | None = None,
        *,
        cache: ResultCache | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        """Load the engine and run it once.

        Args:
            bundle: A verified model bundle.
            settings: Limits, the engine, and the default operating point.
            metrics: Learns of batches and cache hits.
            cache: Keeps results already given; by default in memory of its own.
            recorder: Keeps the history; without one nothing is saved.

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
        self.engine = warm_engine(settings.engine, bundle)
        self._batcher = Batcher(
            self.engine, config, capacity=settings.queue_size, metrics=self._metrics
        )
        self._cache = cache or ResultCache.from_settings(settings, None)
        originals = settings.store_originals
        self._keeper = Keeper(recorder, config, originals=originals) if recorder else None
        self._flights: Flights[Computed] = Flights()
        self._large = LargeImageGate()

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        metrics: Metrics | None = None,
        *,
        cache: ResultCache | None = None,
        recorder: Recorder | None = None,
    ) -> Predictor:
        """Load the bundle that the settings name; raises as `find_bundle` does."""
        bundle = find_bundle(settings)
        return cls(bundle, settings, metrics, cache=cache, recorder=recorder)

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
        owner: bytes | None = None,
        patient: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> PredictionResult:
        """Answer about one image.

        The same image with the same options is answered from the cache, or by a computation of it
        that is under way; such results have an id of their own, and ``cached`` is set. What is not
        to be saved is not kept in the cache either.

        Args:
            data: The image file's content.
            options: What the caller asked for.
            owner: In whose history the answer is saved, if the options say so; None: in nobody's.
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
        computed = await self._cached(key, started)
        if computed is None:

            async def compute() -> Computed:
                answer = await self._answer(data, options, point, on_progress, patient=patient)
                thumbnail = answer.reading.thumbnail
                return Computed(self._result(answer, name, point), thumbnail)

            computed = await self._joined((*key, options.save), compute, started)
            if options.save and not computed.result.cached:
                self._cache.put(key, computed.packed())
        if owner is None or not options.save or self._keeper is None:
            return computed.result
        return await self._keeper.save(computed, data, owner)

    async def _cached(self, key: Key, started: float) -> Computed | None:
        found = await self._cache.get(key)
        if found is None:
            return None
        packed, where = found
        try:
            computed = Computed.unpacked(packed)
        except ValueError:
            # Others may write into a Redis; what cannot be read is as good as nothing.
            logger.warning("a result in the cache is damaged")
            return None
        self._metrics.cache.labels(where).inc()
        return computed.again(started)

    async def _joined(
        self, key: Key, compute: Callable[[], Coroutine[None, None, Computed]], started: float
    ) -> Computed:
        """Compute, or wait for the same that is being computed already."""
        shared = key in self._flights
        self._metrics.cache.labels("shared" if shared else "miss").inc()
        computed = await self._flights.join(key, compute)
        return computed.again(started) if shared else computed

    def _key(self, data: bytes, options: PredictOptions, point: str | None) -> Key:
        asked = options.model_dump(include=_WHAT_MATTERS)
        content = hashlib.sha256(data).digest()
        revision = self.bundle.config.revision
        return (FORMAT, content, revision, *(asked | {"operating_point": point}).values())

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
        async with self._large.enter(patient=patient):
            reading = await to_thread.run_sync(self._read, file, data, options)
            return await score(reading, patient=patient)

    def _open(self, data: bytes) -> ImageFile:
        settings = self._settings
        return ImageFile(data, max_bytes=settings.max_upload_bytes, max_pixels=settings.max_pixels)

    def _pixels(self, file: ImageFile, options: PredictOptions) -> float:
        """Return the pixels of the image as it is or at the model's scale, whichever are more."""
        scale = options.microns_per_pixel or 0.0
        enlargement = max(1.0, scale / self.bundle.config.microns_per_pixel)
        return file.width * file.height * enlargement**2

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
            **identity(),
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
