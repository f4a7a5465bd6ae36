"""The cases that a bundle's model learned from; figures on these do not generalise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from training.data.splits import SplitName
from training.fitting.run import TRAINING_FILE, TrainingRecord


def learned_cases(record: TrainingRecord, splits: Mapping[str, SplitName]) -> set[str]:
    """Return the cases, of those given, that a model learned from.

    Args:
        record: How the model was made. If it lists no cases, the splits are used.
        splits: Split of each case, by its id.
    """
    if record.cases is not None:
        return set(record.cases) & splits.keys()
    return {case for case, split in splits.items() if split in record.settings["splits"]}


def learned_cases_of(bundle: Path, splits: Mapping[str, SplitName]) -> set[str] | None:
    """Return the cases that a bundle's model learned from; None without a training record.

    Raises:
        ValueError: The bundle's record is invalid.
    """
    path = bundle / TRAINING_FILE
    if not path.is_file():
        return None
    return learned_cases(TrainingRecord.model_validate_json(path.read_bytes()), splits)
