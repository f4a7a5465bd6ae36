"""A tiny run through the command line: kill, resume, cross-validate, calibrate, export, serve."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from hf_space.bundle.config import METRICS_FILE
from hf_space.bundle.load import load_bundle
from hf_space.inference.engine import predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from tests.command_line import run_training
from tests.narrow_training import run, run_killed
from training.data.arrays import load_patches
from training.data.prepare import prepare
from training.fitting.callbacks import Checkpoint
from training.fitting.run import HISTORY_FILE, read_history

# VGG16 builds in a second; the head's dropout is the random layer that resuming must repeat.
OPTIONS = [
    "--backbone=vgg16",
    "--weights=none",
    "--size=32",
    "--margin=16",
    "--batch-size=2",
    "--epochs=3",
    # The second kill is within the epochs with pairs, the first one before them.
    # Rounding differs between processes, and AdamW makes whole steps of gradients near zero.
    "--learning-rate=0.00001",
]
# Of an epoch: 18 patches of three cases.
STEPS = 9


@pytest.fixture(scope="module")
def prepared(kaggle_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared") / "data"
    prepare(str(kaggle_tree), out, workers=1, progress=False)
    return out


@pytest.fixture(scope="module")
def finished(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    run(("train", prepared, "--out", folder, *OPTIONS))
    return folder


def test_a_run_killed_twice_resumes_to_the_same_result(
    prepared: Path, finished: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    command = ("train", prepared, "--out", folder)
    # Between the phases, and then in phase 2, a step after an epoch's checkpoint.
    run_killed(*command, *OPTIONS, after_steps=STEPS)
    assert Checkpoint.last_step(folder) == STEPS
    run_killed(*command, "--resume", after_steps=STEPS + 1)
    assert Checkpoint.last_step(folder) == 2 * STEPS
    assert not (folder / "model.keras").exists()

    run((*command, "--resume"))
    models = [keras.saving.load_model(path / "model.keras") for path in (finished, folder)]
    for left, right in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)
    left, right = (
        [{k: v for k, v in row.items() if k != "seconds"} for row in read_history(path)]
        for path in (finished, folder)
    )
    assert [row["epoch"] for row in right] == [0, 1, 2, 3]
    for one, other in zip(left, right, strict=True):
        assert one == pytest.approx(other, abs=1e-4, nan_ok=True)


def test_a_run_logs_every_epoch(finished: Path) -> None:
    rows = read_history(finished)
    names = {f"val_{n}" for n in ("roc_auc", "balanced_accuracy", "precision", "recall", "f1")}
    assert all(names < set(row) for row in rows)
    assert all({"precision", "recall", "f1", "loss", "val_loss"} < set(row) for row in rows)
    # The learning rate of phase 2 has decayed to zero at the end.
    assert rows[-1]["learning_rate"] == pytest.approx(0, abs=1e-8)
    assert list((finished / "tensorboard").rglob("events.*"))
    assert (finished / "learning_curve.png").stat().st_size > 5000


def test_a_second_run_in_the_same_folder_is_refused(
    prepared: Path,
    finished: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ("train", str(prepared), "--out", str(finished), *OPTIONS)
    assert run_training(monkeypatch, *command) == 2
    assert "already has a run" in capsys.readouterr().err


def test_from_folds_to_a_bundle_that_serves(prepared: Path, finished: Path, tmp_path: Path) -> None:
    folds, bundle = tmp_path / "folds", tmp_path / "bundle"
    cross_validate = ("cross-validate", prepared, "--like", finished, "--out", folds, "--folds=3")
    run(cross_validate)
    table = pd.read_parquet(folds / "out_of_fold.parquet")
    patches = load_patches(prepared)
    chosen = patches.splits != "test"
    assert len(table) == chosen.sum()
    assert set(table["case_id"]) == set(patches.case_ids[chosen])
    assert table.groupby("case_id")["fold"].nunique().max() == 1
    # Fold 0 has the same training patches as the finished run, so it was not trained again.
    histories = [folder / HISTORY_FILE for folder in (folds / "fold_0", finished)]
    assert histories[0].read_text() == histories[1].read_text()
    again = tmp_path / "again.parquet"
    (folds / "out_of_fold.parquet").rename(again)

    calibration = tmp_path / "calibration.json"
    method = "--method=temperature"  # a random network's Platt slope may be negative
    bundle.mkdir()
    (bundle / METRICS_FILE).write_text('{"roc_auc": 0.99}')
    run(
        cross_validate,
        ("calibrate", folds / "out_of_fold.parquet", "--out", calibration, method),
        ("export", finished, "--calibration", calibration, "--out", bundle),
    )
    assert again.read_bytes() == (folds / "out_of_fold.parquet").read_bytes()
    assert not (bundle / METRICS_FILE).exists(), "figures of an earlier model were kept"
    loaded = load_bundle(bundle)
    assert loaded.config.training.cases == 3
    assert loaded.config.training.backbone == "vgg16"
    assert set(loaded.config.thresholds) == {
        "balanced",
        "high_sensitivity",
        "high_specificity",
    }

    validation = pd.read_parquet(finished / "validation.parquet")
    images = np.asarray(patches.images[patches.splits == "val"])
    served = predict_patches(OpenVinoEngine(loaded), loaded.config, images)
    np.testing.assert_allclose(served.logits, validation["logit"], atol=1e-4)
