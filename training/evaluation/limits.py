"""How far an image may differ from the training patches and still get a verdict."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from hf_space.bundle.config import InferenceConfig, StainReference, StatisticRange
from hf_space.imaging.quality import (
    OPTICAL_DENSITY,
    SATURATION,
    SHARPNESS,
    STAIN_DISTANCE,
    STAIN_RESIDUAL,
    quality_statistics,
    quality_warnings,
    stain_vector,
)
from hf_space.inference.engine import Engine, predict_patches
from training.data.splits import grouped_folds
from training.errors import DatasetError
from training.metrics import Floats

# Tails of the training patches, in percent: rarer colours are not H&E, and more distant stains are
# of another kind.
_COLOUR_TAIL: Final = 0.1
_STAIN_TAIL: Final = 1.0
# Blur in pixels of the model's scale, from slight to unusable.
_BLURS: Final = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
_PATCHES_PER_CASE: Final = 60
_FOLDS: Final = 5


class Limits(BaseModel):
    """The limits for `inference.json`, and their effect on the patches.

    Attributes:
        assessable: Range of each statistic outside which there is no verdict.
        stain_reference: Reference of the stain's distance.
        patches: Number of patches that were measured.
        cases: Number of their cases.
        sensitivity_sharp: Share of the tumour patches that the model finds in focus, 0 to 1.
        sensitivity_blurred: The same of those out of focus, by the blur's sigma in pixels.
        withheld: Share of the patches, 0 to 1, that get no verdict for each reason, and for
            ``any``; cross-fitted by case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    assessable: dict[str, StatisticRange]
    stain_reference: StainReference
    patches: int
    cases: int
    sensitivity_sharp: float
    sensitivity_blurred: dict[str, float]
    withheld: dict[str, float]


def measure_limits(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    case_ids: NDArray[np.str_],
    engine: Engine,
    config: InferenceConfig,
    *,
    progress: bool = False,
) -> Limits:
    """Find the limits beyond which a model gives no verdict.

    Colours and stain: beyond the tails of the patches. Focus: where the model finds half of the
    tumour patches that it finds in focus.

    Args:
        images: uint8 ``(N, h, h, 3)``, patches that the model learned from.
        labels: int64 ``(N,)``, 0 no IDC, 1 IDC.
        case_ids: str ``(N,)``; at most 60 patches of each case are measured.
        engine: Runs the model.
        config: Of its bundle.
        progress: Show a progress bar on standard error.

    Raises:
        DatasetError: There are no tumour patches, the model finds none of them, or there are fewer
            than five cases.
    """
    chosen = sample_by_case(case_ids)
    cases, patches = case_ids[chosen], [np.asarray(images[index]) for index in chosen]
    vectors = np.array([stain_vector(OPTICAL_DENSITY[patch.reshape(-1, 3)]) for patch in patches])
    tumour = [patch for patch, label in zip(patches, labels[chosen], strict=True) if label == 1]
    sharp, blurred, least_sharpness = _focus(tumour, engine, config, progress=progress)
    sharpness = StatisticRange(low=least_sharpness)
    folds = grouped_folds(cases, labels[chosen], _FOLDS, seed=0)
    reference = fit_reference(vectors)
    return Limits(
        assessable={SHARPNESS: sharpness, **_ranges(patches, reference)},
        stain_reference=reference,
        patches=len(patches),
        cases=len(np.unique(cases)),
        sensitivity_sharp=sharp,
        sensitivity_blurred=blurred,
        withheld=_withheld(patches, vectors, folds, config, sharpness),
    )


def fit_reference(vectors: NDArray[np.float64]) -> StainReference:
    """Return mean and inverse covariance of stain vectors, float64 ``(N, 9)``, N above 9."""
    precision = np.linalg.inv(np.cov(vectors.T))
    return StainReference(
        mean=tuple(vectors.mean(axis=0).tolist()),
        precision=tuple(tuple(row) for row in precision.tolist()),
    )


