"""Candidates side by side, each judged by the validation patches of its own run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict, TypeAdapter
from scipy.special import expit

from training.data.case_weights import sampling_weights
from training.errors import ConfigurationError, RunError
from training.fitting.config import TrainConfig
from training.fitting.run import VALIDATION_FILE, RunFacts, read_history
from training.metrics import binary_metrics

CANDIDATES_FILE = "candidates.json"


class Candidate(BaseModel):
    """One run's recipe and what it scored on the validation cases.

    Attributes:
        name: Name of the run's folder.
        weights: What the backbone started from: ``imagenet``, ``none`` or a file's name.
        teacher: Name of the bundle that the run learned from, or None.
        epochs: Epochs in which the whole network learned.
        patches: Patches the run learned from.
        minutes: Training time.
        validation_cases: Cases it was judged by.
        validation_patches: Patches of these cases.
        roc_auc: On the validation patches, with the run's case weights, 0 to 1.
        balanced_accuracy: The same, at probability 0.5 of the class-balanced logit.
        f1: The same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    backbone: str
    weights: str
    teacher: str | None
    epochs: int
    patches: int
    minutes: float
    validation_cases: int
    validation_patches: int
    roc_auc: float
    balanced_accuracy: float
    f1: float


Candidates = TypeAdapter(list[Candidate])


def compare(runs: Sequence[Path]) -> list[Candidate]:
    """Judge finished runs by the validation patches that they scored, best ROC AUC first.

    Raises:
        RunError: A run is not finished, or had no validation cases.
        ConfigurationError: The runs were validated on different patches, or with other weights.
    """
    tables = [_predictions(run) for run in runs]
    keys = ["case_id", "x", "y"]
    for run, table in zip(runs, tables, strict=True):
        if not table[keys].equals(tables[0][keys]):
            raise ConfigurationError(f"{run} was validated on other patches than {runs[0]}")
    for run in runs:
        if TrainConfig.load(run).case_weights != TrainConfig.load(runs[0]).case_weights:
            raise ConfigurationError(f"{run} has other case weights than {runs[0]}")
    candidates = [_candidate(run, table) for run, table in zip(runs, tables, strict=True)]
    return sorted(candidates, key=lambda candidate: -candidate.roc_auc)


def _predictions(run: Path) -> pd.DataFrame:
    path = run / VALIDATION_FILE
    if not path.is_file():
        raise RunError(f"{run} has no {VALIDATION_FILE}: it is unfinished, or had no validation")
    return pd.read_parquet(path)


def _candidate(run: Path, table: pd.DataFrame) -> Candidate:
    config, facts = TrainConfig.load(run), RunFacts.load(run)
    settings = config.published()
    weights = sampling_weights(table["case_id"], table["label"], config.case_weights)
    metrics = binary_metrics(table["label"], expit(table["logit"]), threshold=0.5, weights=weights)
    return Candidate(
        name=run.resolve().name,
        backbone=config.backbone,
        weights=settings["weights"],
        teacher=settings["distill_from"],
        epochs=len(read_history(run)) - config.head_epochs,
        patches=facts.patches,
        minutes=facts.seconds / 60,
        validation_cases=table["case_id"].nunique(),
        validation_patches=len(table),
        roc_auc=metrics["roc_auc"],
        balanced_accuracy=metrics["balanced_accuracy"],
        f1=metrics["f1"],
    )
