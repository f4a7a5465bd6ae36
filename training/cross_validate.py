"""Grouped cross-validation: every patch scored by a model that never saw its case."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.arrays import Patches
from training.config import CONFIG_FILE, TrainConfig
from training.errors import ConfigurationError
from training.run import start_run
from training.splits import grouped_folds
from training.train import Fold, fit, prediction_table, score

OUT_OF_FOLD_FILE = "out_of_fold.parquet"


def cross_validate(
    config: TrainConfig, patches: Patches, *, splits: set[str], folds: int, out: Path
) -> pd.DataFrame:
    """Train one model a fold for a fixed number of epochs and score the cases left out.

    No fold selects its epoch on the cases that it scores, so the out-of-fold logits are fit for
    calibration. A finished fold is not trained again, so an interrupted call goes on where it was.

    Args:
        config: settings of every fold.
        patches: the prepared data set.
        splits: which published splits take part.
        folds: number of folds; each case lies in one.
        out: folder that receives a run per fold and ``out_of_fold.parquet``.

    Returns:
        Columns case_id, x, y, label, logit, fold: one row a patch.
    """
    chosen = np.flatnonzero(np.isin(patches.splits, sorted(splits)))
    fold_of = assign_folds(patches, chosen, folds=folds, seed=config.seed)
    tables = []
    for number in range(folds):
        held_out = chosen[fold_of == number]
        run = out / f"fold_{number}"
        table = _fold_table(config, patches, chosen[fold_of != number], held_out, run)
        tables.append(table.assign(fold=number))
    out_of_fold = pd.concat(tables, ignore_index=True)
    out_of_fold.to_parquet(out / OUT_OF_FOLD_FILE)
    return out_of_fold


def assign_folds(
    patches: Patches, chosen: NDArray[np.int64], *, folds: int, seed: int
) -> NDArray[np.int64]:
    """Return the fold of each chosen patch, int64 ``(M,)``.

    Where the published validation list takes part it is fold 0, so that the model of that fold
    is also the one that candidates are compared by; the other cases share the remaining folds.

    Raises:
        ConfigurationError: fewer than three folds.
    """
    if folds < 3:
        raise ConfigurationError(f"cross-validation needs at least 3 folds, not {folds}")
    validation = patches.splits[chosen] == "val"
    fold_of = np.zeros(len(chosen), np.int64)
    first = int(validation.any())
    others = chosen[~validation]
    fold_of[~validation] = first + grouped_folds(
        patches.case_ids[others], patches.labels[others], n_folds=folds - first, seed=seed
    )
    return fold_of


def _fold_table(
    config: TrainConfig,
    patches: Patches,
    train: NDArray[np.int64],
    held_out: NDArray[np.int64],
    run: Path,
) -> pd.DataFrame:
    predictions = run / "predictions.parquet"
    if predictions.is_file():
        return pd.read_parquet(predictions)
    keras.backend.clear_session()
    if not (run / CONFIG_FILE).is_file():
        start_run(config, run)
    model = fit(config, patches, Fold(train, np.empty(0, np.int64)), run)
    table = prediction_table(patches, held_out, score(model, config, patches, held_out))
    table.to_parquet(predictions)
    return table
