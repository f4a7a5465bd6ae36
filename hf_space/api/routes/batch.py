"""Many images in, one JSON line for each out, as soon as it is ready."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from functools import partial
from typing import Any, Final

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData

from hf_space.access.visitor import resolve_save
from hf_space.api.dependencies import (
    PredictorDep,
    SenderDep,
    SettingsDep,
    UploadRoute,
    VisitorDep,
    charge_request,
    hold_batch,
)
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.api.ndjson import NdjsonResponse
from hf_space.api.openapi import form_schema
from hf_space.api.request_body import MULTIPART, form_options, read_form, uploads
from hf_space.errors import MissingImageError
from hf_space.imaging.zip_archive import NamedImage, is_zip, zip_images
from hf_space.prediction.batch import predict_many
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.options import PredictOptions
from hf_space.settings import Settings

router = APIRouter(route_class=UploadRoute)

_FILES: Final = {
    "type": "array",
    "items": {"type": "string", "format": "binary"},
    "description": "Image files, or one zip of them.",
}
_REQUEST_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {MULTIPART: {"schema": form_schema("files", _FILES)}},
    }
}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": BatchItem,
        "description": "A `BatchItem` on each line, in the order in which they are ready.",
    },
    **ERROR_RESPONSES,
}


@router.post(
    "/predict/batch/",
    dependencies=[Depends(hold_batch)],
    tags=["predict"],
    response_class=NdjsonResponse,
    responses=_RESPONSES,
    openapi_extra=_REQUEST_BODY,
)
async def predict_batch(
    request: Request,
    predictor: PredictorDep,
    settings: SettingsDep,
    visitor: VisitorDep,
    sender: SenderDep,
) -> NdjsonResponse:
    """Classify many images, sent as multipart `files` or as one zip; a bad one gets its error."""
    async with AsyncExitStack() as stack:
        form = await stack.enter_async_context(
            read_form(
                request, max_bytes=settings.max_batch_bytes, max_files=settings.max_batch_files
            )
        )
        options = resolve_save(form_options(form, PredictOptions), visitor)
        # Refuse an unknown one here, not in each line.
        predictor.operating_point(options)
        images = await to_thread.run_sync(_images, form, settings)
        owner = visitor.use() if options.save else None
        if more := len(images) - 1:
            # The route has charged for one.
            await charge_request(request, cost=more)
        # The response reads the files and closes them at its end.
        files = stack.pop_all()

    async def lines() -> AsyncGenerator[str, None]:
        results = predict_many(predictor, images, options, owner=owner, sender=sender)
        async with aclosing(results) as items:
            async for item in items:
                yield item.model_dump_json() + "\n"

    return NdjsonResponse.sending(lines(), files)


def _images(form: FormData, settings: Settings) -> list[NamedImage]:
    files = uploads(form)
    if not files:
        raise MissingImageError("The form has no part that holds a file.")
    if len(files) == 1 and is_zip(files[0].file):
        return zip_images(
            files[0].file,
            max_files=settings.max_batch_files,
            max_file_bytes=settings.max_upload_bytes,
            max_bytes=settings.max_batch_bytes,
        )
    # One byte over the limit is enough for the predictor to refuse it.
    most = settings.max_upload_bytes + 1
    return [
        NamedImage(upload.filename, partial(upload.file.read, most), min(upload.size or 0, most))
        for upload in files
    ]
