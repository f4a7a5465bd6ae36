"""Builds the ASGI application."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import FastAPI

from hf_space.api import routes_health, routes_model, routes_predict
from hf_space.api.errors import add_error_handlers
from hf_space.api.slashes import SlashMiddleware
from hf_space.errors import BundleError
from hf_space.predictor import Predictor
from hf_space.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

logger = logging.getLogger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application; the model is loaded when it starts.

    Args:
        settings: From the environment, if unset.
    """
    app = FastAPI(
        title="Biopsia",
        description="Finds invasive ductal carcinoma in H&E patches. Research use only.",
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.settings = settings or Settings()
    app.state.predictor = None
    app.include_router(routes_health.router)
    app.include_router(routes_model.router)
    app.include_router(routes_predict.router)
    app.add_middleware(SlashMiddleware, routes=app.router.routes)
    add_error_handlers(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.predictor = await to_thread.run_sync(_load, app.state.settings)
    yield
    app.state.predictor = None


def _load(settings: Settings) -> Predictor | None:
    """Load the model; None, and a log entry, where that fails: `/health/` then says so."""
    try:
        return Predictor.from_settings(settings)
    except BundleError as error:
        logger.error("no model, predictions are refused: %s", error)
        return None
