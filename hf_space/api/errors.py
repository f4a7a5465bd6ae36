"""Every failure leaves as ``{"error": {"code", "message", "details"}}``, and nothing more."""

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

_CLIENT_CLOSED_REQUEST: Final = 499
_FRAMEWORK_CODES: Final = {
    kind.status: kind.code for kind in (BiopsiaError, UnknownPathError, WrongMethodError)
}

ERROR_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": ErrorReport, "description": "The request cannot be answered."},
    "5XX": {"model": ErrorReport, "description": "The service cannot answer."},
}


def add_error_handlers(app: FastAPI) -> None:
    """Let the application answer the exceptions that it expects in the one error shape."""
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
    """Return one of the service's own errors, and log it where it is the service's fault."""
    seconds = error.retry_after_seconds
    headers = headers if seconds is None else {**(headers or {}), "Retry-After": str(seconds)}
    return _response(error.status, **error_body(error).model_dump(), headers=headers)


def not_found(path: str) -> UnknownPathError:
    """Return the error for a path that nothing answers."""
    return UnknownPathError(f"Nothing answers at {path}; /docs lists the paths.")


def _on_biopsia_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BiopsiaError)  # noqa: S101 -- registered for this class only
    return biopsia_response(error)


def _on_validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for this class only
    # FastAPI begins each place with the part of the request; options are known by their names.
    findings = [finding | {"loc": finding["loc"][1:]} for finding in error.errors()]
    return biopsia_response(invalid_options(findings))


def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this class only
    if error.status_code == HTTPStatus.NOT_FOUND:
        return biopsia_response(not_found(request.url.path))
    code = _FRAMEWORK_CODES.get(error.status_code, RequestError.code)
    return _response(error.status_code, code, str(error.detail), headers=error.headers)


def _on_disconnect(_: Request, __: Exception) -> Response:
    # Nobody reads it; the metrics and the log do, under the status that proxies use for it.
    return Response(status_code=_CLIENT_CLOSED_REQUEST)


def unexpected_response(error: Exception) -> JSONResponse:
    """Log an exception that nothing handled, and return what the client may know of it."""
    return _response(500, **error_body(error).model_dump())
