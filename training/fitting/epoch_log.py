"""The means over an epoch's steps, kept when a run is interrupted within the epoch."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

EPOCH_FILE: Final = "epoch.json"


class EpochLog:
    """Sums the figures of each step of an epoch, and the epoch's time.

    Args:
        totals: sums of the steps before an interruption.
        steps: how many steps those were.
        seconds: how long they took.
    """

    def __init__(
        self, totals: Mapping[str, float] | None = None, steps: int = 0, seconds: float = 0.0
    ) -> None:
        """Continue from earlier sums, and start the clock."""
        self._totals = dict(totals or {})
        self._steps = steps
        self._seconds = seconds
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time in this epoch, including interrupted parts."""
        return self._seconds + time.monotonic() - self._started

    def restart(self) -> None:
        """Reset for a new epoch."""
        self._totals, self._steps, self._seconds = {}, 0, 0.0
        self._started = time.monotonic()

    def add(self, logs: Mapping[str, float]) -> None:
        """Add one step."""
        self._steps += 1
        for name, value in logs.items():
            self._totals[name] = self._totals.get(name, 0.0) + float(value)

    def means(self) -> dict[str, float]:
        """Return the mean of each figure over the steps."""
        return {name: total / self._steps for name, total in self._totals.items()}

    def save(self, run: Path, *, step: int) -> None:
        """Write the sums beside the checkpoint of a step."""
        partial = run / f"{EPOCH_FILE}.partial"
        content = {
            "step": step,
            "totals": self._totals,
            "steps": self._steps,
            "seconds": self.seconds,
        }
        partial.write_text(json.dumps(content))
        partial.replace(run / EPOCH_FILE)

    @classmethod
    def load(cls, run: Path, *, step: int) -> EpochLog:
        """Read the sums at a checkpoint; start from zero if there are none for this step."""
        path = run / EPOCH_FILE
        found = json.loads(path.read_text()) if path.is_file() else {}
        if found.pop("step", None) != step:
            return cls()
        return cls(**found)
