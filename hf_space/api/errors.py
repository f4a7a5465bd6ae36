"""Every error response is ``{"error": {"code", "message", "details"}}``, and nothing more."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hf_space.errors import BiopsiaError, RequestError, UnknownPathError, WrongMethodError
from hf_space.schemas.errors import ErrorBody, ErrorReport, error_body
from hf_space.schemas.options import invalid_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope

_CLIENT_CLOSED_REQUEST: Final = 499
_FRAMEWORK_CODES: Final = {
    kind.status: kind.code for kind in (BiopsiaError, UnknownPathError, WrongMethodError)
}

ERROR_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": ErrorReport, "description": "The request was refused; `code` says why."},
    "5XX": {
        "model": ErrorReport,
        "description": "The service cannot do this now; `code` says why.",
    },
}


def add_error_handlers(app: FastAPI) -> None:
    """Register handlers that turn exceptions into error responses."""
    app.add_exception_handler(BiopsiaError, _on_biopsia_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)


def _response(
    status: int,
    code: str,
    message: str,
    *,
    details: dict[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    report = ErrorReport(error=ErrorBody(code=code, message=message, details=details or {}))
    return JSONResponse(jsonable_encoder(report), status_code=status, headers=headers)


def biopsia_response(
    error: BiopsiaError, *, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the response for one of the service's own errors."""
    seconds = error.retry_after_seconds
    headers = headers if seconds is None else {**(headers or {}), "Retry-After": str(seconds)}
    return _response(error.status, **error_body(error).model_dump(), headers=headers)


def not_found(scope: Scope) -> UnknownPathError:
    """Return the error for a request's path, which is unknown."""
    root_path = scope.get("app_root_path", scope.get("root_path", ""))
    return UnknownPathError(
        f"There is nothing at {scope['path']}; {root_path}/docs lists the paths."
    )


async def _on_biopsia_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BiopsiaError)  # noqa: S101 -- registered for this class only
    return biopsia_response(error)


async def _on_validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for this class only
    # Each location of FastAPI begins with the part of the request; clients know only the option.
    findings = [finding | {"loc": finding["loc"][1:]} for finding in error.errors()]
    return biopsia_response(invalid_options(findings))


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this class only
    if error.status_code == HTTPStatus.NOT_FOUND:
        return biopsia_response(not_found(request.scope))
    code = _FRAMEWORK_CODES.get(error.status_code, RequestError.code)
    return _response(error.status_code, code, str(error.detail), headers=error.headers)


async def _on_disconnect(_: Request, __: Exception) -> Response:
    return client_closed()


def client_closed() -> Response:
    """Return a response for the metrics and the log only: the client has disconnected."""
    # Proxies use the same status.
    return Response(status_code=_CLIENT_CLOSED_REQUEST)


def unexpected_response(error: Exception) -> JSONResponse:
    """Log an unhandled exception, and return a response without its details."""
    return _response(500, **error_body(error).model_dump())
