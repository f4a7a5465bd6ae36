"""What the routes are given, as annotated types."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, FastAPI, Request

from hf_space.access.rate_limit import Limiter
from hf_space.access.tickets import Tickets
from hf_space.access.visitor import Visitor
from hf_space.errors import ModelUnavailableError
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.service import HistoryService
from hf_space.observability.metrics import Metrics
from hf_space.prediction.predictor import Predictor
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


async def get_predictor(request: Request) -> Predictor:
    """Return the predictor; raises ModelUnavailableError when no model could be loaded."""
    return loaded_predictor(request.app)


async def get_visitor(request: Request) -> Visitor:
    """Return who asks."""
    return cast("Visitor", request.state.visitor)


async def get_owner(request: Request) -> bytes:
    """Return whose records are meant; a newcomer is given the token with the answer."""
    return (await get_visitor(request)).use()


async def get_history(request: Request) -> HistoryRepository:
    """Return what finds, reviews and deletes records."""
    service: HistoryService = request.app.state.history
    return service.repository


async def get_limiter(request: Request) -> Limiter:
    """Return what charges requests."""
    return cast("Limiter", request.app.state.limiter)


async def get_tickets(request: Request) -> Tickets:
    """Return what gives out tickets."""
    return cast("Tickets", request.app.state.tickets)


HistoryDep = Annotated[HistoryRepository, Depends(get_history)]
OwnerDep = Annotated[bytes, Depends(get_owner)]
LimiterDep = Annotated[Limiter, Depends(get_limiter)]
VisitorDep = Annotated[Visitor, Depends(get_visitor)]
MetricsDep = Annotated[Metrics, Depends(get_metrics)]
TicketsDep = Annotated[Tickets, Depends(get_tickets)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
PredictorDep = Annotated[Predictor, Depends(get_predictor)]
