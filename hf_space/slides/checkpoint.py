"""Finished strips on disk, so that an interrupted run can resume.

A strip is written under a temporary name, synced, and renamed: after a power cut it is complete or
absent.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import numpy as np
from pydantic import BaseModel, ValidationError

from hf_space.schemas.ids import uuid7
from hf_space.slides.files import remove_parts, replacing
from hf_space.slides.rule import WriteKey
from hf_space.slides.scores import DAMAGED, ScoreKey

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WORK_FOLDER: Final = "unfinished"
STATE_FILE: Final = "state.json"


class _State(BaseModel):
    key: ScoreKey
    rule: WriteKey
    id: UUID


@dataclass(frozen=True, slots=True)
class StripScores:
    """The network's output for the tissue tiles of one row of places.

    Attributes:
        row: Row of places.
        columns: int64 (n,): columns of places.
        logits: float32 (n,), uncalibrated.
        features: float32 (n, f), pooled; None unless they are kept.
        quality: int64 (3,): tiles looked at, out of focus, and unlike training.
    """

    row: int
    columns: NDArray[np.int64]
    logits: NDArray[np.float32]
    features: NDArray[np.float32] | None
    quality: NDArray[np.int64]


class Checkpoint:
    """The finished strips of a slide that is not done.

    Attributes:
        id: Of the result, the same however often the run is resumed with the same rule; known once
            it began.
    """

    id: UUID

    def __init__(self, folder: Path) -> None:
        """Keep strips in a slide's folder of results; nothing is read or made yet."""
        self._folder = folder / WORK_FOLDER

    def key(self) -> ScoreKey | None:
        """Return the key of the strips that an earlier run has left; None where there are none."""
        state = self._read_state()
        return state.key if state else None

    def begin(self, key: ScoreKey, rule: WriteKey) -> list[str]:
        """Find the strips of an earlier run; those with another key are deleted.

        Args:
            key: What the scores depend on.
            rule: What else the result depends on; another rule gives it another id.

        Returns:
            Names of what has changed since that run, if its strips were deleted.

        Raises:
            OSError: The folder cannot be made or written.
        """
        remove_parts(self._folder)
        state = self._read_state()
        dropped = key.changes(state.key) if state else []
        if state is None or dropped:
            self.remove()
            state = self._write_state(_State(key=key, rule=rule, id=uuid7()))
        elif (state.rule, state.key.file) != (rule, key.file):
            identifier = state.id if state.rule == rule else uuid7()
            kept = state.key.at(key.file)
            state = self._write_state(_State(key=kept, rule=rule, id=identifier))
        self.id = state.id
        return dropped

    def save(self, strip: StripScores) -> None:
        """Keep a finished strip; raises OSError, and leaves no part of it."""
        arrays: dict[str, Any] = {
            "columns": strip.columns,
            "logits": strip.logits,
            "quality": strip.quality,
        }
        if strip.features is not None:
            arrays["features"] = strip.features
        with replacing(self._path(strip.row)) as part:
            np.savez(part, allow_pickle=False, **arrays)

    def load(self, row: int) -> StripScores | None:
        """Return a finished strip; None if it is missing or damaged."""
        try:
            # NumPy does not close a file that is not an archive.
            with self._path(row).open("rb") as file, np.load(file) as arrays:
                columns, logits, quality = (arrays[n] for n in ("columns", "logits", "quality"))
                return StripScores(row, columns, logits, arrays.get("features"), quality)
        except DAMAGED:
            return None

    def make_room(self) -> None:
        """Delete the last finished strip; if it is the only one, everything of the run.

        The table of slides is worth more than one strip, which is scored again in seconds.
        """
        strips = sorted(self._folder.glob("*.npz"))
        if len(strips) > 1:
            strips[-1].unlink(missing_ok=True)
        else:
            self.remove()

    def remove(self) -> None:
        """Delete the strips, once all files made from them are written."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, row: int) -> Path:
        return self._folder / f"{row:06d}.npz"

    def _write_state(self, state: _State) -> _State:
        self._folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._folder / STATE_FILE) as part:
            part.write_bytes(state.model_dump_json().encode())
        return state

    def _read_state(self) -> _State | None:
        try:
            return _State.model_validate_json((self._folder / STATE_FILE).read_bytes())
        except (OSError, ValidationError):
            return None
