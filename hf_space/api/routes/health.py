"""Health: is the process alive, and can it predict."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response, status

from hf_space.api.dependencies import OpenRoute
from hf_space.cache.redis import RedisConnection
from hf_space.history.service import HistoryService
from hf_space.observability.version import VERSION
from hf_space.prediction.model_report import model_state
from hf_space.schemas.health import CacheState, DatabaseState, HealthReport, Liveness
from hf_space.schemas.model import ModelState

router = APIRouter(route_class=OpenRoute, tags=["service"])


@router.get("/health/", responses={503: {"model": HealthReport}})
async def health(request: Request, response: Response) -> HealthReport:
    """Report whether the service can predict (200) or not (503), and the state of each part."""
    state = request.app.state
    model = (
        model_state(state.predictor)
        if state.predictor
        else ModelState(state="unavailable", reason=state.model_fault)
    )
    report = _report(model, state.history, state.redis)
    if report.status == "unavailable":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return report


def _report(
    model: ModelState, history: HistoryService, connection: RedisConnection | None
) -> HealthReport:
    database = DatabaseState(state=history.state, kind=history.kind, reason=history.fault)
    cache = CacheState(
        state=connection.state if connection else "ready", kind="redis" if connection else "memory"
    )
    is_whole = database.state == cache.state == "ready"
    predicts: Literal["ok", "degraded"] = "ok" if is_whole else "degraded"
    return HealthReport(
        version=VERSION,
        status=predicts if model.state == "ready" else "unavailable",
        model=model,
        database=database,
        cache=cache,
    )


@router.get("/health/live")
async def live() -> Liveness:
    """Report that the process is running, whether or not it can predict."""
    return Liveness()
