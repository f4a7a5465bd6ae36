"""GeoJSON as QuPath reads it (0.4 and later): outlines in pixels of the source image.

https://qupath.readthedocs.io/en/stable/docs/advanced/exporting_annotations.html has the format.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hf_space.exports.tiles import Tile, tissue_tiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.bundle.calibration import Verdict
    from hf_space.schemas.prediction import PredictionResult

_CLASSES: Final[dict[Verdict, dict[str, Any]]] = {
    "malignant": {"name": "Suggests IDC", "color": [190, 88, 20]},
    "benign": {"name": "Does not suggest IDC", "color": [0, 118, 128]},
    "uncertain": {"name": "Inconclusive", "color": [104, 100, 120]},
    "not_assessable": {"name": "Not assessable", "color": [112, 112, 112]},
}
# Thousandths of a pixel are enough.
_DECIMALS: Final = 3


def write_geojson(result: PredictionResult) -> Iterator[bytes]:
    """Yield a FeatureCollection piece by piece: a region's tissue tiles, or a patch.

    Every polygon is one closed ring, counterclockwise as RFC 7946 counts. The member ``biopsia``,
    which other programs skip (section 6.1), has the verdict on the whole image.
    """
    verdict = {"id": str(result.id), "verdict": result.verdict, "reasons": result.reasons}
    member = json.dumps(verdict, separators=(",", ":")).encode()
    yield b'{"type":"FeatureCollection","biopsia":' + member + b',"features":['
    for place, feature in enumerate(_features(result)):
        separator = ",\n" if place else "\n"
        yield (separator + json.dumps(feature, separators=(",", ":"))).encode()
    yield b"\n]}\n"


def _features(result: PredictionResult) -> Iterator[dict[str, Any]]:
    if result.region is None:
        yield _patch_feature(result)
    else:
        yield from map(_tile_feature, tissue_tiles(result))


def _patch_feature(result: PredictionResult) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": _rectangle(0, 0, result.image.width, result.image.height),
        "properties": {
            "objectType": "annotation",
            "name": f"biopsia {result.id}",
            "classification": _CLASSES[result.verdict],
            "measurements": {"probability": result.probability, "threshold": result.threshold},
        },
    }


def _tile_feature(tile: Tile) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": _rectangle(tile.x, tile.y, tile.width, tile.height),
        "properties": {
            "objectType": "tile",
            "name": f"row {tile.row}, column {tile.column}",
            "classification": _CLASSES[tile.verdict],
            "measurements": {"probability": tile.probability},
        },
    }


def _rectangle(x: float, y: float, width: float, height: float) -> dict[str, Any]:
    left, top, right, bottom = (round(value, _DECIMALS) for value in (x, y, x + width, y + height))
    ring = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    return {"type": "Polygon", "coordinates": [ring]}
