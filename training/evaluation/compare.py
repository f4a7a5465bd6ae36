"""Compares candidates, each by the validation patches of its own run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, TypeAdapter
from scipy.special import expit

from training.data.case_weights import sampling_weights
from training.errors import ConfigurationError, RunError
from training.evaluation.bootstrap import REPLICATES, draw_counts, interval
from training.fitting.config import TrainConfig
from training.fitting.run import VALIDATION_FILE, RunFacts, read_history
from training.metrics import Floats, ScoredPatches

CANDIDATES_FILE = "candidates.json"
_METRICS: Final = ("roc_auc", "balanced_accuracy", "f1")


class Difference(BaseModel):
    """How far a candidate is from the best one, on the same cases.

    Attributes:
        value: Its metric less the best one's.
        low: Lower end of the 95 % interval, of a bootstrap by case that draws the same cases for
            both; None where there is one case.
        high: Upper end of it. An interval that contains 0 shows no difference.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    low: float | None
    high: float | None


class Candidate(BaseModel):
    """A recipe and what it scored on the validation cases.

    Figures of several seeds are their means.

    Attributes:
        name: Name of the first run's folder.
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
        seeds: Seed of each run of the recipe.
        deviation: Standard deviation of each metric over several seeds; empty for one.
        difference: Of each metric from the first candidate; empty for that one.
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
    seeds: list[int] = []
    deviation: dict[str, float] = {}
    difference: dict[str, Difference] = {}


@dataclass(frozen=True, slots=True)
class _Judged:
    """The runs of one recipe.

    Attributes:
        config: Settings of the first.
        runs: Their folders.
        metrics: Each metric of each run, float64 (runs, 1 + replicates): first on all cases, then
            on each draw of them.
    """

    config: TrainConfig
    runs: list[Path]
    metrics: dict[str, Floats]

    def mean(self, metric: str) -> Floats:
        """Return a metric's mean over the runs, float64 (1 + replicates,)."""
        return np.asarray(self.metrics[metric].mean(axis=0))


Candidates = TypeAdapter(list[Candidate])


def compare(runs: Sequence[Path]) -> list[Candidate]:
    """Compare finished runs by the validation patches that they scored, best ROC AUC first.

    Runs that differ only in their seed are one candidate.

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
    judged = [_judged(group, dict(zip(runs, tables, strict=True))) for group in _by_recipe(runs)]
    judged.sort(key=lambda each: -each.mean("roc_auc")[0])
    return [_candidate(each, judged[0], tables[0]) for each in judged]


def _predictions(run: Path) -> pd.DataFrame:
    path = run / VALIDATION_FILE
    if not path.is_file():
        raise RunError(f"{run} has no {VALIDATION_FILE}: it is unfinished, or had no validation")
    return pd.read_parquet(path)


def _by_recipe(runs: Sequence[Path]) -> list[list[Path]]:
    """Group runs that differ in their seed only."""
    groups: dict[str, list[Path]] = {}
    for run in runs:
        recipe = replace(TrainConfig.load(run), seed=0)
        groups.setdefault(recipe.to_json(), []).append(run)
    return list(groups.values())


def _judged(runs: list[Path], tables: dict[Path, pd.DataFrame]) -> _Judged:
    config = TrainConfig.load(runs[0])
    scores = [_metrics(tables[run], config) for run in runs]
    return _Judged(
        config, runs, {name: np.stack([score[name] for score in scores]) for name in _METRICS}
    )


def _metrics(table: pd.DataFrame, config: TrainConfig) -> dict[str, Floats]:
    weights = sampling_weights(table["case_id"], table["label"], config.case_weights)
    patches = ScoredPatches(
        table["label"], expit(table["logit"]), case_ids=table["case_id"], weights=weights
    )
    # The same draws for every run, so that the same cases are compared.
    counts = draw_counts(len(patches.case_names), REPLICATES, seed=0)
    once, drawn = patches.metrics(0.5), patches.metrics(0.5, counts)
    return {name: np.concatenate([once[name], drawn[name]]) for name in _METRICS}


def _candidate(judged: _Judged, best: _Judged, table: pd.DataFrame) -> Candidate:
    config, settings = judged.config, judged.config.published()
    facts = [RunFacts.load(run) for run in judged.runs]
    metrics = {name: float(judged.mean(name)[0]) for name in _METRICS}
    several = len(judged.runs) > 1
    return Candidate(
        name=judged.runs[0].resolve().name,
        backbone=config.backbone,
        weights=settings["weights"],
        teacher=settings["distill_from"],
        epochs=len(read_history(judged.runs[0])) - config.head_epochs,
        patches=facts[0].patches,
        minutes=float(np.mean([each.seconds for each in facts])) / 60,
        validation_cases=table["case_id"].nunique(),
        validation_patches=len(table),
        seeds=[TrainConfig.load(run).seed for run in judged.runs],
        deviation={
            name: float(judged.metrics[name][:, 0].std(ddof=1)) for name in _METRICS if several
        },
        difference={} if judged is best else _difference(judged, best),
        **metrics,
    )


def _difference(judged: _Judged, best: _Judged) -> dict[str, Difference]:
    found = {}
    for name in _METRICS:
        values = judged.mean(name) - best.mean(name)
        low, high = (None if np.isnan(end) else end for end in interval(values[1:]))
        found[name] = Difference(value=float(values[0]), low=low, high=high)
    return found
