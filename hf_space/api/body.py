"""The body of a prediction request: bounded, then read as multipart or JSON."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from hf_space.api.errors import invalid_options
from hf_space.errors import (
    InvalidEncodingError,
    MissingImageError,
    PayloadTooLargeError,
    UnsupportedBodyError,
)
from hf_space.schemas import PredictOptions, PredictRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Message

_MULTIPART: Final = "multipart/form-data"
_JSON: Final = "application/json"
# Room for the options and the multipart headers beside the image.
_OVERHEAD_BYTES: Final = 64 * 1024
_DATA_URL: Final = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)

BodyModel = TypeVar("BodyModel", bound=BaseModel)


async def read_predict_body(
    request: Request, *, max_image_bytes: int
) -> tuple[bytes, PredictOptions]:
    """Read the image and the options, refusing a body that is too large before it is all read.

    Raises:
        PayloadTooLargeError: The body cannot hold an image of at most ``max_image_bytes``.
        UnsupportedBodyError: The content type is neither multipart nor JSON.
        MissingImageError: There is no image.
        InvalidEncodingError: The JSON's image is not base64.
        InvalidOptionsError: An option is unknown, has a bad value, or contradicts another.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == _MULTIPART:
        return await _read_multipart(bounded(request, max_image_bytes + _OVERHEAD_BYTES))
    if content_type == _JSON:
        max_base64 = 4 * (max_image_bytes // 3 + 1)
        return await _read_json(bounded(request, max_base64 + _OVERHEAD_BYTES))
    raise UnsupportedBodyError(
        f"Content type {content_type or 'none'!r} is not accepted; send {_MULTIPART} with a part "
        f"named file, or {_JSON} with a base64 image."
    )


def bounded(request: Request, max_bytes: int) -> Request:
    """Return the request with a body that raises PayloadTooLargeError beyond ``max_bytes``."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > max_bytes:
            raise _too_large(max_bytes)
        return message

    return Request(request.scope, receive)


def decode_base64(text: str) -> bytes:
    """Decode base64, bare or in a data URL; raises InvalidEncodingError."""
    header = _DATA_URL.match(text)
    payload = "".join(text[header.end() if header else 0 :].split())
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidEncodingError("The image is neither base64 nor a base64 data URL.") from error


async def _read_multipart(request: Request) -> tuple[bytes, PredictOptions]:
    async with request.form(max_files=1, max_fields=8) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise MissingImageError("The form has no part named file that holds a file.")
        # HTML forms send untouched inputs as empty text: the same as not sending them.
        options = {name: text for name, text in form.items() if name != "file" and text != ""}
        return await upload.read(), _validate(PredictOptions, options)


async def _read_json(request: Request) -> tuple[bytes, PredictOptions]:
    body = await request.body()
    try:
        parsed = PredictRequest.model_validate_json(body)
    except ValidationError as error:
        raise invalid_options(error.errors(include_input=False, include_url=False)) from error
    return decode_base64(parsed.image), parsed


def _validate(model: type[BodyModel], values: Mapping[str, object]) -> BodyModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid_options(error.errors(include_input=False, include_url=False)) from error


def _too_large(max_bytes: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(
        f"The request body is larger than {max_bytes} bytes.", max_bytes=max_bytes
    )
