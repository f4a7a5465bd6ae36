"""One image in, one result out."""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import Any, Final

from anyio import to_thread
from fastapi import APIRouter, Request

from hf_space.api.body import read_predict_body
from hf_space.api.dependencies import PredictorDep, SettingsDep
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.schemas import PredictionResult, PredictOptions, PredictRequest

router = APIRouter()


def _multipart_schema() -> dict[str, Any]:
    schema = PredictOptions.model_json_schema()
    file = {"type": "string", "format": "binary", "description": "The image file."}
    return schema | {
        "title": "PredictForm",
        "properties": {"file": file} | schema["properties"],
        "required": ["file"],
    }


# The route reads the body itself, so that it can bound it; OpenAPI must be told what it reads.
_REQUEST_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _multipart_schema()},
            "application/json": {"schema": PredictRequest.model_json_schema()},
        },
    }
}


@router.post("/predict/", tags=["predict"], responses=ERROR_RESPONSES, openapi_extra=_REQUEST_BODY)
async def predict(
    request: Request, predictor: PredictorDep, settings: SettingsDep
) -> PredictionResult:
    """Classify one patch, sent as a multipart `file` or as base64 in JSON."""
    data, options = await read_predict_body(request, max_image_bytes=settings.max_upload_bytes)
    return await to_thread.run_sync(
        partial(predictor.predict, data, options, received=perf_counter())
    )
