"""What a client may know of an error."""

from __future__ import annotations

import logging
from http import HTTPStatus

from hf_space.errors import BiopsiaError
from hf_space.schemas import ErrorBody

logger = logging.getLogger(__name__)


def error_body(error: Exception) -> ErrorBody:
    """Return the code, message and details for a client; the rest goes to the log."""
    if not isinstance(error, BiopsiaError):
        logger.error("unexpected error", exc_info=error)
        error = BiopsiaError("unexpected error")
    elif error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s: %s", error.code, error.message)
    return ErrorBody(code=error.code, message=error.client_message, details=error.client_details)
