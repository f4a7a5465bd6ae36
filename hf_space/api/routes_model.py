"""Which model answers, how good it is, and what it takes."""

from __future__ import annotations

from fastapi import APIRouter

from hf_space.api.dependencies import PredictorDep, SettingsDep
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.model_report import model_report
from hf_space.schemas import ModelReport

router = APIRouter()


@router.get("/model/", tags=["model"], responses=ERROR_RESPONSES)
async def model(predictor: PredictorDep, settings: SettingsDep) -> ModelReport:
    """Return the model's facts, its measured figures, and the limits of a request."""
    return model_report(predictor.bundle, settings)
