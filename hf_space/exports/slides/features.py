"""Pooled features of a slide's tiles as Parquet, for multiple-instance learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from hf_space.exports.slides.content import SlideContent, TileFeatures
    from hf_space.imaging.slide_grid import SlideGrid


def write_features(content: SlideContent, path: Path) -> None:
    """Write a row for each tile: row and column from 1, x and y in level 0, and its features.

    Each batch is a row group, and one batch at a time is in memory.

    Raises:
        OSError: The file cannot be written.
        ValueError: There are no features.
    """
    # Loads pandas, which nothing else here needs.
    import fastparquet

    path.unlink(missing_ok=True)
    for batch in content.features or ():
        frame = _frame(batch, content.tiles.grid)
        # Features hardly shrink when compressed.
        fastparquet.write(
            str(path),
            frame,
            append=path.exists(),
            compression="UNCOMPRESSED",
            has_nulls=False,
            stats=False,
            write_index=False,
        )
    if not path.exists():
        raise ValueError("there are no features to write")


def _frame(batch: TileFeatures, grid: SlideGrid) -> Any:
    """Return a batch as a data frame of pandas."""
    from fastparquet.dataframe import empty

    count = batch.features.shape[1]
    names = ["row", "column", "x", "y", *(f"feature_{index}" for index in range(count))]
    types = ["i4", "i4", "f8", "f8", *["f4"] * count]
    frame, views = empty(",".join(types), len(batch.places), cols=names)
    views["row"][:], views["column"][:] = (batch.places + 1).T
    corners = np.array([grid.box(row, column)[:2] for row, column in batch.places.tolist()])
    views["x"][:], views["y"][:] = corners.T
    for index in range(count):
        views[f"feature_{index}"][:] = batch.features[:, index]
    return frame
