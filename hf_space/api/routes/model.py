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
# Longer would show an earlier model's plots beside the current model's figures.
_CACHING: Final = "public, max-age=3600"


@router.get("/")
async def model(
    predictor: PredictorDep,
    settings: SettingsDep,
    prevalence: Annotated[
        Prevalence | None,
        Query(description="Convert to this share of patches with carcinoma, above 0 and below 1."),
    ] = None,
) -> ModelReport:
    """Return the model's facts, its measured figures, and the limits of a request."""
    return model_report(predictor.bundle, settings, prevalence=prevalence)


@router.get(
    "/evaluation/{name}",
    response_class=Response,
    responses={
        200: {"content": {_PNG: {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The plot is that of the `ETag` in `If-None-Match`."},
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
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {"Cache-Control": _CACHING, "ETag": tag}
    if tag in if_none_match:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(content, media_type=_PNG, headers=headers)
