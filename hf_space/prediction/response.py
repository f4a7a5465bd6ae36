"""Convert a prediction to the result that callers get; pictures are encoded only here."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from PIL import Image

from hf_space.bundle.calibration import sigmoid
from hf_space.explain.overlay import draw_evidence, draw_tiles
from hf_space.prediction.foci import find_foci
from hf_space.prediction.scoring import nullable, rounded_tiles
from hf_space.prediction.slide import tile_grid
from hf_space.prediction.trust import judge, result_warning, withholding_reasons
from hf_space.schemas.ids import time_of, uuid7
from hf_space.schemas.prediction import (
    Focus,
    GradCam,
    LabelScore,
    ModelName,
    PredictionResult,
    RegionResult,
    Timing,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.bundle.calibration import OperatingPoint
    from hf_space.bundle.config import InferenceConfig
    from hf_space.history.record import SavedRecord
    from hf_space.prediction.pipeline import Prediction
    from hf_space.schemas.history import HistoryRecord
    from hf_space.schemas.prediction import ImageFacts

_LENGTH_BYTES: Final = 4
# Redis keeps results of earlier versions: those of another form must not be found.
FORMAT: Final = hashlib.sha256(json.dumps(PredictionResult.model_json_schema()).encode()).digest()

# JPEG is some ten times smaller and faster than PNG here; the exact figures are in the grid.
_JPEG: Final = (cv2.IMWRITE_JPEG_QUALITY, 90)
# Small thumbnails are stored exactly: every pixel of a patch may matter.
_LOSSLESS_PIXELS: Final = 64 * 64
# The fastest settings of each; others make files a tenth smaller in ten times the time.
_LOSSLESS: Final[dict[str, Any]] = {"lossless": True, "quality": 0, "method": 0}
_LOSSY: Final[dict[str, Any]] = {"quality": 80, "method": 2}
# Decimals of the evidence: a region's grid is large, and a thousandth of a logit is negligible.
_DECIMALS: Final = {"patch": 6, "region": 3}


@dataclass(frozen=True, slots=True)
class CachedResult:
    """A result, and the thumbnail for its record; empty if it is not saved."""

    result: PredictionResult
    thumbnail: bytes

    def packed(self) -> bytes:
        """Return both as bytes: the thumbnail's length, the thumbnail, the result as JSON."""
        length = len(self.thumbnail).to_bytes(_LENGTH_BYTES, "big")
        return length + self.thumbnail + self.result.model_dump_json().encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> CachedResult:
        """Read the output of `packed`; raises ValueError if it is damaged."""
        end = _LENGTH_BYTES + int.from_bytes(packed[:_LENGTH_BYTES], "big")
        result = PredictionResult.model_validate_json(packed[end:])
        return cls(result, packed[_LENGTH_BYTES:end])


def make_result(
    prediction: Prediction,
    config: InferenceConfig,
    point: OperatingPoint,
    *,
    point_name: str | None,
    explain: bool,
) -> PredictionResult:
    """Return a prediction as a result, with its verdict, and drawings if requested.

    Args:
        prediction: The model's output.
        config: Has the model's name, classes and scale.
        point: The rule that gives the verdict.
        point_name: Its name; None for a threshold of the caller's own.
        explain: Draw the evidence, and a region's tiles, over the image.
    """
    started = perf_counter()
    image = prediction.image
    probability = float(sigmoid(np.asarray(prediction.scores.suspicion())))
    warnings = [result_warning(code) for code in prediction.warnings]
    reasons = withholding_reasons(warnings)
    gradcam = _gradcam(prediction, explain=explain, is_verdict=not reasons)
    region = None
    if image.kind == "region":
        region = _region(
            prediction, config, point.threshold, explain=explain, is_verdict=not reasons
        )
    identifier = uuid7()
    return PredictionResult(
        id=identifier,
        created_at=time_of(identifier),
        kind=image.kind,
        verdict=judge(point, probability, reasons),
        reasons=reasons,
        probability=probability,
        threshold=point.threshold,
        operating_point=point_name,
        uncertain_band=point.band,
        predictions=label_scores(probability, config.class_names),
        gradcam=gradcam,
        region=region,
        image=image.facts,
        slide=image.slide,
        warnings=warnings,
        model=ModelName(name=config.name, revision=config.revision),
        cached=False,
        saved=False,
        timing_ms=_timing(prediction, render=perf_counter() - started),
    )


def repeated_result(result: PredictionResult, seconds: float) -> PredictionResult:
    """Return an earlier result as a new one, with its own id and time."""
    identifier = uuid7()
    timing = Timing(decode=0.0, queue=0.0, inference=0.0, render=0.0, total=_milliseconds(seconds))
    return result.model_copy(
        update={
            "id": identifier,
            "created_at": time_of(identifier),
            "cached": True,
            "timing_ms": timing,
        }
    )


def draw_saved(saved: SavedRecord) -> HistoryRecord:
    """Return a record with its overlay, and a region's heat map, drawn on the thumbnail."""
    result, region = saved.record.result, saved.record.result.region
    thumbnail = read_thumbnail(saved.thumbnail)
    covered = _covered_pixels(saved.covered_microns, result.image, thumbnail)
    evidence = np.array(result.gradcam.grid, dtype=np.float64)
    is_verdict = result.verdict != "not_assessable"
    overlay = evidence_url(thumbnail, evidence, covered, is_verdict=is_verdict)
    gradcam = result.gradcam.model_copy(update={"overlay": overlay})
    if region is not None:
        tiles = np.array(region.tiles, dtype=np.float64)
        heatmap = tiles_url(thumbnail, tiles, covered, result.threshold if is_verdict else None)
        region = region.model_copy(update={"heatmap": heatmap})
    drawn = result.model_copy(update={"gradcam": gradcam, "region": region})
    return saved.record.model_copy(update={"result": drawn})


