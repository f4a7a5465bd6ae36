"""Look at a whole slide at low resolution, and find its tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.errors import CorruptImageError
from hf_space.imaging.slide_tissue import OVERVIEW_MICRONS, slide_tissue

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.imaging.readers.slide import SlideReader
    from hf_space.imaging.slide_tissue import SlideTissue

# Of the picture that results are drawn on, in pixels.
_PICTURE_SIDE: Final = 1500
# Rows that are read at once.
_ROWS: Final = 256


def find_tissue(reader: SlideReader) -> SlideTissue:
    """Read the whole slide at `OVERVIEW_MICRONS`, and find its tissue; see `slide_tissue`.

    Args:
        reader: The slide, whose scale is known.

    Raises:
        CorruptImageError: The file is truncated or damaged.
    """
    return slide_tissue(_read(reader))


def _read(reader: SlideReader) -> NDArray[np.uint8]:
    height, width = reader.scaled_size(OVERVIEW_MICRONS)
    overview = np.empty((height, width, 3), dtype=np.uint8)
    for top in range(0, height, _ROWS):
        rows = min(_ROWS, height - top)
        overview[top : top + rows] = reader.read_rows(top, rows, OVERVIEW_MICRONS)
    return overview


def draw_slide(
    reader: SlideReader, tissue: SlideTissue, microns_per_pixel: tuple[float, float]
) -> NDArray[np.uint8]:
    """Return the scanned part as small as a page shows it; a small slide is read again for it.

    A level that scoring did not need may be damaged; then the overview must do.

    Args:
        reader: Of the slide.
        tissue: Has the overview.
        microns_per_pixel: Of level 0, in x and in y.

    Returns:
        uint8 (h, w, 3), RGB.
    """
    if max(tissue.overview.shape) >= _PICTURE_SIDE / 2:
        return tissue.overview
    _, _, width, height = reader.bounds
    across, down = microns_per_pixel
    scale = max(width * across, height * down) / _PICTURE_SIDE
    try:
        return reader.read_region(*reader.bounds, max(scale, across, down))
    except CorruptImageError:
        return tissue.overview
