"""Pooled features of a slide's tiles as Parquet, for multiple-instance learning."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.exports.parquet import write_parquet
from hf_space.exports.slides.content import TileFeatures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from hf_space.exports.slides.content import SlideContent
    from hf_space.imaging.slide_grid import SlideGrid

# For a row group; with 1,280 features some 20 MB.
_ROWS: Final = 4096
_PLACE: Final = {"row": "int32", "column": "int32", "x": "float64", "y": "float64"}


def write_features(content: SlideContent, path: Path) -> None:
    """Write a row for each tile: row and column from 1, x and y in level 0, and its features.

    Batches are joined into row groups of some thousand tiles; only one is in memory.

    Raises:
        OSError: The file cannot be written.
        ValueError: The content has no features.
    """
    if content.features is None:
        raise ValueError("there are no features to write")
    batches = _joined(content.features)
    first = next(batches, None)
    count = 0 if first is None else first.features.shape[1]
    columns = _PLACE | {f"feature_{index}": "float32" for index in range(count)}
    all_batches = chain([] if first is None else [first], batches)
    with path.open("wb") as file:
        write_parquet(file, columns, (_columns(batch, content.tiles.grid) for batch in all_batches))


def _joined(batches: Iterable[TileFeatures]) -> Iterator[TileFeatures]:
    """Join small batches: a thousand columns of a few rows each waste space and time."""
    waiting: list[TileFeatures] = []
    for batch in batches:
        waiting.append(batch)
        if sum(len(each.places) for each in waiting) >= _ROWS:
            yield _concatenated(waiting)
            waiting = []
    if waiting:
        yield _concatenated(waiting)


def _concatenated(batches: list[TileFeatures]) -> TileFeatures:
    places, features = zip(*batches, strict=True)
    return TileFeatures(np.concatenate(places), np.concatenate(features))


def _columns(batch: TileFeatures, grid: SlideGrid) -> list[NDArray[np.generic]]:
    corners = np.array([grid.box(row, column)[:2] for row, column in batch.places.tolist()])
    return [*(batch.places + 1).T, *corners.T, *np.ascontiguousarray(batch.features.T)]
