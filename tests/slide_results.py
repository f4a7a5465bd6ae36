"""A drawn slide with its scored tiles, from which files are written."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray

from hf_space.bundle.calibration import OperatingPoint
from hf_space.exports.slides.content import SlideContent
from hf_space.exports.slides.tiles import SlideTiles
from hf_space.imaging.slide_grid import SlideGrid
from hf_space.prediction.foci import find_foci
from hf_space.prediction.image import mean_scale
from hf_space.prediction.response import label_scores
from hf_space.prediction.scoring import rounded_tiles
from hf_space.schemas.slide import SlideResult
from tests.tissue import draw_region

POINT = OperatingPoint(threshold=0.42, uncertain_low=0.3, uncertain_high=0.55)
TILE_MICRONS = 200.0
SCALE = 4.0


def slide_grid(
    width: int,
    height: int,
    *,
    left: int = 0,
    top: int = 0,
    microns_per_pixel: tuple[float, float] = (0.5, 0.5),
) -> SlideGrid:
    """Tiles of 200 µm over bounds of a size in pixels of level 0."""
    across, down = (TILE_MICRONS / scale for scale in microns_per_pixel)
    return SlideGrid(
        rows=-int(-height // down),
        columns=-int(-width // across),
        bounds=(left, top, width, height),
        cell_width=across,
        cell_height=down,
        microns_per_pixel=microns_per_pixel,
    )


def slide_content(
    grid: SlideGrid,
    probabilities: NDArray[np.float64],
    *,
    raw: NDArray[np.float64] | None = None,
    picture: NDArray[np.uint8] | None = None,
    **changes: Any,
) -> SlideContent:
    """The content of a slide's files; probabilities are (rows, columns), NaN without tissue."""
    logits = _logits(probabilities)
    tiles = SlideTiles(grid, logits, logits if raw is None else _logits(raw), POINT)
    if picture is None:
        picture = np.full((60, 80, 3), 240, np.uint8)
    return SlideContent(tiles, slide_result(tiles, **changes), picture)


def slide_result(
    tiles: SlideTiles, *, region: dict[str, Any] | None = None, **changes: Any
) -> SlideResult:
    """The result of a slide, with areas of whole tiles, and with some changes."""
    grid, probabilities = tiles.grid, tiles.probabilities
    tissue = int(np.count_nonzero(~np.isnan(probabilities)))
    highest = float(np.nan_to_num(probabilities).max())
    left, top, width, height = grid.bounds
    facts = {
        "sha256": "5a" * 32,
        "width": left + width,
        "height": top + height,
        "bounds": grid.bounds,
        "microns_per_pixel": mean_scale(*grid.microns_per_pixel),
        "microns_per_pixel_xy": grid.microns_per_pixel,
        "scale_source": "metadata",
    }
    content = {
        "id": UUID("01a20ed8-412e-75c8-ba12-098ff3f9901d"),
        "created_at": datetime(2026, 11, 24, 18, 36, tzinfo=UTC),
        "reasons": ["slide_uncalibrated"],
        "probability": highest,
        "predictions": label_scores(highest, ("no_idc", "idc")),
        "threshold": POINT.threshold,
        "operating_point": "balanced",
        "uncertain_band": POINT.band,
        "image": facts,
        "region": _region(tiles) | (region or {}),
        "tissue_tiles": tissue,
        "tissue_area_mm2": tissue * grid.cell_mm2,
        "most_suspicious": [],
        "quality": {
            "tiles_checked": 200,
            "tiles_out_of_focus": 4,
            "tiles_unlike_training": 6,
            "out_of_focus_fraction": 0.02,
            "unlike_training_fraction": 0.03,
        },
        "warnings": [],
        "model": {"name": "tiny", "revision": "r1"},
    }
    return SlideResult.model_validate(content | changes)


def _region(tiles: SlideTiles) -> dict[str, Any]:
    grid, probabilities = tiles.grid, tiles.probabilities
    tissue = int(np.count_nonzero(~np.isnan(probabilities)))
    suspicious = int(np.count_nonzero(np.nan_to_num(probabilities, nan=-1.0) >= POINT.threshold))
    return {
        "rows": grid.rows,
        "columns": grid.columns,
        "tile_size_pixels": round(TILE_MICRONS / SCALE),
        "microns_per_pixel": SCALE,
        "tiles": rounded_tiles(probabilities),
        "tiles_raw": rounded_tiles(tiles.raw_probabilities),
        "tissue_fraction": tissue / probabilities.size,
        "malignant_fraction": suspicious / max(1, tissue),
        "malignant_area_mm2": suspicious * grid.cell_mm2,
        "foci": find_foci(probabilities, POINT.threshold, grid),
    }


@cache
def drawn_slide(seed: int = 3, rows: int = 60, columns: int = 75) -> SlideContent:
    """A drawn slide whose nests are suspicious: 12 x 15 mm with bounds and a stain of its own."""
    picture = draw_region(seed, rows * 8, columns * 8)
    grid = slide_grid(columns * 400, rows * 400, left=2000, top=1000)
    grey = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA).mean(axis=2)
    darkness = cv2.GaussianBlur(grey, (3, 3), 0)
    probabilities = np.clip((180.0 - darkness) / 30.0, 0.02, 0.98)
    probabilities[grey > 232] = np.nan
    return slide_content(grid, probabilities, picture=picture)


def _logits(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(probabilities, 1e-9, 1.0 - 1e-9)
    return np.asarray(np.log(clipped / (1.0 - clipped)))