def sample_by_case(case_ids: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return the indices of 60 patches of each case, as far as it has them, in their order."""
    generator = np.random.default_rng(0)
    by_case = (np.flatnonzero(case_ids == case_id) for case_id in np.unique(case_ids))
    parts = [
        generator.choice(indices, min(_PATCHES_PER_CASE, len(indices)), replace=False)
        for indices in by_case
    ]
    return np.sort(np.concatenate(parts))


def _ranges(
    patches: list[NDArray[np.uint8]], reference: StainReference
) -> dict[str, StatisticRange]:
    rows = [quality_statistics(patch, reference) for patch in patches]
    values = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    tails = np.percentile
    return {
        SATURATION: StatisticRange(low=float(tails(values[SATURATION], _COLOUR_TAIL))),
        STAIN_RESIDUAL: StatisticRange(
            high=float(tails(values[STAIN_RESIDUAL], 100.0 - _COLOUR_TAIL))
        ),
        STAIN_DISTANCE: StatisticRange(
            high=float(tails(values[STAIN_DISTANCE], 100.0 - _STAIN_TAIL))
        ),
    }


def _focus(
    tumour: list[NDArray[np.uint8]], engine: Engine, config: InferenceConfig, *, progress: bool
) -> tuple[float, dict[str, float], float]:
    """Return the sensitivity in focus, that by blur, and the least sharpness of an image."""
    if not tumour:
        raise DatasetError("there are no tumour patches to measure the focus with")
    found = _detected(tumour, engine, config)
    sharp = float(found.mean())
    if sharp == 0.0:
        raise DatasetError("the model finds none of the tumour patches")
    sharpness, detections, by_blur = [_sharpness(tumour)], [found], {}
    for sigma in tqdm(_BLURS, desc="blur", disable=not progress):
        blurred = [np.asarray(cv2.GaussianBlur(p, (0, 0), sigma), np.uint8) for p in tumour]
        found = _detected(blurred, engine, config)
        by_blur[f"{sigma:g}"] = float(found.mean())
        sharpness.append(_sharpness(blurred))
        detections.append(found)
    least = half_sensitivity(np.concatenate(sharpness), np.concatenate(detections), sharp)
    return sharp, by_blur, least


def half_sensitivity(
    sharpness: Floats, detected: NDArray[np.bool_], sensitivity_sharp: float
) -> float:
    """Return the sharpness at which a model's sensitivity is half of what it is in focus.

    A logistic curve of the logarithm of sharpness is fitted; 0.0 where no blur harms so much.

    Args:
        sharpness: float64 ``(N,)``, above 0, of tumour patches.
        detected: bool ``(N,)``, whether the model finds each.
        sensitivity_sharp: Share that it finds in focus, above 0 and at most 1.
    """
    if detected.all():
        return 0.0
    curve = LogisticRegression(C=np.inf).fit(np.log(sharpness)[:, None], detected)
    slope, intercept = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    odds = sensitivity_sharp / (2.0 - sensitivity_sharp)
    return float(np.exp((np.log(odds) - intercept) / slope)) if slope > 0.0 else 0.0


def _sharpness(patches: list[NDArray[np.uint8]]) -> Floats:
    # Above 0, for the logarithm.
    return np.array([quality_statistics(patch)[SHARPNESS] for patch in patches]) + 1e-3


def _detected(
    patches: list[NDArray[np.uint8]], engine: Engine, config: InferenceConfig
) -> NDArray[np.bool_]:
    logits = predict_patches(engine, config, np.stack(patches)).logits
    threshold = config.thresholds[config.default_operating_point].threshold
    return np.asarray(config.calibration.probability(logits) >= threshold)


def _withheld(
    patches: list[NDArray[np.uint8]],
    vectors: NDArray[np.float64],
    folds: NDArray[np.int64],
    config: InferenceConfig,
    sharpness: StatisticRange,
) -> dict[str, float]:
    """Count patches without a verdict, by limits that were fitted on other cases."""
    counts = dict.fromkeys(("too_blurred", "not_h_and_e", "unlike_training", "any"), 0)
    for fold in np.unique(folds):
        learned = np.flatnonzero(folds != fold)
        reference = fit_reference(vectors[learned])
        ranges = _ranges([patches[index] for index in learned], reference)
        assessable = {SHARPNESS: sharpness, **ranges}
        for index in np.flatnonzero(folds == fold):
            statistics = quality_statistics(patches[index], reference)
            codes = quality_warnings(statistics, config.out_of_distribution, assessable)
            reasons = [code for code in codes if code in counts]
            for reason in (*reasons, *(["any"] if reasons else [])):
                counts[reason] += 1
    return {reason: count / len(patches) for reason, count in counts.items()}