def evidence_url(
    pixels: NDArray[np.uint8],
    evidence: NDArray[np.float64],
    covered: tuple[int, int],
    *,
    is_verdict: bool = True,
) -> str:
    """Return evidence drawn over an image as a JPEG data URL; see `draw_evidence`."""
    return jpeg_url(draw_evidence(pixels, evidence, covered=covered, is_verdict=is_verdict))


def tiles_url(
    pixels: NDArray[np.uint8],
    probabilities: NDArray[np.float64],
    covered: tuple[int, int],
    threshold: float | None,
) -> str:
    """Return a region's tiles drawn over it as a JPEG data URL; see `draw_tiles`."""
    return jpeg_url(draw_tiles(pixels, probabilities, covered=covered, threshold=threshold))


def encode_thumbnail(image: NDArray[np.uint8]) -> bytes:
    """Encode a small image, uint8 (h, w, 3), RGB, as WebP without metadata."""
    small = image.shape[0] * image.shape[1] <= _LOSSLESS_PIXELS
    with io.BytesIO() as file:
        Image.fromarray(image).save(file, "WEBP", **(_LOSSLESS if small else _LOSSY))
        return file.getvalue()


def read_thumbnail(webp: bytes) -> NDArray[np.uint8]:
    """Decode a thumbnail to uint8 (h, w, 3), RGB."""
    with Image.open(io.BytesIO(webp), formats=("WEBP",)) as picture:
        return np.array(picture.convert("RGB"))


def _gradcam(prediction: Prediction, *, explain: bool, is_verdict: bool) -> GradCam:
    evidence = prediction.scores.evidence
    rows, columns = evidence.shape
    overlay = None
    if explain:
        pixels, covered = prediction.image.pixels, prediction.tiles.covered
        overlay = evidence_url(pixels, evidence, covered, is_verdict=is_verdict)
    grid = nullable(evidence, _DECIMALS[prediction.image.kind])
    return GradCam(rows=rows, columns=columns, grid=grid, overlay=overlay)


def _region(
    prediction: Prediction,
    config: InferenceConfig,
    threshold: float,
    *,
    explain: bool,
    is_verdict: bool,
) -> RegionResult:
    tiles, probabilities = prediction.tiles, prediction.scores.probabilities
    rows, columns = tiles.tissue.shape
    heatmap = None
    if explain:
        marked = threshold if is_verdict else None
        heatmap = tiles_url(tiles.image, probabilities, tiles.covered, marked)
    tissue = float(tiles.areas[tiles.tissue].sum())
    malignant = prediction.scores.area_at_or_above(threshold)
    square_mm = (config.microns_per_pixel / 1000.0) ** 2
    is_known = prediction.image.facts.scale_source != "assumed"
    return RegionResult(
        rows=rows,
        columns=columns,
        tile_size_pixels=tiles.size,
        microns_per_pixel=config.microns_per_pixel,
        tiles=rounded_tiles(probabilities),
        tiles_raw=rounded_tiles(prediction.scores.raw_probabilities),
        heatmap=heatmap,
        tissue_fraction=tissue / float(tiles.areas.sum()),
        malignant_fraction=malignant / tissue,
        malignant_area_mm2=round(malignant * square_mm, 6) if is_known else None,
        foci=_foci(prediction, config, threshold),
    )


def _foci(prediction: Prediction, config: InferenceConfig, threshold: float) -> list[Focus]:
    is_known = prediction.image.facts.scale_source != "assumed"
    grid = tile_grid(prediction.image, config)
    return find_foci(prediction.scores.probabilities, threshold, grid, scale_known=is_known)


def _covered_pixels(
    covered_microns: tuple[float, float], image: ImageFacts, thumbnail: NDArray[np.uint8]
) -> tuple[int, int]:
    """Return height and width, in pixels of the thumbnail, that a grid covers."""
    (rows, columns, _), (down, across) = thumbnail.shape, covered_microns
    scale_x, scale_y = image.scale
    height = round(rows * down / (image.height * scale_y))
    return height, round(columns * across / (image.width * scale_x))


def _timing(prediction: Prediction, *, render: float) -> Timing:
    parts = {
        "decode": prediction.read_seconds,
        "queue": prediction.scores.queue_seconds,
        "inference": prediction.inference_seconds,
        "render": render,
    }
    total = _milliseconds(sum(parts.values()))
    return Timing(**{name: _milliseconds(part) for name, part in parts.items()}, total=total)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000.0, 3)


def jpeg_url(picture: NDArray[np.uint8]) -> str:
    """Return a picture, uint8 (h, w, 3), BGR, as a JPEG data URL."""
    _, jpeg = cv2.imencode(".jpg", picture, _JPEG)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")


def label_scores(probability: float, class_names: tuple[str, str]) -> list[LabelScore]:
    """Return both classes with their probabilities, the likelier first.

    Args:
        probability: Of the positive class.
        class_names: Of the negative class and of the positive one.
    """
    negative, positive = class_names
    scores = [
        LabelScore(label=positive, score=probability),
        LabelScore(label=negative, score=1.0 - probability),
    ]
    return sorted(scores, key=lambda score: score.score, reverse=True)
