"""From what a caller sent to valid options, or to an error that names each bad one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hf_space.errors import InvalidOptionsError
from hf_space.schemas import PredictOptions, PredictRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def read_options(values: Mapping[str, object]) -> PredictOptions:
    """Validate options given by name; raises InvalidOptionsError."""
    try:
        return PredictOptions.model_validate(values)
    except ValidationError as error:
        raise _without_input(error) from error


def read_request(body: bytes) -> PredictRequest:
    """Validate a JSON request; raises InvalidOptionsError."""
    try:
        return PredictRequest.model_validate_json(body)
    except ValidationError as error:
        raise _without_input(error) from error


def invalid_options(errors: Sequence[Mapping[str, Any]]) -> InvalidOptionsError:
    """Return pydantic's findings as a client error; the offending input is not repeated."""
    fields = [
        {
            "field": ".".join(str(part) for part in error["loc"]),
            # Pydantic's own prefix of messages that come from a validator of ours.
            "message": str(error["msg"]).removeprefix("Value error, "),
        }
        for error in errors
    ]
    text = "; ".join(f"{field['field'] or 'request'}: {field['message']}" for field in fields)
    return InvalidOptionsError(text, fields=fields)


def _without_input(error: ValidationError) -> InvalidOptionsError:
    return invalid_options(error.errors(include_input=False, include_url=False))
