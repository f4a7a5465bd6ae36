"""From an answer to the record that is kept of it, and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hf_space.explain.grids import nullable, pack, unpack
from hf_space.history.database.record import Record
from hf_space.prediction.response import evidence_url, read_thumbnail, tiles_url
from hf_space.schemas.prediction import PredictionResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy import Row

_REDRAWN: Final[dict[str, Any]] = {
    "gradcam": {"grid", "overlay"},
    "region": {"tiles", "heatmap"},
}


class _Kept(PredictionResult):
    """What is written down beside the columns.

    Attributes:
        covered_microns: Height and width of what the grid covers; the image is its upper left part.
    """

    covered_microns: tuple[float, float]


def record_of(
    result: PredictionResult,
    *,
    owner: bytes,
    thumbnail: bytes,
    original: bytes | None,
    patch_microns: float,
) -> Record:
    """Return what is kept of an answer: all but its drawings, which `result_of` makes again.

    Args:
        result: The answer.
        owner: Whose it is.
        thumbnail: The image, small, as WebP.
        original: The image file, if it is to be kept.
        patch_microns: Side of the model's patch, in micrometres.
    """
    region = result.region
    rows, columns = (1, 1) if region is None else (region.rows, region.columns)
    covered = (rows * patch_microns, columns * patch_microns)
    kept = _Kept.model_construct(**dict(result), covered_microns=covered)
    return Record(
        id=result.id,
        owner=owner,
        kind=result.kind,
        verdict=result.verdict,
        probability=result.probability,
        margin=abs(result.probability - result.threshold),
        model_name=result.model.name,
        model_revision=result.model.revision,
        cached=result.cached,
        total_ms=result.timing_ms.total,
        result=kept.model_dump_json(exclude=_REDRAWN),
        grid=pack(result.gradcam.grid),
        tiles=None if region is None else pack(region.tiles),
        thumbnail=thumbnail,
        original=original,
    )


def result_of(row: Row[*tuple[Any, ...]], *, draw: bool = True) -> PredictionResult:
    """Return the answer that a record was made of.

    Numbers of the grids come back to six decimals. ``saved`` is true, since it is.

    Args:
        row: The record.
        draw: Draw the evidence on the thumbnail, or leave the drawings out.
    """
    kept = json.loads(row.result)
    gradcam, region = kept["gradcam"], kept["region"]
    covered_microns = kept.pop("covered_microns")
    grid = unpack(row.grid, (gradcam["rows"], gradcam["columns"]))
    gradcam |= {"grid": nullable(grid), "overlay": None}
    tiles = None
    if region:
        tiles = unpack(row.tiles, (region["rows"], region["columns"]))
        region |= {"tiles": nullable(tiles), "heatmap": None}
    if draw:
        thumbnail = read_thumbnail(row.thumbnail)
        covered = _covered_pixels(covered_microns, kept["image"], thumbnail)
        gradcam["overlay"] = evidence_url(thumbnail, grid, covered)
        if tiles is not None:
            region["heatmap"] = tiles_url(thumbnail, tiles, covered, kept["threshold"])
    return PredictionResult.model_validate(kept | {"saved": True})


def _covered_pixels(
    covered_microns: tuple[float, float], image: dict[str, Any], thumbnail: NDArray[np.uint8]
) -> tuple[int, int]:
    """Return height and width, in pixels of the thumbnail, that a grid covers."""
    height, width = (
        round(pixels * covered / (image[side] * image["microns_per_pixel"]))
        for pixels, covered, side in zip(
            thumbnail.shape[:2], covered_microns, ("height", "width"), strict=True
        )
    )
    return height, width
