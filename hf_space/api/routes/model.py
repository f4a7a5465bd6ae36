"""The model: its facts, its measured figures, and the limits of a request."""

from __future__ import annotations

import hashlib
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Response, status

from hf_space.api.dependencies import FreeRoute, PredictorDep, SettingsDep
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.bundle.calibration import Prevalence
from hf_space.errors import UnknownPathError
from hf_space.prediction.model_report import model_report
from hf_space.schemas.model import ModelReport

router = APIRouter(
    route_class=FreeRoute, prefix="/model", tags=["model"], responses=ERROR_RESPONSES
)

_PNG: Final = "image/png"
# A longer time could show an earlier model's plots beside the current model's figures.
_CACHING: Final = "public, max-age=3600"
_UNCHANGED: Final = "The {} is that of the `ETag` in `If-None-Match`."


@router.get(
    "/", response_model=ModelReport, responses={304: {"description": _UNCHANGED.format("report")}}
)
async def model(
    predictor: PredictorDep,
    settings: SettingsDep,
    if_none_match: Annotated[str, Header(include_in_schema=False)] = "",
    prevalence: Annotated[
        Prevalence | None,
        Query(description="Convert to this share of patches with carcinoma, above 0 and below 1."),
    ] = None,
) -> Response:
    """Return the model's facts, its measured figures, and the limits of a request."""
    report = model_report(predictor.bundle, settings, prevalence=prevalence)
    content = report.model_dump_json().encode()
    return _tagged(content, "application/json", if_none_match, {"Cache-Control": "no-cache"})


@router.get(
    "/evaluation/{name}",
    response_class=Response,
    responses={
        200: {"content": {_PNG: {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": _UNCHANGED.format("plot")},
    },
)
async def evaluation(
    name: str,
    predictor: PredictorDep,
    if_none_match: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Return a plot of the model's evaluation, PNG; `/model/` lists the names."""
    plots = predictor.bundle.plots
    if name not in plots:
        raise UnknownPathError(f"There is no such plot; there are: {', '.join(plots) or 'none'}.")
    content = await to_thread.run_sync(plots[name].read_bytes)
    return _tagged(content, _PNG, if_none_match, {"Cache-Control": _CACHING})


def _tagged(
    content: bytes, media_type: str, if_none_match: str, headers: dict[str, str]
) -> Response:
    """Return a response with an `ETag`, or without content if the caller has the same version."""
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    headers = headers | {"ETag": tag}
    if tag in if_none_match:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
