"""What starts with the API, and ends with it: Redis, the history, the model."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import astuple
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from hf_space.errors import BundleError, FetchError
from hf_space.prediction.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI
    from starlette.datastructures import State

# Between tries to fetch a model while the Hub is away.
_RETRY_SECONDS: Final = 15
# A start waits for the bundled model, and so long for one of the Hub: mostly that is enough, and a
# download that stalls must not keep the service from saying so.
_PATIENCE_SECONDS: Final = 20

logger = logging.getLogger(__name__)


@asynccontextmanager
async def loaded_model(state: State) -> AsyncIterator[None]:
    """Hold the predictor in an application's state, or None: `/health/` then says so.

    What cannot be fetched is tried again until it can; any other fault needs someone's hand.
    """
    tried = asyncio.Event()
    patience = _PATIENCE_SECONDS if state.settings.model_repo else None
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
            return
        except FetchError:
            logger.info("another try follows in %d s", _RETRY_SECONDS)
        except Exception:
            logger.exception("the model cannot be loaded")
            return
        finally:
            tried.set()
        await asyncio.sleep(_RETRY_SECONDS)


async def _load(state: State) -> Predictor | None:
    def load() -> Predictor:
        return Predictor.from_settings(
            state.settings, state.metrics, cache=state.cache, history=state.history
        )

    try:
        predictor = await to_thread.run_sync(load)
    except BundleError as error:
        logger.error("no model, predictions are refused: %s", error)
        if isinstance(error, FetchError):
            raise
        return None
    logger.info(
        "model %s %s is ready on %s in %s, from %s",
        predictor.model.name,
        predictor.model.revision,
        predictor.engine.name,
        predictor.engine.precision,
        " ".join(filter(None, astuple(predictor.bundle.origin))),
    )
    return predictor


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold what an application works with, from its start to its end."""
    state = app.state
    async with AsyncExitStack() as stack:
        if state.redis:
            stack.push_async_callback(state.redis.close)
            await state.redis.start()
            stack.push_async_callback(state.cache.settle)
        # Closed after the predictor, whose last answers it writes.
        stack.push_async_callback(state.history.close)
        # The database answers while the model loads.
        opening = asyncio.create_task(state.history.start())
        try:
            await stack.enter_async_context(loaded_model(state))
        finally:
            await opening
        yield
