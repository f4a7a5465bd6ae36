"""The one use case: image in, result out. Every door calls it."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from hf_space.errors import BundleError, UnknownOperatingPointError
from hf_space.explain.overlay import draw_overlay, overlay_data_url
from hf_space.ids import uuid7
from hf_space.imaging.decode import decode_image
from hf_space.imaging.preprocess import pad_to_patch
from hf_space.imaging.quality import quality_statistics, quality_warnings
from hf_space.imaging.scale import fit_patch
from hf_space.inference.bundle import Bundle, OperatingPoint, load_bundle
from hf_space.inference.engine import OpenVinoEngine, predict_patches
from hf_space.schemas import (
    GradCam,
    ImageFacts,
    LabelScore,
    ModelName,
    PredictionResult,
    PredictOptions,
    ResultWarning,
    Timing,
    WarningCode,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.settings import Settings

logger = logging.getLogger(__name__)

# Enlarged this much or more, an image holds too little detail for the model.
_OFF_SCALE_FACTOR: Final = 2.0

_MESSAGES: Final[dict[WarningCode, str]] = {
    "blank": "The image is almost empty: brighter or darker than the tissue the model knows.",
    "blurred": "The image is less sharp than the tissue the model knows.",
    "not_h_and_e": "The colours are unlike tissue stained with haematoxylin and eosin.",
    "off_scale": "The image is much coarser than the model's scale; detail is missing.",
    "padded": "The image is smaller than a patch and was grown by reflection.",
    "scale_assumed": "No microns_per_pixel was given; the model's own scale was assumed.",
}


@dataclass(frozen=True, slots=True)
class _Patch:
    """A decoded image at the model's scale, and the patch made of it."""

    facts: ImageFacts
    image: NDArray[np.uint8]
    patch: NDArray[np.uint8]
    warnings: list[WarningCode]


