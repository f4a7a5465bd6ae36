"""A result as the cache holds it, in memory and in Redis."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from hf_space.schemas.prediction import PredictionResult

_LENGTH_BYTES: Final = 4
# Redis outlives a version of the service: results of another form must not be found.
FORMAT: Final = hashlib.sha256(json.dumps(PredictionResult.model_json_schema()).encode()).digest()


@dataclass(frozen=True, slots=True)
class CachedResult:
    """A result, and the thumbnail for its record; empty where it is not to be saved."""

    result: PredictionResult
    thumbnail: bytes

    def packed(self) -> bytes:
        """Return both as bytes: the thumbnail's length, the thumbnail, the result as JSON."""
        length = len(self.thumbnail).to_bytes(_LENGTH_BYTES, "big")
        return length + self.thumbnail + self.result.model_dump_json().encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> CachedResult:
        """Read what `packed` wrote; raises ValueError where it is damaged."""
        end = _LENGTH_BYTES + int.from_bytes(packed[:_LENGTH_BYTES], "big")
        result = PredictionResult.model_validate_json(packed[end:])
        return cls(result, packed[_LENGTH_BYTES:end])
