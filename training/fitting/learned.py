"""Which cases a bundle's model learned from: figures of those say nothing about others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from training.data.splits import SplitName
from training.fitting.run import TRAINING_FILE, TrainingRecord


def learned_cases(record: TrainingRecord, splits: Mapping[str, SplitName]) -> set[str]:
    """Return those of some cases that a model learned from.

    Args:
        record: How the model was made. One that names no cases goes by the splits.
        splits: Split of each case, by its id.
    """
    if record.cases is not None:
        return set(record.cases) & splits.keys()
    return {case for case, split in splits.items() if split in record.settings["splits"]}


def learned_cases_of(bundle: Path, splits: Mapping[str, SplitName]) -> set[str] | None:
    """Return the same of the model in a bundle; None where the bundle does not say.

    Raises:
        ValueError: The bundle's record is invalid.
    """
    path = bundle / TRAINING_FILE
    if not path.is_file():
        return None
    return learned_cases(TrainingRecord.model_validate_json(path.read_bytes()), splits)
