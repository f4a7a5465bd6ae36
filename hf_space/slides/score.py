"""Run the network over a slide: reading, preparing and inference at the same time.

One thread reads ahead, a few prepare and run batches, one more than the engine has streams; the
caller's thread puts the strips together. So the engine always has a batch to go on with, and only
a few strips and batches are held at any time.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from hf_space.errors import BundleError
from hf_space.imaging.preprocess import network_input
from hf_space.imaging.quality import quality_statistics, quality_warnings
from hf_space.inference.engine import Outputs
from hf_space.prediction.trust import with_familiarity
from hf_space.slides.checkpoint import StripScores

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from hf_space.bundle.load import Bundle
    from hf_space.inference.engine import Engine
    from hf_space.schemas.prediction import ImageWarningCode
    from hf_space.slides.strips import Strip, StripReader

Item = TypeVar("Item")
Result = TypeVar("Result")

# Strips that are read before they are needed.
_STRIPS_AHEAD: Final = 2
# Enough to keep every stream busy while a strip is written to the disk.
_BATCHES_PER_STREAM: Final = 2
# No caller waits for the first patch, so batches are larger than in the service.
_TILES_AT_ONCE: Final = 16
QUALITY_SAMPLE: Final = 8
"""One tile in this many of each strip is checked for focus and stain."""

_OUT_OF_FOCUS: Final = frozenset({"blurred", "too_blurred"})
_UNLIKE_TRAINING: Final = frozenset({"not_h_and_e", "unlike_training"})


@dataclass(frozen=True, slots=True)
class _Batch:
    strip: Strip
    columns: tuple[int, ...]
    is_last: bool


class StripScorer:
    """Scores strips with one engine."""

    def __init__(self, engine: Engine, bundle: Bundle, *, features: bool) -> None:
        """Score with an engine.

        Args:
            engine: Runs the network; not shared while strips are scored.
            bundle: Says how the network wants its input, and what is usual.
            features: Keep the pooled features of every tile.
        """
        self._engine = engine
        self._bundle = bundle
        self._config = bundle.config
        self._features = features

    def score(
        self,
        reader: StripReader,
        plan: Iterable[tuple[int, tuple[int, ...]]],
        on_batch: Callable[[int], None],
    ) -> Generator[StripScores]:
        """Yield the strips in order, each when all of it is scored.

        A strip's values do not depend on which other strips are scored.

        Args:
            reader: The slide.
            plan: Row of places and the columns to be scored, at least one, from above.
            on_batch: Told the tiles of each finished batch.

        Raises:
            CorruptImageError: The slide is truncated or damaged.
        """
        streams = self._engine.streams
        with _pool(1, "slide-reader") as reading, _pool(streams + 1, "slide-engine") as scoring:
            strips = _ahead(reading, lambda each: reader.read(*each), plan, _STRIPS_AHEAD)
            batches = (batch for strip in strips for batch in _batches(strip))
            limit = _BATCHES_PER_STREAM * streams
            done: list[_Scores] = []
            for scores in _ahead(scoring, self._score, batches, limit):
                on_batch(len(scores.batch.columns))
                done.append(scores)
                if scores.batch.is_last:
                    yield _join(done)
                    done = []

    def _score(self, batch: _Batch) -> _Scores:
        count = len(batch.columns)
        # Alone, a tile would go to whichever of the compiled networks is free.
        columns = batch.columns if count > 1 else batch.columns * 2
        inputs = network_input(batch.strip.windows(columns), self._config)
        outputs = self._engine.run(inputs).part(slice(count))
        if self._features and outputs.features is None:
            raise BundleError("the network gives no features that could be kept")
        quality = self._quality(batch, outputs)
        kept = outputs if self._features else replace(outputs, features=None)
        return _Scores(batch, kept, quality)

    def _quality(self, batch: _Batch, outputs: Outputs) -> NDArray[np.int64]:
        counts = np.zeros(3, dtype=np.int64)
        sampled = quality_sample(batch.strip.row, batch.strip.columns)
        for place, column in enumerate(batch.columns):
            if column in sampled:
                codes = self._codes(
                    batch.strip.patch(column), outputs.part(slice(place, place + 1))
                )
                unlike = not codes.isdisjoint(_UNLIKE_TRAINING)
                counts += [1, not codes.isdisjoint(_OUT_OF_FOCUS), unlike]
        return counts

    def _codes(self, patch: NDArray[np.uint8], outputs: Outputs) -> set[ImageWarningCode]:
        config, familiarity = self._config, self._bundle.familiarity
        statistics = quality_statistics(patch, config.stain_reference)
        codes = quality_warnings(statistics, config.out_of_distribution, config.assessable)
        distances = None
        if familiarity and outputs.features is not None:
            distances = familiarity.distance(outputs.features)
        return {*with_familiarity(codes, distances, config.familiarity)}


@dataclass(frozen=True, slots=True)
class _Scores:
    batch: _Batch
    outputs: Outputs
    quality: NDArray[np.int64]


def quality_sample(row: int, columns: Sequence[int]) -> frozenset[int]:
    """Return which tiles of a strip are looked at for focus and stain; at least one.

    Each row begins one tile further than the row above: otherwise a narrow biopsy would be looked
    at along one edge.

    Args:
        row: Of places.
        columns: Of the tiles that are scored, at least one, from the left.
    """
    first = row % min(QUALITY_SAMPLE, len(columns))
    return frozenset(columns[first::QUALITY_SAMPLE])


def _batches(strip: Strip) -> Iterator[_Batch]:
    """Part a strip into batches of nearly equal size.

    No batch spans two strips, and none is much smaller than the others: a strip's logits must not
    depend, not in their last digit, on where a run was resumed.
    """
    count = -(-len(strip.columns) // _TILES_AT_ONCE)
    parts = np.array_split(np.array(strip.columns), count)
    for number, part in enumerate(parts, start=1):
        yield _Batch(strip, tuple(part.tolist()), number == count)


def _join(parts: Sequence[_Scores]) -> StripScores:
    strip, outputs = parts[0].batch.strip, Outputs.joined([part.outputs for part in parts])
    return StripScores(
        strip.row,
        np.array(strip.columns),
        outputs.logits,
        outputs.features,
        np.sum([part.quality for part in parts], axis=0),
    )


def _ahead(
    pool: ThreadPoolExecutor,
    work: Callable[[Item], Result],
    items: Iterable[Item],
    limit: int,
) -> Iterator[Result]:
    """Yield the results in order, with some more items in work; raises what the work raises."""
    running: deque[Future[Result]] = deque()
    for item in items:
        running.append(pool.submit(work, item))
        if len(running) > limit:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


@contextmanager
def _pool(threads: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Make threads that drop unstarted work when the context ends, normally or not."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
