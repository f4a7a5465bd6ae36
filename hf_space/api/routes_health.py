"""Is the process alive, can it predict, and what does it do all day."""

from __future__ import annotations

from fastapi import APIRouter, Response, status
from prometheus_client import CONTENT_TYPE_LATEST

from hf_space.api.dependencies import MetricsDep, OptionalPredictorDep
from hf_space.schemas import HealthReport, Liveness, ModelState

router = APIRouter(tags=["service"])


@router.get("/health/", responses={503: {"model": HealthReport}})
async def health(predictor: OptionalPredictorDep, response: Response) -> HealthReport:
    """Tell whether the service can predict: 200 if so, else 503."""
    if predictor is None:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return HealthReport(status="unavailable", model=ModelState(state="unavailable"))
    state = ModelState(
        state="ready",
        name=predictor.model.name,
        revision=predictor.model.revision,
        engine=predictor.engine.name,
        precision=predictor.engine.precision,
    )
    return HealthReport(status="ok", model=state)


@router.get("/health/live")
async def live() -> Liveness:
    """Tell that the process answers, whether or not it can predict."""
    return Liveness()


@router.get(
    "/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
)
async def metrics(counters: MetricsDep) -> Response:
    """Count requests, latency, batch sizes, the queue and the cache, in Prometheus's format."""
    return Response(counters.exposition(), media_type=CONTENT_TYPE_LATEST)
