"""Builds the API."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline

from hf_space.api import routes_batch, routes_health, routes_model, routes_predict
from hf_space.api.errors import add_error_handlers
from hf_space.api.observe import HEADER, ObserveMiddleware
from hf_space.api.paths import PathMiddleware
from hf_space.errors import BundleError
from hf_space.metrics import Metrics
from hf_space.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hf_space.settings import Settings

logger = logging.getLogger(__name__)


def create_api(settings: Settings) -> FastAPI:
    """Return the API, which loads its model when it starts."""
    # FastAPI's own documentation page loads its scripts from another host.
    app: FastAPI = FastAPIOffline(
        redoc_url=None,
        title="Biopsia",
        description="Finds invasive ductal carcinoma in H&E tissue. Research use only.",
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.metrics = Metrics()
    app.state.predictor = None
    for resource in (routes_predict, routes_batch, routes_health, routes_model):
        app.include_router(resource.router)
    add_error_handlers(app)
    # Each wraps those before it: whatever answers, it is observed.
    app.add_middleware(PathMiddleware, routes=app.router.routes)
    _allow_origins(app, settings)
    app.add_middleware(ObserveMiddleware, metrics=app.state.metrics)
    return app


def _allow_origins(app: FastAPI, settings: Settings) -> None:
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_origin_regex=settings.cors_origin_pattern,
        allow_methods=("DELETE", "GET", "POST"),
        allow_headers=("*",),
        expose_headers=(HEADER, "Retry-After"),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    predictor = await to_thread.run_sync(_load, app.state.settings, app.state.metrics)
    app.state.predictor = predictor
    yield
    app.state.predictor = None
    if predictor is not None:
        await to_thread.run_sync(predictor.close)


def _load(settings: Settings, metrics: Metrics) -> Predictor | None:
    """Load the model; None, and a log entry, where that fails: `/health/` then says so."""
    try:
        return Predictor.from_settings(settings, metrics)
    except BundleError as error:
        logger.error("no model, predictions are refused: %s", error)
        return None
