"""A result as GeoJSON for QuPath: outlines in pixels of the source image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hf_space.exports.qupath import focus_object, qupath_object, rectangle, write_collection
from hf_space.exports.tiles import Tile, tissue_tiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.schemas.prediction import Focus, PredictionResult


def write_geojson(result: PredictionResult) -> Iterator[bytes]:
    """Yield a FeatureCollection piece by piece: a region's tissue tiles and foci, or a patch.

    The member ``biopsia`` has the verdict for the whole image.
    """
    member = {"id": str(result.id), "verdict": result.verdict, "reasons": result.reasons}
    return write_collection(member, _features(result))


def _features(result: PredictionResult) -> Iterator[dict[str, Any]]:
    if result.region is None:
        yield _patch_object(result)
        return
    yield from map(_tile_object, tissue_tiles(result))
    yield from _foci(result, result.region.foci)


def _patch_object(result: PredictionResult) -> dict[str, Any]:
    return qupath_object(
        "annotation",
        f"biopsia {result.id}",
        rectangle(0, 0, result.image.width, result.image.height),
        result.verdict,
        {"probability": result.probability, "threshold": result.threshold},
    )


def _tile_object(tile: Tile) -> dict[str, Any]:
    return qupath_object(
        "tile",
        f"row {tile.row}, column {tile.column}",
        rectangle(tile.x, tile.y, tile.x + tile.width, tile.y + tile.height),
        tile.verdict,
        {"probability": tile.probability},
    )


def _foci(result: PredictionResult, foci: list[Focus]) -> Iterator[dict[str, Any]]:
    rule = result.rule
    for number, focus in enumerate(foci, 1):
        verdict = "not_assessable" if result.reasons else rule.verdict(focus.peak_probability)
        yield focus_object(number, focus, verdict)
