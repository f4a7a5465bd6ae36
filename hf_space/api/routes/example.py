"""The result of the project's own drawn region, for pages that show what a result looks like."""

from __future__ import annotations

from typing import Final

from anyio import to_thread
from fastapi import APIRouter, Response

from hf_space.api.dependencies import ChargedRoute, PredictorDep
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.inference.probe import DRAWN_REGION
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import PredictionResult

router = APIRouter(route_class=ChargedRoute, tags=["predict"], responses=ERROR_RESPONSES)

# Drawn at the model's scale. `save` allows caching; without an owner no history keeps the result.
# Clients draw the evidence from the grid.
_OPTIONS: Final = PredictOptions(microns_per_pixel=4.0, explain=False, save=True)
# A longer time could show an earlier model's result beside the current model's facts.
_CACHING: Final = "public, max-age=60"


@router.get("/example/", response_model=PredictionResult)
async def example(predictor: PredictorDep) -> Response:
    """Return the current model's result for a drawn region; it is in nobody's history.

    The image is `drawn_region.png` of the service's examples, at 4 µm per pixel; `gradcam.overlay`
    and `region.heatmap` are null.
    """
    data = await to_thread.run_sync(DRAWN_REGION.read_bytes)
    result = await predictor.predict(data, _OPTIONS)
    return Response(
        result.model_dump_json(),
        media_type="application/json",
        headers={"Cache-Control": _CACHING},
    )
