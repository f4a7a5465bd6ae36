"""One image in, one result out."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response

from hf_space.access.visitor import resolve_save
from hf_space.api.dependencies import (
    PredictorDep,
    SenderDep,
    SettingsDep,
    UploadRoute,
    get_visitor,
    hold_image,
    hold_slide,
)
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.api.ndjson import NDJSON, NdjsonResponse
from hf_space.api.openapi import form_schema, reference_to
from hf_space.api.request_body import (
    IMAGE_PART,
    MULTIPART,
    accepts,
    read_predict_body,
    read_slide_body,
    while_connected,
)
from hf_space.inference.probe import DRAWN_PATCH
from hf_space.prediction.progress import ImageFound, Progress, TissueFound
from hf_space.prediction.streaming import Steps, followed_prediction
from hf_space.schemas.base import Schema
from hf_space.schemas.errors import error_body
from hf_space.schemas.options import PredictOptions, PredictRequest, SlideOptions
from hf_space.schemas.prediction import PredictionResult
from hf_space.schemas.stream import ErrorEvent, ResultEvent, StreamEvent

router = APIRouter(route_class=UploadRoute)


def _json_example() -> dict[str, Any]:
    image = base64.b64encode(DRAWN_PATCH.read_bytes()).decode("ascii")
    return {"image": image, "microns_per_pixel": 4.0, "operating_point": "high_sensitivity"}


# The route reads the body itself, so that it can limit it; OpenAPI needs its schema.
_IMAGE_FILE: Final = {"type": "string", "format": "binary", "description": "The image file."}
_REQUEST_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            # First, so that the documentation shows it first: its example can be sent unchanged.
            "application/json": {
                "schema": reference_to(PredictRequest),
                "examples": {
                    "drawn": {"summary": "A drawn patch of 50x50 px", "value": _json_example()}
                },
            },
            MULTIPART: {"schema": form_schema(IMAGE_PART, _IMAGE_FILE)},
        },
    }
}
_SLIDE_PICTURE: Final = {"type": "string", "format": "binary", "description": "The picture, PNG."}
_SLIDE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            MULTIPART: {"schema": form_schema(IMAGE_PART, _SLIDE_PICTURE, SlideOptions)},
        },
    }
}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": f"The result; or, with `Accept: {NDJSON}`, a `StreamEvent` on each line.",
        "content": {NDJSON: {"schema": reference_to(StreamEvent)}},
    },
    **ERROR_RESPONSES,
}


@router.post(
    "/predict/",
    dependencies=[Depends(hold_image)],
    tags=["predict"],
    response_model=PredictionResult,
    responses=_RESPONSES,
    openapi_extra=_REQUEST_BODY,
)
async def predict(
    request: Request,
    predictor: PredictorDep,
    settings: SettingsDep,
    sender: SenderDep,
) -> Response:
    """Classify one patch or region, sent as a multipart `file` or as base64 in JSON.

    With `Accept: application/x-ndjson` the response is a `StreamEvent` on each line: the image, the
    tissue and the tiles of a region as they are scored, and then the result.
    """
    data, options = await read_predict_body(request, max_image_bytes=settings.max_upload_bytes)
    return await _answered(request, predictor, data, options, sender)


@router.post(
    "/predict/slide/",
    dependencies=[Depends(hold_slide)],
    tags=["predict"],
    response_model=PredictionResult,
    responses=_RESPONSES,
    openapi_extra=_SLIDE_BODY,
)
async def predict_slide(
    request: Request, predictor: PredictorDep, settings: SettingsDep, sender: SenderDep
) -> Response:
    """Score a whole slide, of which the caller sends a picture at the model's scale.

    The picture is PNG and as large as `microns_per_pixel` of the model makes the slide. Its tissue
    is found and its tiles are scored as by the command `slides`; there is no verdict. Streams as
    `/predict/` does.
    """
    limit = settings.max_slide_bytes
    data, options = await read_slide_body(request, max_image_bytes=limit)
    return await _answered(request, predictor, data, options, sender)


async def _answered(
    request: Request,
    predictor: PredictorDep,
    data: bytes,
    options: PredictOptions,
    sender: SenderDep,
) -> Response:
    """Return the result, or with `Accept: application/x-ndjson` the stream that ends with it."""
    visitor = await get_visitor(request)
    options = resolve_save(options, visitor)
    owner = visitor.use() if options.save else None
    if accepts(request, NDJSON):
        followed = followed_prediction(predictor, data, options, owner=owner, sender=sender)
        return await _streamed(request, followed)
    work = predictor.predict(data, options, owner=owner, sender=sender)
    result = await while_connected(request.receive, work)
    # Serialised by pydantic directly: FastAPI would validate and copy the new object.
    return Response(result.model_dump_json(), media_type="application/json")


async def _streamed(
    request: Request, prediction: AbstractAsyncContextManager[Steps]
) -> NdjsonResponse:
    """Return the response once the first line is ready; earlier errors have their own status."""
    async with AsyncExitStack() as stack:
        steps = await stack.enter_async_context(prediction)
        first = await while_connected(request.receive, anext(steps))
        # The response ends the prediction when it is closed.
        return NdjsonResponse.sending(_lines(first, steps), stack.pop_all())


async def _lines(first: Progress | PredictionResult, steps: Steps) -> AsyncGenerator[str, None]:
    yield _line(first)
    try:
        async for step in steps:
            yield _line(step)
    except Exception as error:  # the status is sent already
        yield _line(error)


def _line(step: Progress | PredictionResult | Exception) -> str:
    event: Schema
    match step:
        case Exception():
            event = ErrorEvent(error=error_body(step))
        case PredictionResult():
            event = ResultEvent(result=step)
        case ImageFound() | TissueFound():
            event = step.event
        case _:
            event = step
    return event.model_dump_json() + "\n"
