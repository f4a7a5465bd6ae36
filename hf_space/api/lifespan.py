"""Starts and stops the parts behind the API: Redis, the history, the model."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from hf_space.errors import BundleError, FetchError
from hf_space.prediction.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI
    from starlette.datastructures import State

# Between attempts to fetch a model while the Hub is unreachable.
_RETRY_SECONDS: Final = 15
# Startup waits this long for a model from the Hub, and without limit for the bundled one.
# `/health/` must be able to report a stalled download.
_STARTUP_SECONDS: Final = 20

logger = logging.getLogger(__name__)


@asynccontextmanager
async def loaded_model(state: State) -> AsyncIterator[None]:
    """Set the predictor in an application's state; None if no model loads, as `/health/` reports.

    A failed download is repeated until it succeeds; any other fault needs an operator.
    """
    tried = asyncio.Event()
    patience = _STARTUP_SECONDS if state.settings.model_repo else None
    loading = asyncio.create_task(_keep_loading(state, tried))
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(tried.wait(), patience)
        yield
    finally:
        loading.cancel()
        with suppress(asyncio.CancelledError):
            await loading
        predictor, state.predictor = state.predictor, None
        if predictor is not None:
            await to_thread.run_sync(predictor.close)


async def _keep_loading(state: State, tried: asyncio.Event) -> None:
    while True:
        try:
            state.predictor = await _load(state)
            state.model_fault = None if state.predictor else "unusable"
            return
        except FetchError:
            state.model_fault = "not_fetched"
            logger.info("trying again in %d s", _RETRY_SECONDS)
        except Exception:
            state.model_fault = "unusable"
            logger.exception("the model cannot be loaded")
            return
        finally:
            tried.set()
        await asyncio.sleep(_RETRY_SECONDS)


async def _load(state: State) -> Predictor | None:
    def load() -> Predictor:
        return Predictor.from_settings(
            state.settings,
            state.metrics,
            cache=state.cache,
            history=state.history,
            memory=state.memory,
        )

    try:
        predictor = await to_thread.run_sync(load)
    except BundleError as error:
        logger.error("no model, predictions are refused: %s", error)
        if isinstance(error, FetchError):
            raise
        return None
    origin = predictor.bundle.origin
    logger.info(
        "model %s %s is ready on %s in %s, from %s",
        predictor.model.name,
        predictor.model.revision,
        predictor.engine.name,
        predictor.engine.precision,
        " ".join(filter(None, (origin.source, origin.repo, origin.commit))),
    )
    return predictor


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start the parts behind an application, and stop them at the end."""
    state = app.state
    async with AsyncExitStack() as stack:
        if state.redis:
            stack.push_async_callback(state.redis.close)
            await state.redis.start()
            stack.push_async_callback(state.cache.settle)
            forgetting = asyncio.create_task(state.cache.keep_forgetting())
            stack.callback(forgetting.cancel)
        # Closed after the predictor, because it writes the predictor's last results.
        stack.push_async_callback(state.history.close)
        # The database opens while the model loads.
        opening = asyncio.create_task(state.history.start())
        try:
            await stack.enter_async_context(loaded_model(state))
        finally:
            await opening
        yield
