"""A result that the caller holds, as a file; needed where no record of it was saved."""

from __future__ import annotations

from typing import Any, Final

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from hf_space.api.dependencies import LargeBodyRoute, SettingsDep, hold_result, most_result_bytes
from hf_space.api.downloads import EXPORT_RESPONSES, ExportFormatDep, result_file
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.api.openapi import reference_to
from hf_space.api.request_body import bounded
from hf_space.schemas.options import read_json
from hf_space.schemas.prediction import PredictionResult, SentResult

router = APIRouter(route_class=LargeBodyRoute, tags=["predict"], responses=ERROR_RESPONSES)

# The route reads the body itself, so that it can limit it.
_REQUEST_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": reference_to(PredictionResult)}},
    }
}


@router.post(
    "/export.{suffix}",
    dependencies=[Depends(hold_result)],
    responses=EXPORT_RESPONSES,
    response_class=Response,
    openapi_extra=_REQUEST_BODY,
)
async def export_result(
    request: Request, chosen: ExportFormatDep, settings: SettingsDep
) -> StreamingResponse:
    """Download a result that you send back as a file; nothing is stored."""
    limit = most_result_bytes(settings)
    body = await bounded(request, limit, told=limit).body()
    # A large region takes long enough to block other requests.
    result = await to_thread.run_sync(read_json, SentResult, body)
    return result_file(result, chosen)
