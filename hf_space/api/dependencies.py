"""What the routes are given, as annotated types."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, FastAPI, Request

from hf_space.errors import ModelUnavailableError
from hf_space.metrics import Metrics
from hf_space.predictor import Predictor
from hf_space.settings import Settings


def loaded_predictor(app: FastAPI) -> Predictor:
    """Return the predictor of a started API; raises ModelUnavailableError where there is none."""
    predictor: Predictor | None = app.state.predictor
    if predictor is None:
        raise ModelUnavailableError("no model is loaded")
    return predictor


async def get_settings(request: Request) -> Settings:
    """Return the settings the application was built with."""
    return cast("Settings", request.app.state.settings)


async def get_metrics(request: Request) -> Metrics:
    """Return the application's counters."""
    return cast("Metrics", request.app.state.metrics)


async def get_predictor_or_none(request: Request) -> Predictor | None:
    """Return the predictor, or None when no model could be loaded."""
    return cast("Predictor | None", request.app.state.predictor)


async def get_predictor(request: Request) -> Predictor:
    """Return the predictor; raises ModelUnavailableError when no model could be loaded."""
    return loaded_predictor(request.app)


MetricsDep = Annotated[Metrics, Depends(get_metrics)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
PredictorDep = Annotated[Predictor, Depends(get_predictor)]
OptionalPredictorDep = Annotated[Predictor | None, Depends(get_predictor_or_none)]
