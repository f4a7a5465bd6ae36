"""One prediction as the database keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

_GROUP_BYTES: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the table `predictions`, which `hf_space.history.codec` makes and reads.

    Attributes:
        id: Version 7 UUID, which holds the time.
        owner: SHA-256 of the visitor's token.
        margin: Distance of the probability from the threshold, 0 to 1.
        total_ms: What the prediction took, in milliseconds.
        result: The answer as JSON, without drawings and arrays.
        grid: Evidence, compressed.
        tiles: Probabilities of a region's tiles, compressed; None for a patch.
        thumbnail: WebP.
        original: The image file as it was sent, or None when originals are not kept.
    """

    id: UUID
    owner: bytes
    kind: str
    verdict: str
    probability: float
    margin: float
    model_name: str
    model_revision: str
    cached: bool
    total_ms: float
    result: str
    grid: bytes
    tiles: bytes | None
    thumbnail: bytes
    original: bytes | None

    @property
    def weight(self) -> int:
        """About how many bytes it has."""
        parts = (self.result, self.grid, self.tiles, self.thumbnail, self.original)
        return sum(len(part) for part in parts if part)


def group_size(weights: Sequence[int]) -> int:
    """Return how many of the first records to write together: some megabytes, or a single one."""
    total = 0
    for place, weight in enumerate(weights):
        total += weight
        if place and total > _GROUP_BYTES:
            return place
    return len(weights)
