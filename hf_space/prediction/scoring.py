"""Scores the tiles of a region and combines the network's outputs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from hf_space.bundle.calibration import sigmoid
from hf_space.errors import BiopsiaError
from hf_space.imaging.preprocess import margin_rows
from hf_space.inference.batching import MAX_BATCH
from hf_space.inference.engine import Outputs
from hf_space.schemas.stream import TilesEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hf_space.bundle.calibration import Calibration
    from hf_space.bundle.load import Bundle
    from hf_space.imaging.tiling import Place, Tiles
    from hf_space.inference.batching import Batcher

# Enough to keep every stream busy, few enough that a single patch does not wait long.
_BATCHES_PER_STREAM: Final = 2
TILE_DECIMALS: Final = 6
"""Decimals of a tile's probability in all outputs."""
# A tumour is rarely a single tile; an error often is.
_WINDOW: Final = np.ones((3, 3))


@dataclass(frozen=True, slots=True)
class RegionScores:
    """The network's output for a region.

    Attributes:
        logits: Calibrated logit of each tile, float64 (rows, columns), smoothed by
            `smooth_logits`; NaN without tissue.
        raw_logits: The same of each tile alone.
        areas: Pixels of each tile that lie within the region, float64 (rows, columns).
        evidence: Calibrated activation maps side by side, float64 (rows * r, columns * c), NaN
            without tissue.
        distances: Distance of each tile from the training patches, float64 (rows, columns), NaN
            without tissue; None if the bundle has no familiarity data.
        queue_seconds: Mean wait of a batch for the engine.
    """

    logits: NDArray[np.float64]
    raw_logits: NDArray[np.float64]
    areas: NDArray[np.float64]
    evidence: NDArray[np.float64]
    distances: NDArray[np.float64] | None
    queue_seconds: float

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Smoothed calibrated probability of each tile; NaN without tissue."""
        return sigmoid(self.logits)

    @property
    def raw_probabilities(self) -> NDArray[np.float64]:
        """Calibrated probability of each tile alone; NaN without tissue."""
        return sigmoid(self.raw_logits)

    def suspicion(self) -> float:
        """Return the calibrated logit of the most suspicious tile, smoothed."""
        return float(np.nanmax(self.logits))

    def area_at_or_above(self, threshold: float) -> float:
        """Return the area, in pixels, of the tiles whose probability reaches a threshold."""
        return float(self.areas[np.nan_to_num(self.probabilities, nan=-1.0) >= threshold].sum())


@dataclass(frozen=True, slots=True)
class _ScoredTiles:
    """The outputs for some tiles, without features but with their distances."""

    outputs: Outputs
    distances: NDArray[np.float64] | None
    queue_seconds: float


async def score_tiles(
    tiles: Tiles,
    batcher: Batcher,
    bundle: Bundle,
    *,
    bounded: bool = False,
    listen: Callable[[TilesEvent], None] | None = None,
) -> RegionScores:
    """Run all tissue tiles, a few batches at a time, those with the densest tissue first.

    Args:
        tiles: The region, with tissue in it.
        batcher: Shares the engine with other requests.
        bundle: Has the network's margin, calibration and familiarity.
        bounded: Refuse the work when the engine's queue is full.
        listen: Called with each batch as soon as it is done.

    Raises:
        BusyError: The queue is full or closed.
    """
    margin, calibration = margin_rows(bundle.config), bundle.config.calibration
    total = int(tiles.tissue.sum())
    room = asyncio.Semaphore(_BATCHES_PER_STREAM * batcher.streams)
    done = 0

    async def score(batch: Sequence[Place]) -> _ScoredTiles:
        nonlocal done
        async with room:
            scored = await batcher.run(tiles.windows(batch, margin), bounded=bounded)
        done += len(batch)
        if listen:
            probabilities = calibration.probability(scored.outputs.logits)
            listen(_scored_event(batch, probabilities, done, total))
        # The features of a whole region would fill the memory.
        outputs = replace(scored.outputs, features=None)
        distances = (
            bundle.familiarity.distance(scored.outputs.features)
            if bundle.familiarity and scored.outputs.features is not None
            else None
        )
        return _ScoredTiles(outputs, distances, scored.queue_seconds)

    batches = _densest_first(tiles)
    if len(batches) == 1:
        return _assemble(tiles, batches, [await score(batches[0])], calibration)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(score(batch)) for batch in batches]
    except* BiopsiaError as errors:
        # Each batch may fail, all for the same reason.
        raise errors.exceptions[0] from None
    return _assemble(tiles, batches, [task.result() for task in tasks], calibration)


def _densest_first(tiles: Tiles) -> list[list[Place]]:
    """Return batches of tissue tiles that follow one another, those with most stain first.

    Batches are ordered, not tiles, so that the same tiles always share a batch and their outputs
    stay equal to the bit.
    """
    places = tiles.places()
    batches = [places[start : start + MAX_BATCH] for start in range(0, len(places), MAX_BATCH)]
    return sorted(batches, key=lambda batch: -fmean(float(tiles.density[place]) for place in batch))


def _scored_event(
    batch: Sequence[Place], probabilities: NDArray[np.float64], done: int, total: int
) -> TilesEvent:
    rounded = np.round(probabilities, TILE_DECIMALS).tolist()
    scores = [(*place, score) for place, score in zip(batch, rounded, strict=True)]
    return TilesEvent(tiles=scores, done=done, total=total)


def _assemble(
    tiles: Tiles,
    batches: Sequence[Sequence[Place]],
    scored: Sequence[_ScoredTiles],
    calibration: Calibration,
) -> RegionScores:
    shape = tiles.tissue.shape
    outputs = Outputs.joined([one.outputs for one in scored])
    maps = outputs.activation_maps
    raw_logits = np.full(shape, np.nan)
    evidence = np.full((*shape, *maps.shape[1:]), np.nan)
    rows, columns = np.array([place for batch in batches for place in batch]).T
    raw_logits[rows, columns] = calibration.logit(outputs.logits)
    evidence[rows, columns] = calibration.logit(maps)
    joined = evidence.swapaxes(1, 2).reshape(shape[0] * maps.shape[1], shape[1] * maps.shape[2])
    queue_seconds = float(np.mean([one.queue_seconds for one in scored]))
    logits = smooth_logits(raw_logits, tiles.areas)
    distances = None
    if found := [one.distances for one in scored if one.distances is not None]:
        distances = np.full(shape, np.nan)
        distances[rows, columns] = np.concatenate(found)
    return RegionScores(logits, raw_logits, tiles.areas, joined, distances, queue_seconds)


def smooth_logits(logits: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each tissue tile's logit averaged with those of the tissue tiles that touch it, 3x3.

    Tiles are weighted by area, so that a sliver at the edge, mostly reflection, hardly counts.

    Args:
        logits: Calibrated logit of each tile, float64 (rows, columns); NaN without tissue.
        areas: Area of each tile within the image, float64 (rows, columns), above 0, in any unit.

    Returns:
        float64 (rows, columns); NaN without tissue.
    """
    present = ~np.isnan(logits)
    weights = np.where(present, areas, 0.0)
    total = _sum_around(np.nan_to_num(logits) * weights)
    weight = _sum_around(weights)
    return np.divide(total, weight, out=np.full_like(logits, np.nan), where=present)


def _sum_around(values: NDArray[np.float64]) -> NDArray[np.float64]:
    summed = cv2.filter2D(values, -1, _WINDOW, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(summed, dtype=np.float64)


def rounded_tiles(probabilities: NDArray[np.float64]) -> list[list[float | None]]:
    """Return the probability of each tile in the form of a result.

    Args:
        probabilities: float64 (rows, columns); NaN where there is no tissue.

    Returns:
        Rows and columns, to six decimals, with None in place of NaN.
    """
    return nullable(probabilities, TILE_DECIMALS)


def nullable(values: NDArray[np.float64], decimals: int) -> list[list[float | None]]:
    """Return rounded rows and columns as lists, with None in place of NaN.

    Args:
        values: float64 (rows, columns).
        decimals: Number of decimals kept.
    """
    rows = np.round(values, decimals).tolist()
    return [[None if value != value else value for value in row] for row in rows]