class Predictor:
    """Decodes, predicts, calibrates and explains; safe to call from many threads."""

    def __init__(self, bundle: Bundle, settings: Settings) -> None:
        """Compile the network and run it once.

        Args:
            bundle: A verified model bundle.
            settings: Limits and the default operating point.

        Raises:
            BundleError: The network cannot run, or lacks the operating point of the settings.
        """
        config = bundle.config
        self.bundle = bundle
        self._settings = settings
        self._default_point = settings.operating_point or config.default_operating_point
        if self._default_point not in config.thresholds:
            raise BundleError(f"the model has no operating point {self._default_point!r}")
        self._engine = OpenVinoEngine(bundle)
        self._warm_up()

    @classmethod
    def from_settings(cls, settings: Settings) -> Predictor:
        """Load the bundle that the settings name; raises BundleError as `load_bundle` does."""
        predictor = cls(load_bundle(settings.model_dir), settings)
        config = predictor.bundle.config
        logger.info("model %s %s is ready", config.name, config.revision)
        return predictor

    @property
    def model(self) -> ModelName:
        """Name and revision of the model."""
        return ModelName(name=self.bundle.config.name, revision=self.bundle.config.revision)

    def predict(
        self, data: bytes, options: PredictOptions, *, received: float | None = None
    ) -> PredictionResult:
        """Answer about one image of at most one patch.

        Args:
            data: The image file's content.
            options: What the caller asked for.
            received: ``time.perf_counter()`` when the request was ready; the wait since then is
                reported as queue time. Now, if unset.

        Raises:
            RequestError: The image or an option cannot be used; see `hf_space.errors`.
        """
        started = perf_counter()
        received = started if received is None else received
        name, point = self._operating_point(options)
        patch = self._read(data, options)
        decoded = perf_counter()
        outputs = predict_patches(self._engine, self.bundle.config, patch.patch[None])
        calibration = self.bundle.config.calibration
        probability = float(calibration.probability(outputs.logits)[0])
        inferred = perf_counter()
        gradcam = self._explain(patch, calibration.logit(outputs.activation_maps[0]), options)
        rendered = perf_counter()
        timing = Timing(
            decode=_milliseconds(started, decoded),
            queue=_milliseconds(received, started),
            inference=_milliseconds(decoded, inferred),
            render=_milliseconds(inferred, rendered),
            total=_milliseconds(received, rendered),
        )
        return self._result(patch, probability, gradcam, name=name, point=point, timing=timing)

    def _result(
        self,
        patch: _Patch,
        probability: float,
        gradcam: GradCam,
        *,
        name: str | None,
        point: OperatingPoint,
        timing: Timing,
    ) -> PredictionResult:
        return PredictionResult(
            id=uuid7(),
            created_at=datetime.now(UTC),
            kind="patch",
            verdict=point.verdict(probability),
            probability=probability,
            threshold=point.threshold,
            operating_point=name,
            predictions=self._scores(probability),
            gradcam=gradcam,
            region=None,
            image=patch.facts,
            warnings=[ResultWarning(code=c, message=_MESSAGES[c]) for c in patch.warnings],
            model=self.model,
            cached=False,
            saved=False,
            timing_ms=timing,
        )

    def _warm_up(self) -> None:
        """Answer about a white patch: first calls allocate, and a wrong graph shows here."""
        side = self.bundle.config.patch_size_pixels
        _, png = cv2.imencode(".png", np.full((side, side, 3), 255, np.uint8))
        try:
            self.predict(png.tobytes(), PredictOptions(explain=True))
        except (RuntimeError, ValueError) as error:
            raise BundleError(f"the network does not run: {error}") from error

    def _operating_point(self, options: PredictOptions) -> tuple[str | None, OperatingPoint]:
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

    def _read(self, data: bytes, options: PredictOptions) -> _Patch:
        config, settings = self.bundle.config, self._settings
        decoded = decode_image(
            data, max_bytes=settings.max_upload_bytes, max_pixels=settings.max_pixels
        )
        image = fit_patch(
            decoded,
            microns_per_pixel=options.microns_per_pixel,
            spacing_um_px=config.spacing_um_px,
            patch_size=config.patch_size_pixels,
        )
        given = options.microns_per_pixel
        facts = ImageFacts(
            sha256=hashlib.sha256(data).hexdigest(),
            width=decoded.shape[1],
            height=decoded.shape[0],
            microns_per_pixel=config.spacing_um_px if given is None else given,
            scale_source="assumed" if given is None else "request",
        )
        patch = pad_to_patch(image, config.patch_size_pixels)
        return _Patch(facts, image, patch, self._warnings(facts, image, patch))

    def _warnings(
        self, facts: ImageFacts, image: NDArray[np.uint8], patch: NDArray[np.uint8]
    ) -> list[WarningCode]:
        config = self.bundle.config
        ranges = {name: (r.low, r.high) for name, r in config.out_of_distribution.items()}
        codes: list[WarningCode] = [*quality_warnings(quality_statistics(image), ranges)]
        if facts.microns_per_pixel >= _OFF_SCALE_FACTOR * config.spacing_um_px:
            codes.append("off_scale")
        if image.shape != patch.shape:
            codes.append("padded")
        if facts.scale_source == "assumed":
            codes.append("scale_assumed")
        return codes

    def _explain(
        self, patch: _Patch, activation: NDArray[np.float64], options: PredictOptions
    ) -> GradCam:
        overlay = None
        if options.explain:
            size = self.bundle.config.patch_size_pixels
            overlay = overlay_data_url(draw_overlay(patch.image, activation, patch_size=size))
        rows, columns = activation.shape
        return GradCam(rows=rows, columns=columns, grid=activation.tolist(), overlay=overlay)

    def _scores(self, probability: float) -> list[LabelScore]:
        negative, positive = self.bundle.config.class_names
        scores = [
            LabelScore(label=positive, score=probability),
            LabelScore(label=negative, score=1.0 - probability),
        ]
        return sorted(scores, key=lambda score: score.score, reverse=True)


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000.0, 3)
