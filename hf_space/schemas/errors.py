"""The error response for clients."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypeAliasType

from hf_space.errors import BiopsiaError, error_codes
from hf_space.schemas.base import Schema

logger = logging.getLogger(__name__)


ErrorCode = TypeAliasType(
    "ErrorCode", Annotated[str, Field(json_schema_extra={"enum": sorted(error_codes())})]
)


class ErrorBody(Schema):
    """What went wrong, for programs (`code`, `details`) and people (`message`)."""

    code: ErrorCode
    message: str
    details: dict[str, Any]


class ErrorReport(Schema):
    """The body of every error."""

    error: ErrorBody


def error_body(error: Exception) -> ErrorBody:
    """Return the code, message and details for a client; the rest goes to the log."""
    if not isinstance(error, BiopsiaError):
        logger.error("unexpected error", exc_info=error)
        error = BiopsiaError("unexpected error")
    elif error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s: %s", error.code, error.message)
    return ErrorBody(code=error.code, message=error.client_message, details=error.client_details)
