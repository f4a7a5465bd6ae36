"""The result for a whole slide, from the logits of its tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.bundle.calibration import sigmoid
from hf_space.errors import CorruptImageError
from hf_space.exports.slides.report_text import scale_text
from hf_space.exports.slides.tiles import SlideTiles
from hf_space.messages.catalogue import text, warning_message
from hf_space.prediction.foci import find_foci
from hf_space.prediction.response import jpeg_url, label_scores
from hf_space.prediction.scoring import rounded_tiles, smooth_logits
from hf_space.prediction.trust import OFF_SCALE_FACTOR, SMALLEST_FIELD_MICRONS, result_warning
from hf_space.schemas.ids import time_of
from hf_space.schemas.prediction import ModelName, ResultWarning
from hf_space.schemas.slide import (
    SlideRegion,
    SlideResult,
    SlideWarning,
    SuspiciousTile,
    UnreadableThumbnail,
)
from hf_space.slides.quality import quality_cautions, slide_quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.bundle.calibration import Calibration, OperatingPoint
    from hf_space.bundle.config import InferenceConfig
    from hf_space.imaging.places import Places
    from hf_space.imaging.readers.slide import SlideReader
    from hf_space.imaging.slide_grid import SlideGrid
    from hf_space.schemas.prediction import WarningCode
    from hf_space.schemas.slide import SlideFacts
    from hf_space.slides.scores import SlideScores

MOST_SUSPICIOUS: Final = 10
# A tile is shown with as much around it on each side, at most this fine.
_THUMBNAIL_MICRONS: Final = 2.0
_DECIMALS: Final = 6


def tile_map(
    scores: SlideScores,
    places: Places,
    is_tissue: NDArray[np.bool_],
    grid: SlideGrid,
    calibration: Calibration,
    point: OperatingPoint,
) -> SlideTiles:
    """Calibrate and smooth the logits; where tiles overlap, average those that cover each cell.

    Each shifted grid is smoothed separately, over 3x3 adjacent tiles, so that a cell covers the
    same neighbourhood as without overlap.

    Args:
        scores: Of the places.
        places: Where they lie.
        is_tissue: bool (rows, columns): the cells that hold tissue.
        grid: The cells.
        calibration: Maps the network's logits to calibrated ones.
        point: The rule that gives a tile its verdict.
    """
    raw = calibration.logit(scores.logits)
    smoothed, areas, step = np.full_like(raw, np.nan), places.areas(), places.per_tile
    for row in range(min(step, raw.shape[0])):
        for column in range(min(step, raw.shape[1])):
            own = (slice(row, None, step), slice(column, None, step))
            smoothed[own] = smooth_logits(
                np.ascontiguousarray(raw[own]), np.ascontiguousarray(areas[own])
            )
    cells, raw_cells = (
        np.where(is_tissue, places.cell_means(values), np.nan) for values in (smoothed, raw)
    )
    return SlideTiles(grid, cells, raw_cells, point)


def make_slide_result(
    facts: SlideFacts,
    tiles: SlideTiles,
    tissue_shares: NDArray[np.float64],
    scores: SlideScores,
    config: InferenceConfig,
    point_name: str | None,
    reader: SlideReader,
) -> SlideResult:
    """Sum up the tiles of a slide.

    Areas are of the tissue that the mask has within the tiles: a tile may be nine tenths glass.

    Args:
        facts: What the result says of its slide.
        tiles: The scored tiles.
        tissue_shares: float64 (rows, columns): how much of each cell is tissue, 0 to 1.
        scores: Have the id of the result, and the quality of its tiles.
        config: Says the model's name and scale.
        point_name: Name of the operating point; None for a threshold of the caller's own.
        reader: Shows the most suspicious tiles.
    """
    point, is_scored = tiles.point, ~np.isnan(tiles.logits)
    tissue = np.where(is_scored, cell_areas_mm2(tiles.grid) * tissue_shares, 0.0)
    probability = _highest(tiles)
    most_suspicious = _most_suspicious(tiles, reader)
    quality = slide_quality(scores)
    warnings = [*_warnings(facts, reader, config), *quality_cautions(quality)]
    if any(each.thumbnail is None for each in most_suspicious):
        message = text("slide.thumbnail_unreadable", "en")
        warnings.append(UnreadableThumbnail(message=message))
    return SlideResult(
        id=scores.facts.id,
        created_at=time_of(scores.facts.id),
        reasons=[each.code for each in warnings if each.severity == "withholds"],
        probability=probability,
        threshold=point.threshold,
        operating_point=point_name,
        uncertain_band=point.band,
        predictions=label_scores(probability, config.class_names),
        region=_region(tiles, tissue, config),
        image=facts,
        tissue_tiles=int(is_scored.sum()),
        tissue_area_mm2=round(float(tissue.sum()), _DECIMALS),
        most_suspicious=most_suspicious,
        quality=quality,
        warnings=warnings,
        model=ModelName(name=config.name, revision=config.revision),
    )


def _highest(tiles: SlideTiles) -> float:
    """Return the highest probability of a tile.

    Where tiles overlap, a scored tile may have no cell with enough tissue and little black.
    """
    scored = tiles.logits[~np.isnan(tiles.logits)]
    return float(sigmoid(scored.max())) if scored.size else 0.0


def _region(tiles: SlideTiles, tissue: NDArray[np.float64], config: InferenceConfig) -> SlideRegion:
    """Return the fields of a region; ``tissue`` is the tissue's area in each cell, in mm²."""
    grid, probabilities, threshold = tiles.grid, tiles.probabilities, tiles.point.threshold
    suspicious = float(tissue[np.nan_to_num(probabilities, nan=-1.0) >= threshold].sum())
    whole = float(tissue.sum())
    side = grid.cell_width * grid.microns_per_pixel[0] / config.microns_per_pixel
    return SlideRegion(
        rows=grid.rows,
        columns=grid.columns,
        tile_size_pixels=round(side),
        microns_per_pixel=config.microns_per_pixel,
        tiles=rounded_tiles(probabilities),
        tiles_raw=rounded_tiles(tiles.raw_probabilities),
        tissue_fraction=round(whole / float(cell_areas_mm2(grid).sum()), _DECIMALS),
        malignant_fraction=round(suspicious / whole, _DECIMALS) if whole else 0.0,
        malignant_area_mm2=round(suspicious, _DECIMALS),
        foci=find_foci(probabilities, threshold, grid),
    )


