"""Drawn tissue to test a network with; it is part of the service and is not from a patient."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.imaging.readers import decode_image
from hf_space.imaging.tiling import cut_tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXAMPLES: Final = Path(__file__).parents[1] / "examples"
DRAWN_PATCH: Final = EXAMPLES / "drawn_crowded.png"
DRAWN_REGION: Final = EXAMPLES / "drawn_region.png"
_COUNT: Final = 16


def probe_patches(patch_size: int) -> NDArray[np.uint8]:
    """Return patches from all over the drawn region, uint8 (16, patch_size, patch_size, 3)."""
    tiles = cut_tiles(decode_image(DRAWN_REGION.read_bytes()), patch_size)
    places = [(int(row), int(column)) for row, column in np.argwhere(tiles.tissue)]
    chosen = np.linspace(0, len(places) - 1, _COUNT).round().astype(int)
    return tiles.patches([places[index] for index in chosen])
