"""Results as tables for other programs: English names, plain numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hf_space.exports.csv import Table
from hf_space.exports.tiles import Tile, tissue_tiles
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.history import HistoryItem
from hf_space.schemas.prediction import PredictionResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AnyResult = PredictionResult | HistoryItem

# Thousandths of a pixel or micrometre are enough.
_DECIMALS: Final = 3


def _malignant_area(result: AnyResult) -> float | None:
    if isinstance(result, HistoryItem):
        return result.malignant_area_mm2
    return result.region.malignant_area_mm2 if result.region else None


def _warning_codes(result: AnyResult) -> str:
    if isinstance(result, HistoryItem):
        return " ".join(result.warnings)
    return " ".join(warning.code for warning in result.warnings)


RESULT_COLUMNS: Final[dict[str, Callable[[AnyResult], object]]] = {
    "id": lambda result: result.id,
    "created_at": lambda result: result.created_at,
    "image_sha256": lambda result: result.image.sha256,
    "width": lambda result: result.image.width,
    "height": lambda result: result.image.height,
    "microns_per_pixel": lambda result: result.image.microns_per_pixel,
    "scale_source": lambda result: result.image.scale_source,
    "kind": lambda result: result.kind,
    "verdict": lambda result: result.verdict,
    "reasons": lambda result: " ".join(result.reasons),
    "probability": lambda result: result.probability,
    "threshold": lambda result: result.threshold,
    "uncertain_low": lambda result: result.uncertain_band and result.uncertain_band[0],
    "uncertain_high": lambda result: result.uncertain_band and result.uncertain_band[1],
    "operating_point": lambda result: result.operating_point,
    "malignant_area_mm2": _malignant_area,
    "warnings": _warning_codes,
    "model": lambda result: result.model.name,
    "revision": lambda result: result.model.revision,
}
"""The columns of one image, the same in every table with a line for each image."""

RESULT_TABLE: Final = Table[PredictionResult](RESULT_COLUMNS)


def _of_result(value: Callable[[AnyResult], object]) -> Callable[[BatchItem], object]:
    return lambda item: value(item.result) if item.result else None


BATCH_TABLE: Final = Table[BatchItem](
    {
        "index": lambda item: item.index,
        "name": lambda item: item.name,
        **{name: _of_result(value) for name, value in RESULT_COLUMNS.items()},
        "error": lambda item: item.error and item.error.code,
        "message": lambda item: item.error and item.error.message,
    }
)
"""Many images, a line for each; one that could not be scored has only `error` and `message`."""


def _rounded(value: Callable[[Tile], float]) -> Callable[[Tile], float]:
    return lambda tile: round(value(tile), _DECIMALS)


def _microns(axis: int, value: Callable[[Tile], float]) -> Callable[[Tile], float | None]:
    """Return a length along x (0) or y (1) in micrometres; None if the scale is assumed."""

    def measured(tile: Tile) -> float | None:
        scale = tile.microns_per_pixel
        return None if scale is None else round(value(tile) * scale[axis], _DECIMALS)

    return measured


TILE_TABLE: Final = Table[Tile](
    {
        "row": lambda tile: tile.row,
        "column": lambda tile: tile.column,
        "x_px": _rounded(lambda tile: tile.x),
        "y_px": _rounded(lambda tile: tile.y),
        "x_um": _microns(0, lambda tile: tile.x),
        "y_um": _microns(1, lambda tile: tile.y),
        "width_px": _rounded(lambda tile: tile.width),
        "height_px": _rounded(lambda tile: tile.height),
        "probability": lambda tile: tile.probability,
        "probability_raw": lambda tile: tile.probability_raw,
        "at_or_above_threshold": lambda tile: tile.is_positive,
        "verdict": lambda tile: tile.verdict,
    }
)
"""The tissue tiles of a region, in pixels of the source image and in micrometres."""


def write_csv(result: PredictionResult) -> Iterator[bytes]:
    """Yield a region's tissue tiles, one per line, or a patch in one line."""
    if result.region is None:
        return RESULT_TABLE.file([result])
    return TILE_TABLE.file(tissue_tiles(result))
