"""The content of a slide's files."""

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
    """The content of a slide's files.

    Attributes:
        tiles: The scored tiles.
        result: The result for the slide.
        picture: Picture of exactly the slide's bounds, uint8 (h, w, 3), RGB; best with some 1,500
            px on the longer side.
        features: Batches of pooled features, iterated once; None unless requested.
    """

    tiles: SlideTiles
    result: SlideResult
    picture: NDArray[np.uint8]
    features: Iterable[TileFeatures] | None = None
