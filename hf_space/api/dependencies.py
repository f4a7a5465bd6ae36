"""What the routes are given, as annotated types."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from hf_space.errors import ModelUnavailableError
from hf_space.predictor import Predictor
from hf_space.settings import Settings


def get_settings(request: Request) -> Settings:
    """Return the settings the application was built with."""
    return cast("Settings", request.app.state.settings)


def get_predictor_or_none(request: Request) -> Predictor | None:
    """Return the predictor, or None when no model could be loaded."""
    return cast("Predictor | None", request.app.state.predictor)


def get_predictor(
    predictor: Annotated[Predictor | None, Depends(get_predictor_or_none)],
) -> Predictor:
    """Return the predictor; raises ModelUnavailableError when no model could be loaded."""
    if predictor is None:
        raise ModelUnavailableError("no model is loaded")
    return predictor


SettingsDep = Annotated[Settings, Depends(get_settings)]
PredictorDep = Annotated[Predictor, Depends(get_predictor)]
OptionalPredictorDep = Annotated[Predictor | None, Depends(get_predictor_or_none)]
