"""What is told about the model: facts, figures, and the limits of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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


def model_report(bundle: Bundle, settings: Settings) -> ModelReport:
    """Gather what a bundle says about its model, and the settings about requests."""
    metrics = bundle.metrics
    return ModelReport(
        inference=bundle.config,
        operating_points=_operating_points(bundle),
        threshold_curve=[
            ThresholdFigures.model_validate(point) for point in (metrics or {}).get(_CURVE, [])
        ],
        metrics=None if metrics is None else {k: v for k, v in metrics.items() if k != _CURVE},
        evaluation=sorted(bundle.plots),
        limits=Limits(
            formats=formats(),
            max_upload_bytes=settings.max_upload_bytes,
            max_pixels=settings.max_pixels,
            max_batch_files=settings.max_batch_files,
            max_batch_bytes=settings.max_batch_bytes,
        ),
    )


def model_state(predictor: Predictor) -> ModelState:
    """Tell which model a predictor has, where it comes from, and what runs it."""
    origin = predictor.bundle.origin
    return ModelState(
        state="ready",
        **predictor.model.model_dump(),
        source=origin.source,
        repo=origin.repo,
        commit=origin.commit,
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
