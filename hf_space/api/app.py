"""Builds the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline

from hf_space.access.key_guesses import KeyGuesses
from hf_space.access.rate_limit import Limiter
from hf_space.access.tickets import Tickets
from hf_space.access.visitor import ApiKeys
from hf_space.api.dependencies import PolicyRoute, UndeclaredRoute, policy_routes
from hf_space.api.errors import add_error_handlers
from hf_space.api.lifespan import lifespan
from hf_space.api.middleware.identify import (
    RATE_LIMIT_HEADERS,
    VISITOR_HEADER,
    IdentifyMiddleware,
)
from hf_space.api.middleware.observe import HEADER, ObserveMiddleware
from hf_space.api.middleware.paths import PathMiddleware
from hf_space.api.openapi import add_schemas
from hf_space.api.openapi_details import add_details, operation_name
from hf_space.api.routes import (
    batch,
    example,
    export,
    health,
    history,
    metrics,
    model,
    predict,
    preview,
    statistics,
    tickets,
    visitor,
)
from hf_space.cache.redis import RedisConnection
from hf_space.cache.result_cache import ResultCache
from hf_space.history.service import HistoryService
from hf_space.observability.metrics import Metrics
from hf_space.observability.version import VERSION
from hf_space.prediction.admission import ImageMemory
from hf_space.prediction.preview import Previews
from hf_space.schemas.options import PredictRequest
from hf_space.schemas.stream import StreamEvent

if TYPE_CHECKING:
    from hf_space.settings import Settings

_RESOURCES = (
    *(predict, preview, example, export, batch, tickets, visitor),
    *(history, statistics),
    *(health, metrics, model),
)


def create_api(settings: Settings) -> FastAPI:
    """Return the API, which loads its model when it starts.

    Raises:
        TypeError: A route declares no rate policy.
    """
    # FastAPI's own documentation page loads its scripts from another host.
    app: FastAPI = FastAPIOffline(
        redoc_url=None,
        title="Biopsia",
        version=VERSION,
        description="Finds invasive ductal carcinoma in H&E tissue. Research use only.",
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=operation_name,
    )
    _add_parts(app, settings)
    routes: list[PolicyRoute] = []
    for resource in _RESOURCES:
        routes += policy_routes(resource.router)
        app.include_router(resource.router)
    app.router.route_class = UndeclaredRoute
    add_schemas(app, requests=[PredictRequest], responses=[StreamEvent])
    add_details(app, routes)
    add_error_handlers(app)
    _add_middleware(app, settings, routes)
    return app


def _add_parts(app: FastAPI, settings: Settings) -> None:
    """Add the objects that routes and middleware share; nothing connects yet."""
    state = app.state
    state.settings = settings
    state.metrics = Metrics()
    state.redis = (
        RedisConnection(settings.redis_url.get_secret_value()) if settings.redis_url else None
    )
    state.limiter = Limiter(
        settings.owner_images_per_minute, settings.address_images_per_minute, state.redis
    )
    state.cache = ResultCache.from_settings(settings, state.redis)
    state.history = HistoryService(settings, state.metrics, forget=state.cache.forget)
    state.memory = ImageMemory.from_settings(settings)
    # The largest batch still leaves room for others.
    state.bodies = ImageMemory.for_files(settings, batches=2)
    state.previews = Previews(settings, state.memory)
    state.tickets = Tickets(settings.ticket_secret)
    state.predictor, state.model_fault = None, "loading"


def _add_middleware(app: FastAPI, settings: Settings, routes: list[PolicyRoute]) -> None:
    # Each wraps the previous ones; the last observes every response.
    app.add_middleware(PathMiddleware, routes=app.router.routes, root_path=settings.root_path or "")
    app.add_middleware(
        IdentifyMiddleware,
        routes=routes,
        keys=ApiKeys(settings.api_keys),
        require_key=settings.require_api_key,
        tickets=app.state.tickets,
        guesses=KeyGuesses(app.state.redis),
        trusted_hops=settings.trusted_proxy_hops,
        site_secret=settings.site_secret,
    )
    _allow_origins(app, settings)
    app.add_middleware(ObserveMiddleware, metrics=app.state.metrics)


def _allow_origins(app: FastAPI, settings: Settings) -> None:
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_origin_regex=settings.cors_origin_pattern,
        allow_methods=("DELETE", "GET", "POST", "PUT"),
        allow_headers=("*",),
        expose_headers=(HEADER, VISITOR_HEADER, "Retry-After", *RATE_LIMIT_HEADERS),
    )
