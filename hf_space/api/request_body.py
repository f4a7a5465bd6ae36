"""Reads the body of a prediction request, multipart or JSON, and watches for disconnection."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hf_space.errors import (
    InvalidEncodingError,
    InvalidFormError,
    MissingImageError,
    PayloadTooLargeError,
    TooManyFilesError,
    UnsupportedBodyError,
)
from hf_space.schemas.options import (
    PredictOptions,
    SlideOptions,
    invalid_options,
    read_options,
    read_predict_request,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from starlette.types import Message, Receive

T = TypeVar("T")
Options = TypeVar("Options", bound=PredictOptions)

MULTIPART: Final = "multipart/form-data"
IMAGE_PART: Final = "file"
"""Name of the form's part that holds the image of `POST /predict/`."""

_JSON: Final = "application/json"
# Room for the options and the multipart headers beside the images.
_OVERHEAD_BYTES: Final = 64 * 1024
_MAX_FIELDS: Final = 16
# Far more than there are options; each parsed value takes some 60 bytes.
_MOST_VALUES: Final = 1000
_DATA_URL: Final = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)


async def read_predict_body(
    request: Request, *, max_image_bytes: int
) -> tuple[bytes, PredictOptions]:
    """Read the image and the options, refusing a body that is too large before it is all read.

    Raises:
        PayloadTooLargeError: The body cannot hold an image of at most ``max_image_bytes``.
        UnsupportedBodyError: The content type is neither multipart nor JSON.
        InvalidFormError: The form cannot be parsed.
        MissingImageError: There is no image.
        TooManyFilesError: There is more than one image.
        InvalidEncodingError: The JSON's image is not base64.
        InvalidOptionsError: An option is unknown, has a bad value, or contradicts another.
    """
    content_type = _content_type(request)
    if content_type == MULTIPART:
        form_read = read_form(request, max_bytes=max_image_bytes, max_files=1, part=IMAGE_PART)
        async with form_read as form:
            return await _only_upload(form).read(), form_options(form, PredictOptions)
    if content_type == _JSON:
        # Base64 writes three bytes as four characters.
        max_bytes = 4 * (max_image_bytes // 3 + 1) + _OVERHEAD_BYTES
        return await _read_json(bounded(request, max_bytes, told=max_image_bytes))
    raise UnsupportedBodyError(
        f"Content type {content_type or 'none'!r} is not accepted; send {MULTIPART} with a part "
        f"named {IMAGE_PART}, or {_JSON} with a base64 image."
    )


async def read_slide_body(request: Request, *, max_image_bytes: int) -> tuple[bytes, SlideOptions]:
    """Read the picture of a slide and its options; raises the errors of `read_predict_body`."""
    form_read = read_form(request, max_bytes=max_image_bytes, max_files=1, part=IMAGE_PART)
    async with form_read as form:
        return await _only_upload(form).read(), form_options(form, SlideOptions)


async def read_image(request: Request, *, max_image_bytes: int) -> bytes:
    """Read a form with an image and no options; raises the errors of `read_predict_body`."""
    form_read = read_form(request, max_bytes=max_image_bytes, max_files=1, part=IMAGE_PART)
    async with form_read as form:
        fields = [name for name, value in form.multi_items() if isinstance(value, str)]
        if fields:
            raise invalid_options(
                [{"loc": (name,), "msg": f"send the part {IMAGE_PART} alone"} for name in fields]
            )
        return await _only_upload(form).read()


@asynccontextmanager
async def read_form(
    request: Request, *, max_bytes: int, max_files: int, part: str | None = None
) -> AsyncIterator[FormData]:
    """Parse a bounded multipart form; its files live until the context ends.

    Args:
        request: The request, whose body has not been read.
        max_bytes: Most bytes of all files together.
        max_files: Most files.
        part: Required name of a file's part; None accepts any name except an option's.

    Raises:
        PayloadTooLargeError: The body cannot hold files of at most ``max_bytes`` together.
        UnsupportedBodyError: The body is not a multipart form.
        InvalidFormError: The form cannot be parsed.
        InvalidOptionsError: A file is in a part where none is expected.
        TooManyFilesError: It holds more than ``max_files``.
    """
    if _content_type(request) != MULTIPART:
        raise UnsupportedBodyError(f"Send {MULTIPART}.")
    overhead = _OVERHEAD_BYTES * (1 + max_files // 64)
    body = bounded(request, max_bytes + overhead, told=max_bytes)
    try:
        form = await body.form(max_files=max_files + 1, max_fields=_MAX_FIELDS)
    except HTTPException as error:
        # Starlette's parser has no error codes.
        if "Too many files" in error.detail:
            raise _too_many(max_files) from error
        raise InvalidFormError(f"The form cannot be parsed: {error.detail}") from error
    try:
        _check_file_parts(form, part)
        if len(uploads(form)) > max_files:
            raise _too_many(max_files)
        yield form
    finally:
        await form.close()


def uploads(form: FormData) -> list[UploadFile]:
    """Return the files of a form, in their order."""
    return [value for _, value in form.multi_items() if isinstance(value, UploadFile)]


def form_options(form: FormData, model: type[Options]) -> Options:
    """Read options from a form's text fields; raises InvalidOptionsError."""
    texts = [(name, text) for name, text in form.multi_items() if isinstance(text, str)]
    counts = Counter(name for name, _ in texts)
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise invalid_options([{"loc": (name,), "msg": "give it once"} for name in repeated])
    # HTML forms send untouched inputs as empty text: the same as not sending them.
    return read_options(
        model, {name: text for name, text in texts if text or name not in model.model_fields}
    )


def bounded(request: Request, max_bytes: int, *, told: int) -> Request:
    """Return the request with a body that raises PayloadTooLargeError beyond ``max_bytes``.

    Args:
        request: The request, whose body has not been read.
        max_bytes: Largest accepted body.
        told: The limit to name in the error message.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise _too_large(told)
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > max_bytes:
            raise _too_large(told)
        return message

    return Request(request.scope, receive)


def check_values(body: bytes, most: int) -> None:
    """Refuse JSON with too many values, before it is parsed: objects take 60 times their length.

    Args:
        body: JSON, or anything else.
        most: Largest number of commas and opening brackets, including those in its texts.

    Raises:
        PayloadTooLargeError: It has more.
    """
    values = sum(map(body.count, (b",", b"{", b"[")))
    if values > most:
        raise PayloadTooLargeError(
            f"The JSON has {values} values; at most {most} are accepted here.",
            values=values,
            max_values=most,
        )


def accepts(request: Request, media_type: str) -> bool:
    """Return whether a request accepts a media type by name, not by a wildcard."""
    accepted = ",".join(request.headers.getlist("accept")).split(",")
    return any(each.partition(";")[0].strip().lower() == media_type for each in accepted)


async def while_connected(receive: Receive, work: Awaitable[T]) -> T:
    """Return the result of some work, or cancel the work when the client disconnects.

    Args:
        receive: The request's channel, whose body was read already.
        work: The coroutine whose result the client waits for.

    Raises:
        ClientDisconnect: The client has disconnected.
    """
    task = asyncio.ensure_future(work)
    disconnected = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({task, disconnected}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        task.cancel()
        disconnected.cancel()


def decode_base64(text: str) -> bytes:
    """Decode base64, bare or in a data URL; raises InvalidEncodingError."""
    header = _DATA_URL.match(text)
    payload = text[header.end() if header else 0 :]
    try:
        # Base64 may contain line breaks.
        compact = payload.encode("ascii").translate(None, b" \t\r\n")
        return base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidEncodingError("The image is neither base64 nor a base64 data URL.") from error


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _check_file_parts(form: FormData, part: str | None) -> None:
    """Refuse files that would be ignored, and options sent as files, which would be images."""
    names = [name for name, value in form.multi_items() if isinstance(value, UploadFile)]
    options = [name for name in names if name in PredictOptions.model_fields]
    # If the image itself is missing, that error comes first.
    strays = [name for name in names if name != part] if part in names else []
    findings = dict.fromkeys(options, "this option came as a file; send it as text")
    for name in strays:
        findings.setdefault(name, f"unknown part; the image goes into the part {part}")
    if findings:
        raise invalid_options([{"loc": (name,), "msg": text} for name, text in findings.items()])


def _only_upload(form: FormData) -> UploadFile:
    files = [value for value in form.getlist(IMAGE_PART) if isinstance(value, UploadFile)]
    if not files:
        raise MissingImageError(f"The form has no part named {IMAGE_PART} that holds a file.")
    return files[0]


async def _read_json(request: Request) -> tuple[bytes, PredictOptions]:
    body = await request.body()
    check_values(body, _MOST_VALUES)
    parsed = read_predict_request(body)
    return decode_base64(parsed.image), parsed


def _too_large(max_bytes: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(
        f"The request holds more than the {max_bytes} bytes that are accepted here.",
        max_bytes=max_bytes,
    )


def _too_many(max_files: int) -> TooManyFilesError:
    remedy = "; /predict/batch/ takes many" if max_files == 1 else ""
    return TooManyFilesError(
        f"The form holds more than {max_files} file{'s' * (max_files > 1)}{remedy}.",
        max_files=max_files,
    )
