"""Many tiles in, one map out; a patch is a region of one tile."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from hf_space.bundle.calibration import sigmoid
from hf_space.errors import BiopsiaError
from hf_space.inference.batching import MAX_BATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hf_space.bundle.calibration import Calibration
    from hf_space.imaging.tiling import Place, Tiles
    from hf_space.inference.batching import Batcher, Scored

# Enough to keep every stream busy, few enough that a lone patch need not wait long behind them.
_BATCHES_PER_STREAM: Final = 2


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

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Calibrated probability of each tile, float64 (rows, columns); NaN without tissue."""
        return sigmoid(self.logits)

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

    def area_at_or_above(self, threshold: float) -> float:
        """Return the area, in pixels, of the tiles whose probability reaches a threshold."""
        return float(self.areas[np.nan_to_num(self.probabilities, nan=-1.0) >= threshold].sum())


async def score_tiles(
    tiles: Tiles,
    batcher: Batcher,
    calibration: Calibration,
    *,
    bounded: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> RegionScores:
    """Run all tissue tiles, a few batches at a time.

    Args:
        tiles: The region, with tissue in it.
        batcher: Shares the engine with other requests.
        calibration: Maps the network's logits to calibrated ones.
        bounded: Refuse the work when the engine's queue is full.
        on_progress: Told the tiles done and the tiles in all, now and then.

    Raises:
        BusyError: The queue is full or closed.
    """
    places = tiles.places()
    room = asyncio.Semaphore(_BATCHES_PER_STREAM * batcher.streams)
    done = 0

    async def score(batch: Sequence[Place]) -> Scored:
        nonlocal done
        async with room:
            scored = await batcher.run(tiles.patches(batch), bounded=bounded)
        done += len(batch)
        if on_progress:
            on_progress(done, len(places))
        return scored

    batches = [places[start : start + MAX_BATCH] for start in range(0, len(places), MAX_BATCH)]
    if len(batches) == 1:
        return _assemble(tiles, places, [await score(batches[0])], calibration)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(score(batch)) for batch in batches]
    except* BiopsiaError as errors:
        # One for each batch, all of the same cause.
        raise errors.exceptions[0] from None
    return _assemble(tiles, places, [task.result() for task in tasks], calibration)


def _assemble(
    tiles: Tiles, places: Sequence[Place], scored: Sequence[Scored], calibration: Calibration
) -> RegionScores:
    shape = tiles.tissue.shape
    maps = np.concatenate([one.outputs.activation_maps for one in scored])
    logits = np.full(shape, np.nan)
    evidence = np.full((*shape, *maps.shape[1:]), np.nan)
    rows, columns = np.array(places).T
    logits[rows, columns] = calibration.logit(np.concatenate([s.outputs.logits for s in scored]))
    evidence[rows, columns] = calibration.logit(maps)
    joined = evidence.swapaxes(1, 2).reshape(shape[0] * maps.shape[1], shape[1] * maps.shape[2])
    queue_seconds = float(np.mean([one.queue_seconds for one in scored]))
    return RegionScores(logits, tiles.areas, joined, queue_seconds)
