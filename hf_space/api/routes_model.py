"""Which model answers, and how good it is."""

from __future__ import annotations

from fastapi import APIRouter

from hf_space.api.dependencies import PredictorDep
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.schemas import ModelReport

router = APIRouter()


@router.get("/model/", tags=["model"], responses=ERROR_RESPONSES)
def model(predictor: PredictorDep) -> ModelReport:
    """Return the model's facts and, when the bundle has them, its measured figures."""
    return ModelReport(inference=predictor.bundle.config, metrics=predictor.bundle.metrics)
