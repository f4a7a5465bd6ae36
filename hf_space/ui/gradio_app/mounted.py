"""Changes to the demo after it is mounted."""

from __future__ import annotations

from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from anyio import to_thread
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Mount

from hf_space.api.errors import biopsia_response, not_found
from hf_space.errors import BiopsiaError, RequestError, UnknownPathError, WrongMethodError
from hf_space.ui.gradio_app.private_folder import remove
from hf_space.ui.gradio_app.tracebacks import log_refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fastapi import FastAPI, Request
    from gradio.block_function import BlockFunction
    from gradio.routes import App
    from starlette.responses import Response


def end_streams(app: FastAPI) -> None:
    """Close the heartbeat streams of open pages, which would delay shutdown."""
    mounted_app(app).stop_event.set()


def remove_at_end(app: FastAPI, folder: Path) -> None:
    """Remove the demo's folder when the application ends.

    A process that is ended by a signal does not run `atexit` handlers.
    """
    lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def removing(app: FastAPI) -> AsyncIterator[Any]:
        try:
            async with lifespan(app) as state:
                yield state
        finally:
            await to_thread.run_sync(remove, folder)

    app.router.lifespan_context = removing


def name_unknown_paths(app: FastAPI) -> None:
    """Make the demo refuse unknown paths and wrong methods with the service's error format."""

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 -- registered for its statuses only
        if error.status_code == HTTPStatus.NOT_FOUND:
            return biopsia_response(not_found(request.scope))
        refused = WrongMethodError(f"{request.method} is not allowed on {request.url.path}.")
        return biopsia_response(refused, headers=error.headers)

    for status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        mounted_app(app).add_exception_handler(status, refuse)


class _Functions(dict[int, "BlockFunction"]):
    """The demo's functions by their numbers."""

    def __missing__(self, number: int) -> BlockFunction:
        raise UnknownPathError(f"The demo has no function {number}; reload its page.")


def name_unknown_functions(app: FastAPI) -> None:
    """Make the demo refuse unknown function numbers.

    Gradio would answer with a bare 500, and a traceback in the log.
    """
    mounted = mounted_app(app)
    # Every session starts with a copy of it.
    config = mounted.get_blocks().default_config
    config.fns = _Functions(config.fns)


def name_own_errors(app: FastAPI) -> None:
    """Make the demo answer the service's own errors as the API does, such as of a bad upload."""

    async def refuse(_: Request, error: Exception) -> Response:
        assert isinstance(error, BiopsiaError)  # noqa: S101 -- registered for this class only
        return biopsia_response(error)

    mounted_app(app).add_exception_handler(BiopsiaError, refuse)


def name_wrong_inputs(app: FastAPI) -> None:
    """Make the demo refuse unreadable bodies and unknown inputs in the service's error format.

    Gradio would return the first in its own format, and answer the second with a bare 500 and log
    it with a traceback. They are the caller's mistakes, of which the log must not be full.
    """

    async def refuse(_: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            log_refusal(error)
        return biopsia_response(
            RequestError("The function takes other inputs; see the demo's API.")
        )

    for kind in (TypeError, ValueError, RequestValidationError):
        mounted_app(app).add_exception_handler(kind, refuse)


def mounted_app(app: FastAPI) -> App:
    """Return Gradio's own application, which `gradio.mount_gradio_app` mounted at `/`."""
    root = next(route for route in app.routes if isinstance(route, Mount) and route.path == "")
    return cast("App", root.app)