def cell_areas_mm2(grid: SlideGrid) -> NDArray[np.float64]:
    """Return the area of each cell that lies within the bounds, in mm², float64 (rows, columns)."""
    across, down = grid.microns_per_pixel
    _, _, width, height = grid.bounds
    sides = (
        np.diff(np.minimum(np.arange(count + 1) * cell, limit)) * scale / 1000.0
        for count, cell, limit, scale in (
            (grid.rows, grid.cell_height, height, down),
            (grid.columns, grid.cell_width, width, across),
        )
    )
    return np.asarray(np.multiply.outer(*sides))


def _warnings(
    facts: SlideFacts, reader: SlideReader, config: InferenceConfig
) -> list[SlideWarning | UnreadableThumbnail | ResultWarning]:
    codes: list[WarningCode] = []
    across, down = facts.scale
    if min(facts.bounds[2] * across, facts.bounds[3] * down) < SMALLEST_FIELD_MICRONS:
        codes.append("field_too_small")
    if max(across, down) >= OFF_SCALE_FACTOR * config.microns_per_pixel:
        codes.append("off_scale")
    if reader.profile_ignored:
        codes.append("profile_ignored")
    uncalibrated = SlideWarning(message=warning_message("slide_uncalibrated"))
    conflicts = [_scale_conflict(facts, reader)] if reader.scale_conflict else []
    return [uncalibrated, *conflicts, *map(result_warning, codes)]


def _scale_conflict(facts: SlideFacts, reader: SlideReader) -> ResultWarning:
    """Name both scales: a slide whose file contradicts itself alone is not scored."""
    given = scale_text(facts.scale)
    stated = ", ".join(dict.fromkeys(map(scale_text, reader.stated_scales)))
    message = text("slide.scale_conflict", "en", given=given, stated=stated)
    return ResultWarning(code="scale_conflict", message=message, severity="caution")


def _most_suspicious(tiles: SlideTiles, reader: SlideReader) -> list[SuspiciousTile]:
    logits = tiles.logits.ravel()
    # Equal ones in the order of their places.
    order = np.argsort(-logits, kind="stable")[:MOST_SUSPICIOUS]
    scored = order[~np.isnan(logits[order])]
    places = [divmod(int(index), tiles.grid.columns) for index in scored]
    return [_suspicious_tile(tiles, place, reader) for place in places]


def _suspicious_tile(
    tiles: SlideTiles, place: tuple[int, int], reader: SlideReader
) -> SuspiciousTile:
    left, top, right, bottom = tiles.grid.box(*place)
    return SuspiciousTile(
        x=left,
        y=top,
        width=right - left,
        height=bottom - top,
        probability=float(sigmoid(tiles.logits[place])),
        thumbnail=_thumbnail(tiles.grid, (left, top, right, bottom), reader),
    )


def _thumbnail(
    grid: SlideGrid, box: tuple[float, float, float, float], reader: SlideReader
) -> str | None:
    """Return the part of the bounds that a cell and its neighbours cover, as JPEG.

    It is finer than what is scored, and a damaged level that scoring did not need gives none.
    """
    left, top, width, height = grid.bounds
    x0 = max(left, round(box[0] - grid.cell_width))
    y0 = max(top, round(box[1] - grid.cell_height))
    x1 = min(left + width, round(box[2] + grid.cell_width))
    y1 = min(top + height, round(box[3] + grid.cell_height))
    scale = max(_THUMBNAIL_MICRONS, *grid.microns_per_pixel)
    try:
        pixels = reader.read_region(x0, y0, max(1, x1 - x0), max(1, y1 - y0), scale)
    except CorruptImageError:
        return None
    return jpeg_url(pixels[:, :, ::-1])
