"""The average of runs: one network that has learned from all of their cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.bundle_factory import plain_image
from training.data.arrays import Patches
from training.errors import RunError
from training.fitting.average import average
from training.fitting.config import TrainConfig
from training.fitting.run import (
    FACTS_FILE,
    MODEL_FILE,
    RunFacts,
    TrainingRecord,
    measure_facts,
    start_run,
)

CONFIG = TrainConfig(dataset="data", weights="learned.weights.h5")


@pytest.fixture
def patches() -> Patches:
    """Five patches of four cases, the last of them a test case."""
    return Patches(
        images=np.stack([plain_image(red, 100, 100) for red in (200, 190, 180, 170, 160)]),
        labels=np.array([1, 0, 1, 0, 1]),
        case_ids=np.array(["1", "1", "2", "3", "4"]),
        x=np.zeros(5, np.int64),
        y=np.zeros(5, np.int64),
        splits=np.array(["train", "train", "val", "extension", "test"]),
    )


def write_run(
    run: Path, patches: Patches, cases: list[str], weight: float, config: TrainConfig = CONFIG
) -> Path:
    """Write a finished run whose network multiplies by a weight, and adds its half."""
    start_run(config, run)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.set_weights([np.array([[weight]]), np.array([weight / 2])])
    model.save(run / MODEL_FILE)
    facts = measure_facts(patches, np.flatnonzero(np.isin(patches.case_ids, cases)), seconds=60.0)
    (run / FACTS_FILE).write_text(facts.model_dump_json())
    return run


@pytest.fixture
def runs(tmp_path: Path, patches: Patches) -> list[Path]:
    """Three runs, of cases 1 and 2, 1 and 3, and 2 and 3."""
    learned = (["1", "2"], ["1", "3"], ["2", "3"])
    return [
        write_run(tmp_path / f"fold_{number}", patches, cases, weight)
        for number, (cases, weight) in enumerate(zip(learned, (1.0, 2.0, 6.0), strict=True))
    ]


def test_its_weights_are_the_mean_of_theirs(
    tmp_path: Path, runs: list[Path], patches: Patches
) -> None:
    average(runs, patches, tmp_path / "final")
    model = keras.saving.load_model(tmp_path / "final" / MODEL_FILE)
    kernel, bias = model.get_weights()
    np.testing.assert_array_equal(kernel, [[3.0]])
    np.testing.assert_array_equal(bias, [1.5])


def test_it_records_the_cases_of_all(tmp_path: Path, runs: list[Path], patches: Patches) -> None:
    out = tmp_path / "runs" / "final"
    average(runs, patches, out)
    facts, record = RunFacts.load(out), TrainingRecord.of(out)
    assert (facts.cases, facts.patches, facts.seconds) == (3, 4, 180.0)
    assert record.cases == ("1", "2", "3")
    assert record.averaged_runs == 3
    config = TrainConfig.load(out)
    assert config == replace(CONFIG, splits=("train", "val", "extension"), validation=None)
    assert facts.out_of_distribution.keys() == RunFacts.load(runs[0]).out_of_distribution.keys()


def test_nothing_but_the_new_run_is_written(
    tmp_path: Path, runs: list[Path], patches: Patches
) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    average(runs, patches, tmp_path / "final")
    assert {path.name for path in tmp_path.iterdir()} == before | {"final"}
    with pytest.raises(RunError, match="final already has a run"):
        average(runs, patches, tmp_path / "final")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 1}, "another seed than"),
        ({"epochs": 3, "backbone": "vgg16"}, "another backbone, epochs than"),
        ({"margin": 32}, "another margin than"),
    ],
)
def test_runs_of_other_settings_are_refused(
    tmp_path: Path, runs: list[Path], patches: Patches, change: dict[str, int | str], words: str
) -> None:
    other = replace(CONFIG, **change)  # type: ignore[arg-type]
    runs.append(write_run(tmp_path / "other", patches, ["1"], 1.0, other))
    with pytest.raises(RunError, match=words):
        average(runs, patches, tmp_path / "final")
    assert not (tmp_path / "final").exists()


def test_runs_from_random_weights_are_refused(tmp_path: Path, patches: Patches) -> None:
    config = replace(CONFIG, weights="none")
    runs = [write_run(tmp_path / name, patches, ["1"], 1.0, config) for name in ("a", "b")]
    with pytest.raises(
        RunError, match="random weights.*train data --config .*--validation none --out .*final`"
    ):
        average(runs, patches, tmp_path / "final")


@pytest.mark.parametrize("missing", [MODEL_FILE, FACTS_FILE])
def test_a_run_that_is_not_finished_is_refused(
    tmp_path: Path, runs: list[Path], patches: Patches, missing: str
) -> None:
    (runs[1] / missing).unlink()
    with pytest.raises(RunError, match="fold_1 is not finished"):
        average(runs, patches, tmp_path / "final")
    assert not (tmp_path / "final").exists()


def test_one_run_and_other_data_are_refused(
    tmp_path: Path, runs: list[Path], patches: Patches
) -> None:
    with pytest.raises(RunError, match="at least two"):
        average(runs[:1], patches, tmp_path / "final")
    few = replace(patches, case_ids=np.array(["1", "1", "1", "3", "4"]))
    with pytest.raises(RunError, match="lacks 1 cases .* such as 2"):
        average(runs, few, tmp_path / "final")
