"""A run folder: its files, its start, and the facts of its training patches."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from hf_space.bundle.config import StatisticRange
from hf_space.imaging.quality import quality_statistics
from training.data.arrays import Patches
from training.errors import RunError
from training.fitting.config import CONFIG_FILE, TrainConfig

FACTS_FILE = "facts.json"
HISTORY_FILE = "history.csv"
MODEL_FILE = "model.keras"
VALIDATION_FILE = "validation.parquet"
TRAINING_FILE = "training.json"
DATASET_NAME = "Breast Histopathology Images"

_TAILS_PERCENT = (0.5, 99.5)
_SAMPLE = 2000


def start_run(config: TrainConfig, run: Path) -> None:
    """Create a run folder.

    Raises:
        RunError: the folder holds a run already.
    """
    if (run / CONFIG_FILE).exists():
        raise RunError(
            f"{run} already has a run: continue it with --resume or choose another folder"
        )
    run.mkdir(parents=True, exist_ok=True)
    (run / CONFIG_FILE).write_text(config.to_json())


def read_history(run: Path, *, before: int | None = None) -> list[dict[str, float]]:
    """Read a run's CSV log; rows of earlier versions have fewer values.

    Args:
        run: folder of the run.
        before: keep the epochs below this number only.
    """
    path = run / HISTORY_FILE
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        rows = [
            {key: float(value) for key, value in row.items() if value}
            for row in csv.DictReader(file)
        ]
    return [row for row in rows if before is None or row["epoch"] < before]


class RunFacts(BaseModel):
    """Counts of the training patches and the range of their image statistics.

    Export reads them, so it needs no data set.

    Attributes:
        cases: number of cases learned from.
        patches: number of patches learned from.
        seconds: training time, including interrupted parts of the run.
        out_of_distribution: central 99 % of each statistic of `quality_statistics`.
        case_ids: the cases; None in runs that did not record them.
        averaged_runs: number of runs whose weights were averaged; 1 for a run that was trained.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset_name: str = DATASET_NAME
    cases: int
    patches: int
    seconds: float
    out_of_distribution: dict[str, StatisticRange]
    case_ids: tuple[str, ...] | None = None
    averaged_runs: int = 1

    @classmethod
    def load(cls, run: Path) -> RunFacts:
        """Read the facts of a finished run.

        Raises:
            RunError: the run is not finished.
        """
        path = run / FACTS_FILE
        if not path.is_file():
            raise RunError(f"{run} is not finished: {FACTS_FILE} is missing")
        return cls.model_validate_json(path.read_bytes())


class TrainingRecord(BaseModel):
    """How a model was made, as recorded in its bundle.

    Attributes:
        settings: of `TrainConfig`, without paths.
        seconds: training time.
        cases: cases that the model learned from; None if its run did not record them.
        averaged_runs: number of runs of these settings whose weights were averaged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: dict[str, Any]
    seconds: float
    cases: tuple[str, ...] | None = None
    averaged_runs: int = 1

    @classmethod
    def of(cls, run: Path) -> TrainingRecord:
        """Collect the record of a finished run; raises as `RunFacts.load` does."""
        facts = RunFacts.load(run)
        settings = TrainConfig.load(run).published()
        return cls(
            settings=settings,
            seconds=facts.seconds,
            cases=facts.case_ids,
            averaged_runs=facts.averaged_runs,
        )


def measure_facts(patches: Patches, indices: NDArray[np.int64], *, seconds: float) -> RunFacts:
    """Count and measure the patches at ``indices``, int64 ``(M,)``."""
    cases = np.unique(patches.case_ids[indices])
    return RunFacts(
        cases=len(cases),
        case_ids=tuple(cases.tolist()),
        patches=len(indices),
        seconds=seconds,
        out_of_distribution=statistic_ranges(patches.images, indices),
    )


def statistic_ranges(
    images: NDArray[np.uint8], indices: NDArray[np.int64]
) -> dict[str, StatisticRange]:
    """Return the central 99 % of each image statistic over at most 2,000 of the patches.

    Args:
        images: uint8 ``(N, h, h, 3)``.
        indices: int64 ``(M,)``, the patches to sample from.
    """
    count = min(_SAMPLE, len(indices))
    chosen = np.random.default_rng(0).choice(indices, count, replace=False)
    rows = [quality_statistics(np.asarray(images[index])) for index in np.sort(chosen)]
    ranges = {}
    for key in rows[0]:
        low, high = np.percentile([row[key] for row in rows], _TAILS_PERCENT)
        ranges[key] = StatisticRange(low=float(low), high=float(high))
    return ranges
