"""The report on the model: facts, figures, and the limits of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from hf_space.bundle.calibration import prior_shift
from hf_space.imaging.readers import formats
from hf_space.schemas.model import (
    Limits,
    ModelReport,
    ModelState,
    OperatingPointReport,
    ThresholdFigures,
)

if TYPE_CHECKING:
    from hf_space.bundle.load import Bundle
    from hf_space.prediction.predictor import Predictor
    from hf_space.settings import Settings

_CURVE: Final = "threshold_curve"
# Field of `outside`: the response to each picture, already summarised by group.
_PICTURES: Final = "pictures"

Figures = TypeVar("Figures", bound=ThresholdFigures)


def model_report(
    bundle: Bundle, settings: Settings, *, prevalence: float | None = None
) -> ModelReport:
    """Collect a bundle's facts about its model, and the limits of requests from the settings.

    Args:
        bundle: The model.
        settings: Limits of a request.
        prevalence: Share of patches with carcinoma, above 0 and below 1, to convert to; None leaves
            every figure as it was measured.
    """
    metrics = bundle.metrics
    points = _operating_points(bundle)
    curve = [ThresholdFigures.model_validate(point) for point in (metrics or {}).get(_CURVE, [])]
    # At threshold 0 every patch is called malignant, so precision is the prevalence.
    measured = next((point.precision for point in curve if point.threshold == 0.0), None)
    if prevalence is not None:
        points = {name: _at(point, prevalence) for name, point in points.items()}
        curve = [_at(point, prevalence) for point in curve]
    assumed = bundle.config.assumed_prevalence
    return ModelReport(
        inference=bundle.config,
        prevalence=measured if prevalence is None else prevalence,
        logit_shift=prior_shift(assumed, prevalence) if assumed and prevalence else None,
        operating_points=points,
        threshold_curve=curve,
        metrics=None if metrics is None else {k: v for k, v in metrics.items() if k != _CURVE},
        reports={
            name: {key: value for key, value in figures.items() if key != _PICTURES}
            for name, figures in bundle.reports.items()
        },
        evaluation=sorted(bundle.plots),
        limits=Limits(
            formats=formats(),
            max_upload_bytes=settings.max_upload_bytes,
            max_pixels=settings.max_pixels,
            max_slide_bytes=settings.max_slide_bytes,
            max_slide_pixels=settings.max_slide_pixels,
            max_batch_files=settings.max_batch_files,
            max_batch_bytes=settings.max_batch_bytes,
        ),
    )


def _at(figures: Figures, prevalence: float) -> Figures:
    """Return figures with the precision at another prevalence, by Bayes' theorem."""
    if figures.sensitivity is None or figures.specificity is None:
        return figures.model_copy(update={"precision": None})
    found = figures.sensitivity * prevalence
    called = found + (1.0 - figures.specificity) * (1.0 - prevalence)
    return figures.model_copy(update={"precision": found / called if called else None})


def model_state(predictor: Predictor) -> ModelState:
    """Return a predictor's model, its origin, and the engine."""
    origin = predictor.bundle.origin
    return ModelState(
        state="ready",
        **predictor.model.model_dump(),
        source=origin.source,
        repo=origin.repo,
        commit=origin.commit,
        pinned=origin.pinned,
        engine=predictor.engine.name,
        precision=predictor.engine.precision,
    )


def _operating_points(bundle: Bundle) -> dict[str, OperatingPointReport]:
    measured: dict[str, dict[str, Any]] = (bundle.metrics or {}).get("operating_points", {})
    return {
        name: OperatingPointReport(
            **point.model_dump(),
            sensitivity=measured.get(name, {}).get("recall"),
            specificity=measured.get(name, {}).get("specificity"),
            precision=measured.get(name, {}).get("precision"),
        )
        for name, point in bundle.config.thresholds.items()
    }
