"""The score of every patch, for other tools to work with."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from training.errors import ConfigurationError
from training.evaluation.assessment import Scored

_SUFFIXES = (".parquet", ".csv")


def require_table(path: Path) -> None:
    """Raise ConfigurationError if a file's name is not that of a table."""
    if path.suffix.lower() not in _SUFFIXES:
        raise ConfigurationError(f"{path} must end in {' or '.join(_SUFFIXES)}")


def write_predictions(table: pd.DataFrame, scored: Scored, path: Path) -> None:
    """Write the columns case, x, y, label, logit, probability and weight, one row a patch.

    With eight views there are also ``dihedral_logit`` and ``dihedral_probability``.

    Args:
        table: What `score_patches` returns.
        scored: The same patches with their weights.
        path: Parquet or CSV, by its ending.

    Raises:
        ConfigurationError: It has another ending.
    """
    require_table(path)
    found = table[["case_id", "x", "y", "label", "logit"]].rename(columns={"case_id": "case"})
    found = found.assign(probability=scored.probabilities, weight=scored.weights)
    if scored.dihedral_logits is not None:
        found["dihedral_logit"] = scored.dihedral_logits
        probabilities = scored.config.calibration.probability(scored.dihedral_logits)
        found["dihedral_probability"] = probabilities
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        found.to_csv(path, index=False)
    else:
        found.to_parquet(path, index=False)
