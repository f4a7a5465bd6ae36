"""Every failure leaves as ``{"error": {"code", "message", "details"}}``, and nothing more."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from hf_space.errors import BiopsiaError, InvalidOptionsError
from hf_space.schemas import ErrorBody, ErrorReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

logger = logging.getLogger(__name__)

ERROR_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": ErrorReport, "description": "The request cannot be answered."},
    "5XX": {"model": ErrorReport, "description": "The service cannot answer."},
}


def add_error_handlers(app: FastAPI) -> None:
    """Let the application answer every exception in the one error shape."""
    app.add_exception_handler(BiopsiaError, _on_biopsia_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)


def invalid_options(errors: Sequence[Mapping[str, Any]]) -> InvalidOptionsError:
    """Return pydantic's findings as a client error; the offending input is not repeated."""
    fields = [
        {"field": ".".join(str(part) for part in error["loc"]), "message": _plain(error["msg"])}
        for error in errors
    ]
    text = "; ".join(f"{field['field'] or 'request'}: {field['message']}" for field in fields)
    return InvalidOptionsError(text, fields=fields)


def _plain(message: str) -> str:
    # Pydantic's own prefix of messages that come from a validator of ours.
    return message.removeprefix("Value error, ")


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


def _biopsia_response(error: BiopsiaError) -> JSONResponse:
    return _response(error.status, error.code, error.client_message, details=error.client_details)


def _on_biopsia_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BiopsiaError)  # noqa: S101 -- registered for this class only
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s: %s", error.code, error.message)
    return _biopsia_response(error)


def _on_validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for this class only
    return _biopsia_response(invalid_options(error.errors()))


def _on_http_exception(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this class only
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return _response(error.status_code, code, str(error.detail), headers=error.headers)


def _on_unexpected(_: Request, error: Exception) -> JSONResponse:
    logger.error("unexpected error", exc_info=error)
    return _biopsia_response(BiopsiaError("unexpected error"))
