"""Grouped cross-validation: every patch scored by a model that never saw its case."""

from __future__ import annotations

import shutil
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.data.arrays import Patches
from training.data.splits import grouped_folds, require_splits
from training.errors import ConfigurationError, RunError
from training.fitting.callbacks import CHECKPOINTS, Checkpoint
from training.fitting.config import CONFIG_FILE, TrainConfig
from training.fitting.learned import learned_cases_of
from training.fitting.run import FACTS_FILE, HISTORY_FILE, MODEL_FILE, start_run
from training.fitting.teacher import is_out_of_fold
from training.fitting.train import Fold, fit, prediction_table, score

OUT_OF_FOLD_FILE = "out_of_fold.parquet"


def cross_validate(
    like: Path, patches: Patches, *, splits: set[str], folds: int, out: Path
) -> pd.DataFrame:
    """Train one model a fold for a fixed number of epochs and score the cases left out.

    No fold selects its epoch on the cases that it scores, so the out-of-fold logits are fit for
    calibration. A finished fold is not trained again, so an interrupted call resumes. A fold with
    the same training patches as the repeated run is not trained again either, unless that run
    stopped early.

    Args:
        like: run whose settings every fold repeats.
        patches: the prepared data set.
        splits: which published splits take part.
        folds: number of folds; each case lies in one.
        out: folder that receives a run per fold and ``out_of_fold.parquet``.

    Returns:
        Columns case_id, x, y, label, logit, fold: one row a patch.

    Raises:
        RunError: there is no such finished run, or ``out`` holds folds of other settings.
        ConfigurationError: there is no such split, or the run has a teacher that may have seen
            the cases to be scored.
    """
    require_splits(splits)
    config = TrainConfig.load(like)
    chosen = np.flatnonzero(np.isin(patches.splits, sorted(splits)))
    _require_fair_teacher(config, patches, chosen, like)
    _require_finished(like, config)
    fold_of = assign_folds(patches, chosen, folds=folds, seed=config.seed)
    tables = []
    for number in range(folds):
        held_out = chosen[fold_of == number]
        run = out / f"fold_{number}"
        learned = np.flatnonzero(np.isin(patches.splits, config.splits))
        if config.patience is None and np.array_equal(chosen[fold_of != number], learned):
            _reuse(like, run)
        table = _fold_table(config, patches, chosen[fold_of != number], held_out, run)
        tables.append(table.assign(fold=number))
    out_of_fold = pd.concat(tables, ignore_index=True)
    out_of_fold.to_parquet(out / OUT_OF_FOLD_FILE)
    return out_of_fold


def fold_runs(folds: Path) -> list[Path]:
    """Return the runs of a finished cross-validation.

    Raises:
        RunError: ``folds`` holds none that is finished.
    """
    runs = sorted(folds.glob("fold_*"))
    if not runs or not (folds / OUT_OF_FOLD_FILE).is_file():
        raise RunError(f"{folds} is not finished: run `cross-validate` to its end")
    return runs


def _require_fair_teacher(
    config: TrainConfig, patches: Patches, chosen: NDArray[np.int64], like: Path
) -> None:
    """Refuse a teacher that may have learned from cases which a fold holds out."""
    if config.distill_from is None or is_out_of_fold(Path(config.distill_from)):
        return
    splits = dict(zip(patches.case_ids[chosen], patches.splits[chosen], strict=True))
    try:
        seen = learned_cases_of(Path(config.distill_from), splits)
    except ValueError:
        seen = None
    if seen is None or seen:
        raise ConfigurationError(
            f"{like} learned from {config.distill_from}, which {'has' if seen else 'may have'} "
            "seen the cases that the folds hold out: distil from the out_of_fold.parquet of an "
            "earlier `cross-validate`"
        )


def _require_finished(like: Path, config: TrainConfig) -> None:
    missing = [name for name in (FACTS_FILE, MODEL_FILE) if not (like / name).is_file()]
    if missing:
        raise RunError(
            f"{like} is not finished, {' and '.join(missing)} is missing: finish it with "
            f"`train {config.dataset} --resume --out {like}`"
        )


def assign_folds(
    patches: Patches, chosen: NDArray[np.int64], *, folds: int, seed: int
) -> NDArray[np.int64]:
    """Return the fold of each chosen patch, int64 ``(M,)``.

    If the published validation list is included it is fold 0, so that the model of that fold is
    also the one by which candidates are compared. The other cases share the remaining folds.

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
    if not (run / CONFIG_FILE).is_file():
        start_run(config, run)
    elif TrainConfig.load(run) != config:
        raise RunError(f"{run} was made with other settings: choose another --out")
    if predictions.is_file():
        table = pd.read_parquet(predictions)
        if set(table["case_id"]) != set(patches.case_ids[held_out]):
            raise RunError(f"{run} held out other cases: choose another --out")
        return table
    keras.backend.clear_session()
    model = fit(config, patches, Fold(train, np.empty(0, np.int64)), run)
    table = prediction_table(patches, held_out, score(model, config, patches, held_out))
    table.to_parquet(predictions)
    return table


def _reuse(like: Path, run: Path) -> None:
    """Start a fold from the checkpoint of a run that learned from the same patches."""
    if run.exists() or not Checkpoint.last_step(like):
        return
    shutil.copytree(like / CHECKPOINTS, run / CHECKPOINTS)
    for name in (CONFIG_FILE, HISTORY_FILE):
        shutil.copy(like / name, run / name)
