"""The interface of readers of whole slides, beyond that of other readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from hf_space.imaging.readers.base import ImageReader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ScaleSource: TypeAlias = Literal["request", "metadata"]


class SlideReader(ImageReader, Protocol):
    """A slide on disk, of which only what is asked for is decoded.

    Safe to use from one thread at a time.

    Attributes:
        scanned: Left, top, width and height of the part that was scanned, in pixels of level 0; the
            whole of it where the file names none.
        bounds: The part that is read: the scanned one, unless `align` let it begin before.
        scale_source: Whether the scale is the caller's or the file's.
        scale_conflict: Whether the file states another scale than the caller's, which is used.
    """

    scanned: tuple[int, int, int, int]
    bounds: tuple[int, int, int, int]
    scale_source: ScaleSource
    scale_conflict: bool

    def align(self, microns_per_pixel: float) -> None:
        """Let the bounds begin with a pixel of the level that is read at a scale.

        Where whole pixels of the level make one at that scale, they need not be averaged with their
        neighbours then, which would soften them. Elsewhere nothing changes.

        Args:
            microns_per_pixel: The scale.

        Raises:
            ScaleError: The scale is far finer than the slide.
            ValueError: The scale of the slide is unknown.
        """
        ...

    def scaled_size(self, microns_per_pixel: float) -> tuple[int, int]:
        """Return height and width in pixels of the bounds at a scale, at least 1."""
        ...

    def read_rows(self, top: int, rows: int, microns_per_pixel: float) -> NDArray[np.uint8]:
        """Read some rows of the bounds as they are at a scale, all columns.

        Pixel (row, column) is the average of the area that begins ``row * scale`` below and
        ``column * scale`` right of the bounds' upper left corner. Strips join without a seam: each
        row is the same whatever rows are read with it. Memory is bounded by the strip, at the level
        that is read.

        Args:
            top: First row, from 0.
            rows: How many; all within `scaled_size`.
            microns_per_pixel: Scale of what is returned, the same in x and y.

        Returns:
            uint8 (rows, width, 3), RGB, 0 to 255, colours in sRGB, transparency on white.

        Raises:
            CorruptImageError: The file is truncated or damaged there.
            ScaleError: The scale is far finer than the slide.
            ValueError: The scale of the slide is unknown.
        """
        ...
