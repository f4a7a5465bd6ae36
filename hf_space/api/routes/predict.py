"""One image in, one result out."""

from __future__ import annotations

import base64
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from hf_space.access.visitor import resolve_save
from hf_space.api.dependencies import PredictorDep, SettingsDep, UploadRoute, VisitorDep
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.api.openapi import form_schema, reference_to
from hf_space.api.request_body import IMAGE_PART, MULTIPART, read_predict_body, while_connected
from hf_space.inference.probe import DRAWN_PATCH
from hf_space.schemas.options import PredictRequest
from hf_space.schemas.prediction import PredictionResult

router = APIRouter(route_class=UploadRoute)


def _json_example() -> dict[str, Any]:
    image = base64.b64encode(DRAWN_PATCH.read_bytes()).decode("ascii")
    return {"image": image, "microns_per_pixel": 4.0, "operating_point": "high_sensitivity"}


# The route reads the body itself, so that it can bound it; OpenAPI must be told what it reads.
_IMAGE_FILE: Final = {"type": "string", "format": "binary", "description": "The image file."}
_REQUEST_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            # First, so that the documentation offers it first: its example can be sent as it is.
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


@router.post(
    "/predict/",
    tags=["predict"],
    response_model=PredictionResult,
    responses=ERROR_RESPONSES,
    openapi_extra=_REQUEST_BODY,
)
async def predict(
    request: Request, predictor: PredictorDep, settings: SettingsDep, visitor: VisitorDep
) -> Response:
    """Classify one patch or region, sent as a multipart `file` or as base64 in JSON."""
    data, options = await read_predict_body(request, max_image_bytes=settings.max_upload_bytes)
    options = resolve_save(options, visitor)
    owner = visitor.use() if options.save else None
    work = predictor.predict(data, options, owner=owner)
    result = await while_connected(request.receive, work)
    # Written by pydantic at once: FastAPI would validate and copy what was just built.
    return Response(result.model_dump_json(), media_type="application/json")
