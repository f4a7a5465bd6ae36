"""Candidates are compared on the same patches, by the metrics of the project."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score
from typer.testing import CliRunner

from training.cli import app
from training.errors import ConfigurationError, RunError
from training.evaluation.bootstrap import draw_counts
from training.evaluation.compare import compare
from training.fitting.config import TrainConfig
from training.fitting.run import FACTS_FILE, HISTORY_FILE, VALIDATION_FILE, RunFacts, start_run

CONFIG = TrainConfig(dataset="/home/someone/prepared", epochs=2, weights="none")
OTHER = replace(CONFIG, dropout=0.5)


def _table(noise: float, *, shift: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 200)
    return pd.DataFrame(
        {
            "case_id": np.where(np.arange(200) < 100, "8867", "9000"),
            "x": np.arange(200) + shift,
            "y": 0,
            "label": label,
            "logit": 2 * label - 1 + rng.normal(0, noise, 200),
        }
    )


def _run(folder: Path, table: pd.DataFrame, config: TrainConfig = CONFIG) -> Path:
    start_run(config, folder)
    table.to_parquet(folder / VALIDATION_FILE)
    facts = RunFacts(cases=3, patches=900, seconds=90, out_of_distribution={})
    (folder / FACTS_FILE).write_text(facts.model_dump_json())
    (folder / HISTORY_FILE).write_text("epoch,loss\n0,0.5\n1,0.4\n2,0.3\n")
    return folder


def test_the_best_comes_first_with_its_recipe(tmp_path: Path) -> None:
    teacher = replace(CONFIG, distill_from="/home/someone/teacher", weights="/data/w.weights.h5")
    worse = _run(tmp_path / "worse", _table(2.0))
    better = _run(tmp_path / "better", _table(1.0), teacher)
    first, second = compare([worse, better])
    assert (first.name, second.name) == ("better", "worse")
    assert (first.teacher, first.weights) == ("teacher", "w.weights.h5")
    assert (second.teacher, second.weights) == (None, "none")
    assert (first.epochs, first.minutes, first.patches) == (2, 1.5, 900)
    assert (first.validation_cases, first.validation_patches) == (2, 200)


def test_figures_weigh_cases_as_the_run_says(tmp_path: Path) -> None:
    table = _table(1.5)
    run = _run(tmp_path / "run", table, replace(CONFIG, case_weights={"8867": 0.1}))
    (found,) = compare([run])
    weights = np.where(table["case_id"] == "8867", 0.1, 1.0)
    called = expit(table["logit"]) >= 0.5
    assert found.roc_auc == pytest.approx(
        roc_auc_score(table["label"], table["logit"], sample_weight=weights)
    )
    assert found.f1 == pytest.approx(f1_score(table["label"], called, sample_weight=weights))
    assert found.balanced_accuracy == pytest.approx(
        balanced_accuracy_score(table["label"], called, sample_weight=weights)
    )


def test_differences_have_intervals_of_the_same_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.evaluation.compare.REPLICATES", 50)
    table = _table(1.0)
    table["case_id"] = np.repeat([str(number) for number in range(20)], 10)
    other = table.assign(logit=table["logit"].where(table.index % 10 != 0, -table["logit"]))
    first, second = compare([_run(tmp_path / "a", table), _run(tmp_path / "b", other, OTHER)])
    assert (first.name, second.name, first.difference) == ("a", "b", {})
    gap = second.difference["roc_auc"]
    assert gap.value == pytest.approx(second.roc_auc - first.roc_auc)
    counts = draw_counts(20, 50, seed=0)
    case = table["case_id"].astype(int).to_numpy()
    drawn = []
    names = sorted(set(table["case_id"]))
    for row in counts:
        weights = row[[names.index(str(number)) for number in case]]
        scores = [
            roc_auc_score(each["label"], each["logit"], sample_weight=weights)
            for each in (other, table)
        ]
        drawn.append(scores[0] - scores[1])
    low, high = np.percentile(drawn, (2.5, 97.5))
    assert gap.low is not None
    assert gap.high is not None
    assert [gap.low, gap.high] == pytest.approx([low, high])
    assert gap.low < gap.value < gap.high


def test_seeds_of_one_recipe_are_one_candidate(tmp_path: Path) -> None:
    tables = [_table(1.0), _table(1.4)]
    runs = [
        _run(tmp_path / f"seed_{seed}", table, replace(CONFIG, seed=seed))
        for seed, table in enumerate(tables)
    ]
    runs.append(_run(tmp_path / "other", _table(3.0), OTHER))
    both, other = compare(runs)
    alone = [compare([run])[0] for run in runs]
    assert (both.name, both.seeds, other.seeds) == ("seed_0", [0, 1], [0])
    aucs = [candidate.roc_auc for candidate in alone[:2]]
    assert both.roc_auc == pytest.approx(np.mean(aucs))
    assert both.deviation["roc_auc"] == pytest.approx(np.std(aucs, ddof=1))
    assert other.deviation == {}
    assert other.difference["f1"].value == pytest.approx(alone[2].f1 - both.f1)


def test_other_patches_are_no_comparison(tmp_path: Path) -> None:
    runs = [_run(tmp_path / "a", _table(1.0)), _run(tmp_path / "b", _table(1.0, shift=1))]
    with pytest.raises(ConfigurationError, match="validated on other patches"):
        compare(runs)


def test_a_run_without_validation_is_refused(tmp_path: Path) -> None:
    start_run(CONFIG, tmp_path / "run")
    with pytest.raises(RunError, match="had no validation"):
        compare([tmp_path / "run"])


def test_the_file_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", _table(1.0), replace(CONFIG, weights="/home/someone/w.h5"))
    out = tmp_path / "out" / "candidates.json"
    result = CliRunner().invoke(app, ["compare", str(run), "--json", str(out)])
    assert result.exit_code == 0, result.output
    text = out.read_text()
    assert json.loads(text)[0]["name"] == "run"
    assert "someone" not in text
    assert "ROC AUC" in result.output
