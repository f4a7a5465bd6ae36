"""What the service changes about the demo once it is mounted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from fastapi.exception_handlers import http_exception_handler
from starlette.routing import Mount

from hf_space.api.errors import http_error_response, not_found

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from gradio.routes import App
    from starlette.responses import Response

# Gradio's own client reads its errors in Gradio's shape.
_GRADIO_API: Final = "/gradio_api/"


def end_streams(app: FastAPI) -> None:
    """Let go of open pages, whose heartbeat streams would hold up the end of the service."""
    _mounted(app).stop_event.set()


def name_unknown_paths(app: FastAPI) -> None:
    """Let the demo answer paths that it does not know in the service's error shape."""

    async def answer(request: Request, error: Exception) -> Response:
        if _GRADIO_API in request.url.path:
            return await http_exception_handler(request, error)  # type: ignore[arg-type]
        return http_error_response(not_found(request.url.path))

    _mounted(app).add_exception_handler(404, answer)


def _mounted(app: FastAPI) -> App:
    root = next(route for route in app.routes if isinstance(route, Mount) and route.path == "")
    return cast("App", root.app)
