"""Splits by case: no patch of one patient is ever on both sides of a split.

The published lists (84 training, 29 validation and 49 test cases) are those of Janowczyk and
Madabhushi, "Deep learning for digital pathology image analysis" (J. Pathol. Inform. 2016, 7:29),
and go back to Cruz-Roa et al. (Proc. SPIE 9041, 2014). Cases in no list extend the training set.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from training.errors import ConfigurationError, DatasetError

SplitName = Literal["train", "val", "test", "extension"]
SPLIT_NAMES: Final[tuple[SplitName, ...]] = ("train", "val", "test", "extension")
LEARNABLE: Final[tuple[SplitName, ...]] = ("train", "extension", "val")
"""All but the test cases, which no model may learn from."""

DATASET_KEY: Final[dict[SplitName, str]] = {
    "train": "train",
    "extension": "train",
    "val": "validation",
    "test": "test",
}
"""Key of the DatasetDict that holds each split."""


def _read_published() -> dict[str, tuple[str, ...]]:
    text = Path(__file__).with_name("published_split.json").read_text(encoding="utf-8")
    lists: dict[str, list[str]] = json.loads(text)
    return {name: tuple(sorted(cases)) for name, cases in lists.items()}


PUBLISHED: Final[dict[str, tuple[str, ...]]] = _read_published()
"""Case ids of the published `train`, `val` and `test` lists, each sorted as text."""

_SPLIT_OF_CASE: Final[dict[str, SplitName]] = {
    case_id: name for name in SPLIT_NAMES for case_id in PUBLISHED.get(name, ())
}


def split_of(case_id: str) -> SplitName:
    """Name the split a case belongs to; `extension` when no published list holds it."""
    return _SPLIT_OF_CASE.get(case_id, "extension")


def require_splits(names: Iterable[str]) -> None:
    """Raise ConfigurationError where a name is none of a split."""
    if unknown := set(names) - set(SPLIT_NAMES):
        raise ConfigurationError(
            f"no splits {sorted(unknown)}: choose from {', '.join(SPLIT_NAMES)}"
        )


def split_sha256() -> str:
    """Hash the published lists, independent of how their file is formatted (64 hex digits)."""
    canonical = json.dumps(PUBLISHED, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def grouped_folds(
    case_ids: Sequence[str] | NDArray[np.str_],
    labels: Sequence[int] | NDArray[np.integer],
    n_folds: int,
    seed: int,
) -> NDArray[np.int64]:
    """Give every patch a fold so that a case lies in one fold and classes are balanced.

    Args:
        case_ids: Case of each patch, length N.
        labels: Class of each patch (0 or 1), length N.
        n_folds: Number of folds, at least 2 and at most the number of cases.
        seed: Seed of the assignment; the same seed gives the same folds.

    Returns:
        Fold of each patch, shape (N,), int64, 0 to n_folds - 1; every fold has a patch.

    Raises:
        DatasetError: When there are fewer cases than folds or fewer than two folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    groups = np.asarray(case_ids)
    case_count = len(np.unique(groups))
    if not 2 <= n_folds <= case_count:
        message = f"{n_folds} folds need at least 2 folds and as many cases; there are {case_count}"
        raise DatasetError(message)
    splitter = StratifiedGroupKFold(n_splits=n_folds, shuffle=True, random_state=seed)
    folds = np.full(len(groups), -1, dtype=np.int64)
    placeholder = np.zeros((len(groups), 1), dtype=np.int8)
    for fold, (_, held_out) in enumerate(splitter.split(placeholder, np.asarray(labels), groups)):
        folds[held_out] = fold
    return folds
