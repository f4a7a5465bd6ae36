"""A region: many tiles in, one map out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from hf_space.bundle.calibration import sigmoid
from hf_space.errors import BiopsiaError, NoTissueError
from hf_space.explain.grids import nullable
from hf_space.explain.overlay import data_url, draw_evidence, draw_tiles
from hf_space.imaging.tiling import Tiles, cut_tiles
from hf_space.inference.batching import MAX_BATCH
from hf_space.schemas.prediction import GradCam, RegionResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hf_space.bundle.calibration import Calibration
    from hf_space.bundle.config import InferenceConfig
    from hf_space.inference.batching import Batcher, Scored

Place = tuple[int, int]

# Enough to keep every stream busy, few enough that a lone patch need not wait long behind them.
_BATCHES_PER_STREAM: Final = 2
_SAMPLES: Final = 64


@dataclass(frozen=True, slots=True)
class RegionScores:
    """What the network says about a region.

    Attributes:
        logits: Calibrated logit of each tile, float64 (rows, columns); NaN without tissue.
        areas: Pixels of each tile that lie within the region, float64 (rows, columns).
        evidence: Calibrated activation maps side by side, float64 (rows * r, columns * c), NaN
            without tissue.
        queue_seconds: Mean wait of a batch for the engine.
    """

    logits: NDArray[np.float64]
    areas: NDArray[np.float64]
    evidence: NDArray[np.float64]
    queue_seconds: float

    def suspicion(self) -> float:
        """Return the calibrated logit of the most suspicious neighbourhood.

        A neighbourhood is a tissue tile with the tissue tiles that touch it, 3x3; it has the mean
        of their logits, each weighted by its area within the region. So one outlier among many
        tiles does not decide, and a sliver at the edge, most of it reflection, hardly counts.
        """
        present = ~np.isnan(self.logits)
        weights = np.where(present, self.areas, 0.0)
        window, border = np.ones((3, 3)), cv2.BORDER_CONSTANT
        total = cv2.filter2D(np.nan_to_num(self.logits) * weights, -1, window, borderType=border)
        weight = cv2.filter2D(weights, -1, window, borderType=border)
        return float((total[present] / weight[present]).max())


def find_tissue(pixels: NDArray[np.uint8], config: InferenceConfig) -> Tiles:
    """Cut a region at the model's scale into tiles; raises NoTissueError when all are background.

    Args:
        pixels: uint8 (h, w, 3), RGB.
        config: Says the size of a tile.
    """
    tiles = cut_tiles(pixels, config.patch_size_pixels)
    if not tiles.tissue.any():
        raise NoTissueError(
            "The region holds no tissue: all of it is bare glass, or black.",
            tiles=int(tiles.tissue.size),
        )
    return tiles


def sample_tiles(tiles: Tiles) -> NDArray[np.uint8]:
    """Return up to 64 tissue tiles from all over the region, uint8 (N, size, size, 3)."""
    places = _places(tiles)
    chosen = np.linspace(0, len(places) - 1, min(len(places), _SAMPLES)).round().astype(int)
    return tiles.patches([places[index] for index in chosen])


async def score_region(
    tiles: Tiles,
    batcher: Batcher,
    calibration: Calibration,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> RegionScores:
    """Run all tissue tiles, a few batches at a time.

    Args:
        tiles: The region.
        batcher: Shares the engine with other requests.
        calibration: Maps the network's logits to calibrated ones.
        on_progress: Told the tiles done and the tiles in all, now and then.
    """
    places = _places(tiles)
    room = asyncio.Semaphore(_BATCHES_PER_STREAM * batcher.streams)
    done = 0

    async def score(batch: Sequence[Place]) -> Scored:
        nonlocal done
        async with room:
            scored = await batcher.run(tiles.patches(batch), bounded=False)
        done += len(batch)
        if on_progress:
            on_progress(done, len(places))
        return scored

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(score(places[start : start + MAX_BATCH]))
                for start in range(0, len(places), MAX_BATCH)
            ]
    except* BiopsiaError as errors:
        # One for each batch, all of the same cause.
        raise errors.exceptions[0] from None
    return _assemble(tiles, places, [task.result() for task in tasks], calibration)


def region_result(
    tiles: Tiles,
    scores: RegionScores,
    config: InferenceConfig,
    *,
    threshold: float,
    explain: bool,
) -> tuple[GradCam, RegionResult]:
    """Turn the scores of a region into the two parts of its result, with drawings if asked for."""
    probabilities = np.full_like(scores.logits, np.nan)
    probabilities[tiles.tissue] = sigmoid(scores.logits[tiles.tissue])
    rows, columns = tiles.tissue.shape
    covered = (rows * tiles.size, columns * tiles.size)
    overlay = heatmap = None
    if explain:
        overlay = data_url(draw_evidence(tiles.image, scores.evidence, covered=covered))
        drawn = draw_tiles(tiles.image, probabilities, covered=covered, threshold=threshold)
        heatmap = data_url(drawn)
    tissue = float(tiles.areas[tiles.tissue].sum())
    malignant = float(tiles.areas[np.nan_to_num(probabilities, nan=-1.0) >= threshold].sum())
    gradcam = GradCam(
        rows=scores.evidence.shape[0],
        columns=scores.evidence.shape[1],
        grid=nullable(np.round(scores.evidence, 3)),
        overlay=overlay,
    )
    region = RegionResult(
        rows=rows,
        columns=columns,
        tile_size_pixels=tiles.size,
        microns_per_pixel=config.microns_per_pixel,
        tiles=nullable(np.round(probabilities, 6)),
        heatmap=heatmap,
        tissue_fraction=tissue / float(tiles.areas.sum()),
        malignant_fraction=malignant / tissue,
        malignant_area_mm2=round(malignant * (config.microns_per_pixel / 1000.0) ** 2, 6),
    )
    return gradcam, region


def _places(tiles: Tiles) -> list[Place]:
    return [(int(row), int(column)) for row, column in np.argwhere(tiles.tissue)]


def _assemble(
    tiles: Tiles,
    places: list[Place],
    scored: list[Scored],
    calibration: Calibration,
) -> RegionScores:
    tissue = tiles.tissue
    maps = np.concatenate([one.outputs.activation_maps for one in scored])
    logits = np.full(tissue.shape, np.nan)
    evidence = np.full((*tissue.shape, *maps.shape[1:]), np.nan)
    rows, columns = np.array(places).T
    logits[rows, columns] = calibration.logit(np.concatenate([s.outputs.logits for s in scored]))
    evidence[rows, columns] = calibration.logit(maps)
    joined = evidence.swapaxes(1, 2).reshape(
        tissue.shape[0] * maps.shape[1], tissue.shape[1] * maps.shape[2]
    )
    return RegionScores(
        logits, tiles.areas, joined, float(np.mean([one.queue_seconds for one in scored]))
    )
