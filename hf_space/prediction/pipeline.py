"""From a decoded image to what is known about it: one patch, or a region of many tiles."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from anyio import to_thread

from hf_space.explain.overlay import data_url, draw_evidence
from hf_space.imaging.preprocess import pad_to_patch
from hf_space.prediction.image import Reading, warnings_about
from hf_space.prediction.region import find_tissue, region_result, sample_tiles, score_region
from hf_space.schemas.prediction import GradCam, RegionResult, ResultWarning, Timing, timing_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hf_space.bundle.config import InferenceConfig
    from hf_space.inference.batching import Batcher


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found out about an image, before it is judged; ``logit`` is calibrated."""

    reading: Reading
    logit: float
    gradcam: GradCam
    region: RegionResult | None
    warnings: list[ResultWarning]
    timing: Timing


async def answer_patch(
    reading: Reading, batcher: Batcher, config: InferenceConfig, *, explain: bool, bounded: bool
) -> Answer:
    """Predict and explain one patch; raises BusyError when it is bounded and the queue is full."""
    started = perf_counter()
    size = config.patch_size_pixels
    patch = pad_to_patch(reading.pixels, size)
    warnings = warnings_about(reading, [reading.pixels], config)
    read = perf_counter()
    scored = await batcher.run(patch[None], bounded=bounded)
    inferred = perf_counter()
    evidence = config.calibration.logit(scored.outputs.activation_maps[0])
    overlay = None
    if explain:
        overlay = data_url(draw_evidence(reading.pixels, evidence, covered=(size, size)))
    rows, columns = evidence.shape
    gradcam = GradCam(rows=rows, columns=columns, grid=evidence.tolist(), overlay=overlay)
    timing = timing_of(
        decode=reading.seconds + read - started,
        queue=scored.queue_seconds,
        inference=inferred - read - scored.queue_seconds,
        render=perf_counter() - inferred,
    )
    logit = float(config.calibration.logit(scored.outputs.logits)[0])
    return Answer(reading, logit, gradcam, None, warnings, timing)


async def answer_region(
    reading: Reading,
    batcher: Batcher,
    config: InferenceConfig,
    *,
    threshold: float,
    explain: bool,
    on_progress: Callable[[int, int], None] | None = None,
) -> Answer:
    """Predict and explain a region tile by tile; raises NoTissueError when it is background."""
    started = perf_counter()
    tiles = await to_thread.run_sync(find_tissue, reading.pixels, config)
    warnings = warnings_about(reading, list(sample_tiles(tiles)), config)
    read = perf_counter()
    scores = await score_region(tiles, batcher, config.calibration, on_progress=on_progress)
    inferred = perf_counter()
    gradcam, region = await to_thread.run_sync(
        lambda: region_result(tiles, scores, config, threshold=threshold, explain=explain)
    )
    timing = timing_of(
        decode=reading.seconds + read - started,
        queue=scores.queue_seconds,
        inference=inferred - read - scores.queue_seconds,
        render=perf_counter() - inferred,
    )
    return Answer(reading, scores.suspicion(), gradcam, region, warnings, timing)
