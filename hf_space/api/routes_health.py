"""Is the process alive, can it predict, and where are the doors."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from hf_space.api.dependencies import OptionalPredictorDep
from hf_space.schemas import HealthReport, Liveness, ModelState, ServiceIndex

router = APIRouter()

_INDEX = ServiceIndex(
    name="Biopsia",
    notice="For research and teaching only; not a medical device.",
    doors={
        "predict": "/predict/",
        "model": "/model/",
        "health": "/health/",
        "liveness": "/health/live",
        "documentation": "/docs",
    },
)


@router.get("/", tags=["service"])
def index() -> ServiceIndex:
    """Name the doors of the service."""
    return _INDEX


@router.get("/health/", tags=["service"], responses={503: {"model": HealthReport}})
def health(predictor: OptionalPredictorDep, response: Response) -> HealthReport:
    """Tell whether the service can predict: 200 if so, else 503."""
    if predictor is None:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return HealthReport(status="unavailable", model=ModelState(state="unavailable"))
    model = predictor.model
    return HealthReport(
        status="ok", model=ModelState(state="ready", name=model.name, revision=model.revision)
    )


@router.get("/health/live", tags=["service"])
def live() -> Liveness:
    """Tell that the process answers, whether or not it can predict."""
    return Liveness()
