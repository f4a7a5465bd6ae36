"""The scores of a slide: what they depend on, and the file from which its results are made."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import numpy as np
from pydantic import BaseModel, ConfigDict

from hf_space.schemas.ids import uuid7
from hf_space.slides.rule import WriteKey

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SCORES_FILE: Final = "scores.npz"
# Raised with any change of how tiles are chosen, cut, prepared, looked at or stored.
_FORMAT: Final = 3

DAMAGED: Final = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
"""Errors of reading a damaged archive of arrays."""


class ScoreKey(BaseModel):
    """What the scores of a slide depend on, and the hash of its path.

    People are told the fields by `slide.part.NAME`, but for the last, on which no score depends.

    Attributes:
        format: Of the program.
        slide: `slide_fingerprint`.
        model: The model's revision.
        engine: What runs it, and the precision of its arithmetic.
        scale: Of level 0 in x and in y.
        overlap: Share of a tile that the next one covers too.
        tile: Side of a tile in pixels at the model's scale, and that scale.
        features: Whether the pooled features are kept.
        file: `place_hash`; None in what earlier versions wrote.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = _FORMAT
    slide: str
    model: str
    engine: str
    scale: tuple[float, float]
    overlap: float
    tile: tuple[int, float]
    features: bool
    file: str | None = None

    def at(self, file: str | None) -> ScoreKey:
        """Return the same for the slide in another place."""
        return self.model_copy(update={"file": file})

    def changes(self, earlier: ScoreKey) -> list[str]:
        """Return the differences that make earlier scores unusable; more features do not."""
        mine, its = (key.model_dump(exclude={"file"}) for key in (self, earlier))
        mine["features"] |= earlier.features
        return [name for name in mine if mine[name] != its[name]]


class ScoreFacts(BaseModel):
    """What belongs to the scores of a slide.

    Attributes:
        key: What they depend on.
        id: Of the result; holds the time at which scoring began, or another result was made.
        sha256: Of the slide.
        written: What else the result of that id depends on; None while there is none.
    """

    key: ScoreKey
    id: UUID
    sha256: str
    written: WriteKey | None = None


@dataclass(frozen=True, slots=True)
class SlideScores:
    """The network's output for the places of a slide.

    Attributes:
        facts: What belongs to them.
        logits: float32 (rows, columns), uncalibrated; NaN where nothing was scored.
        quality: int64 (3,): tiles looked at, out of focus, and unlike training.
    """

    facts: ScoreFacts
    logits: NDArray[np.float32]
    quality: NDArray[np.int64]

    def under(self, rule: WriteKey) -> SlideScores:
        """Return the same scores for a result by a rule, with a new id for a new rule."""
        if self.facts.written == rule:
            return self
        identifier = uuid7() if self.facts.written else self.facts.id
        return replace(
            self, facts=self.facts.model_copy(update={"id": identifier, "written": rule})
        )

    def at(self, file: str | None) -> SlideScores:
        """Return the same scores for the slide in another place."""
        facts = self.facts.model_copy(update={"key": self.facts.key.at(file)})
        return replace(self, facts=facts)

    def save(self, path: Path) -> None:
        """Write `scores.npz`; raises OSError."""
        facts = np.frombuffer(self.facts.model_dump_json().encode(), dtype=np.uint8)
        arrays: dict[str, Any] = {"facts": facts, "logits": self.logits, "quality": self.quality}
        np.savez_compressed(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> SlideScores | None:
        """Read what `save` wrote; None where there is nothing, or it is damaged."""
        try:
            with (folder / SCORES_FILE).open("rb") as file, np.load(file) as arrays:
                facts = ScoreFacts.model_validate_json(arrays["facts"].tobytes())
                return cls(facts, arrays["logits"], arrays["quality"])
        except DAMAGED:
            return None
