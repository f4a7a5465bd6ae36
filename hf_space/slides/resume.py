"""Score what an earlier run has not scored of a slide."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from numpy.typing import NDArray

    from hf_space.slides.checkpoint import Checkpoint, StripScores
    from hf_space.slides.options import Watcher
    from hf_space.slides.score import StripScorer
    from hf_space.slides.strips import StripReader


class ResumedScoring:
    """The strips of one slide: those that an earlier run has left, and those to be scored.

    Attributes:
        rows: Columns of the places to be scored, by row of places.
        kept: Strips of an earlier run, without their features, which may be many.
    """

    def __init__(self, is_scored: NDArray[np.bool_], checkpoint: Checkpoint) -> None:
        """Look for the strips of an earlier run.

        Args:
            is_scored: bool (rows, columns): the places to be scored.
            checkpoint: Has the strips, and takes new ones.
        """
        self._is_scored = is_scored
        self._checkpoint = checkpoint
        self.rows: Mapping[int, tuple[int, ...]] = {
            int(row): tuple(np.flatnonzero(is_scored[row]).tolist())
            for row in np.flatnonzero(is_scored.any(axis=1))
        }
        strips = (checkpoint.load(row) for row in self.rows)
        self.kept = [
            replace(strip, features=None)
            for strip in strips
            if strip and tuple(strip.columns.tolist()) == self.rows[strip.row]
        ]

    def score(
        self, scorer: StripScorer, reader: StripReader, watcher: Watcher
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Score the other strips, and keep each as soon as it is done.

        Args:
            scorer: Runs the network.
            reader: Reads the slide.
            watcher: Is told how many tiles there are, and how many are done.

        Returns:
            Uncalibrated logits, float32 (rows, columns), NaN where nothing was to be scored; and
            the counts of quality, int64 (3,).

        Raises:
            CorruptImageError: The slide is truncated or damaged.
            OSError: A strip cannot be written.
        """
        done = sum(len(strip.columns) for strip in self.kept)
        watcher.begin(int(self._is_scored.sum()), done)
        logits = np.full(self._is_scored.shape, np.nan, dtype=np.float32)
        quality = np.zeros(3, dtype=np.int64)
        with closing(self._scored(scorer, reader, watcher)) as scored:
            for strip in chain(self.kept, scored):
                logits[strip.row, strip.columns] = strip.logits
                quality += strip.quality
        return logits, quality

    def _scored(
        self, scorer: StripScorer, reader: StripReader, watcher: Watcher
    ) -> Generator[StripScores]:
        found = {strip.row for strip in self.kept}
        todo = [(row, columns) for row, columns in self.rows.items() if row not in found]
        with closing(scorer.score(reader, todo, watcher.advance)) as strips:
            for strip in strips:
                self._checkpoint.save(strip)
                yield strip
