"""A result on its way to the cache, to other callers, and into the history."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from hf_space.schemas.ids import time_of, uuid7
from hf_space.schemas.prediction import PredictionResult, timing_of

_LENGTH_BYTES: Final = 4
# Redis outlives a version of the service: results of another form must not be found.
FORMAT: Final = hashlib.sha256(json.dumps(PredictionResult.model_json_schema()).encode()).digest()


@dataclass(frozen=True, slots=True)
class Computed:
    """A result, and the thumbnail for its record; empty where it is not to be saved."""

    result: PredictionResult
    thumbnail: bytes

    def packed(self) -> bytes:
        """Return both as bytes: the thumbnail's length, the thumbnail, the result as JSON."""
        length = len(self.thumbnail).to_bytes(_LENGTH_BYTES, "big")
        return length + self.thumbnail + self.result.model_dump_json().encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> Computed:
        """Read what `packed` wrote."""
        end = _LENGTH_BYTES + int.from_bytes(packed[:_LENGTH_BYTES], "big")
        result = PredictionResult.model_validate_json(packed[end:])
        return cls(result, packed[_LENGTH_BYTES:end])

    def again(self, started: float) -> Computed:
        """Return what was computed before as an answer of its own, asked for at a time."""
        total = round((perf_counter() - started) * 1e3, 3)
        fresh = {
            **identity(),
            "cached": True,
            "timing_ms": timing_of().model_copy(update={"total": total}),
        }
        return Computed(self.result.model_copy(update=fresh), self.thumbnail)


def identity() -> dict[str, Any]:
    """Return a new id, and the time that it holds."""
    identifier = uuid7()
    return {"id": identifier, "created_at": time_of(identifier)}
