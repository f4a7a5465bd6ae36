"""What the files of a slide are written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from hf_space.exports.slides.tiles import SlideTiles
    from hf_space.schemas.slide import SlideResult


class TileFeatures(NamedTuple):
    """Pooled features of some tiles.

    Attributes:
        places: Row and column of each in the grid, from 0, int (N, 2).
        features: float32 (N, features).
    """

    places: NDArray[np.integer]
    features: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SlideContent:
    """What the files of a slide are written from.

    Attributes:
        tiles: The scored tiles.
        result: What is said about the slide.
        picture: The slide's bounds, exactly, uint8 (h, w, 3), RGB; some 1,500 px on the longer side
            are best.
        features: Batches of pooled features, taken once and one by one; None unless asked for.
    """

    tiles: SlideTiles
    result: SlideResult
    picture: NDArray[np.uint8]
    features: Iterable[TileFeatures] | None = None
