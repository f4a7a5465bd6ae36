"""The training patches of a run, when it stops, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from typer.testing import CliRunner

from tests.bundle_factory import expected_probability, plain_image, write_bundle
from training.cli import app
from training.data.arrays import Patches, load_patches
from training.data.prepare import prepare
from training.errors import ConfigurationError, RunError
from training.fitting.callbacks import out_of_patience
from training.fitting.config import TrainConfig
from training.fitting.cross_validate import cross_validate
from training.fitting.model import ACTIVATION_MAP, build_model
from training.fitting.precision import in_float32, precision_of
from training.fitting.run import TRAINING_FILE, TrainingRecord, start_run
from training.fitting.train import make_examples, published_fold, run_training

CONFIG = TrainConfig(dataset="", splits=("train",), validation="val", balance_classes=False)
RED, GREEN = (200, 100, 100), (100, 200, 100)


@pytest.fixture
def patches() -> Patches:
    """Four patches: red with IDC and green without, two in train and two in val."""
    images = np.stack([plain_image(*colour) for colour in (RED, GREEN, RED, GREEN)])
    zeros = np.zeros(4, np.int64)
    return Patches(
        images=images,
        labels=np.array([1, 0, 1, 0]),
        case_ids=np.array(["1", "1", "2", "2"]),
        x=zeros,
        y=zeros,
        splits=np.array(["train", "train", "val", "val"]),
    )


def test_a_student_learns_the_mix_of_label_and_teacher(tmp_path: Path, patches: Patches) -> None:
    teacher = write_bundle(tmp_path / "teacher")
    config = replace(CONFIG, distill_from=str(teacher), distill_weight=0.7)
    targets = make_examples(config, patches, np.array([0, 1])).targets
    expected = [0.3 * 1 + 0.7 * expected_probability(*RED), 0.7 * expected_probability(*GREEN)]
    np.testing.assert_allclose(targets, expected, atol=1e-4)
    np.testing.assert_array_equal(make_examples(CONFIG, patches, np.array([0, 1])).targets, [1, 0])


def _write_table(path: Path, patches: Patches, logits: list[float]) -> Path:
    table = pd.DataFrame({"case_id": patches.case_ids, "x": patches.x, "y": patches.y})
    table.assign(logit=logits, fold=0)[: len(logits)].sample(frac=1, random_state=1).to_parquet(
        path
    )
    return path


def test_out_of_fold_teachers_are_matched_by_place(tmp_path: Path, patches: Patches) -> None:
    placed = replace(patches, x=np.array([0, 50, 0, 50]))
    teacher = _write_table(tmp_path / "out_of_fold.parquet", placed, [2.0, -1.0, 0.0, 3.0])
    config = replace(CONFIG, distill_from=str(teacher), distill_weight=0.5)
    targets = make_examples(config, placed, np.array([1, 0])).targets
    np.testing.assert_allclose(targets, [expit(-1) / 2, (1 + expit(2)) / 2], atol=1e-6)


def test_a_table_that_lacks_patches_is_no_teacher(tmp_path: Path, patches: Patches) -> None:
    placed = replace(patches, x=np.array([0, 50, 0, 50]))
    other = replace(placed, x=placed.x + 1)
    teacher = _write_table(tmp_path / "out_of_fold.parquet", other, [0.0] * 4)
    config = replace(CONFIG, distill_from=str(teacher))
    with pytest.raises(ConfigurationError, match="lacks 1 of the patches"):
        make_examples(config, placed, np.array([0]))


def test_folds_refuse_a_teacher_that_may_have_seen_their_cases(
    tmp_path: Path, patches: Patches
) -> None:
    start_run(replace(CONFIG, distill_from="runs/bundle"), tmp_path / "run")
    with pytest.raises(ConfigurationError, match="may have seen the cases"):
        cross_validate(
            tmp_path / "run", patches, splits={"train", "val"}, folds=3, out=tmp_path / "folds"
        )


def _teacher(folder: Path, *cases: str) -> Path:
    folder.mkdir()
    settings = CONFIG.published()
    record = TrainingRecord(settings=settings, seconds=1, cases=cases)
    (folder / TRAINING_FILE).write_text(record.model_dump_json())
    return folder


def test_folds_refuse_a_teacher_that_saw_their_cases_and_take_one_that_did_not(
    tmp_path: Path, patches: Patches
) -> None:
    for name, cases, message in (
        ("seen", ("2", "9"), "has seen the cases"),
        # Then the only error is that the run was never finished.
        ("other", ("9",), "is not finished"),
    ):
        teacher = _teacher(tmp_path / f"{name}_teacher", *cases)
        start_run(replace(CONFIG, distill_from=str(teacher)), tmp_path / name)
        with pytest.raises((ConfigurationError, RunError), match=message):
            cross_validate(
                tmp_path / name, patches, splits={"train", "val"}, folds=3, out=tmp_path / "folds"
            )


def test_folds_of_an_unfinished_run_are_refused(tmp_path: Path, patches: Patches) -> None:
    start_run(CONFIG, tmp_path / "run")
    with pytest.raises(RunError, match=r"facts\.json and model\.keras is missing: finish it"):
        cross_validate(
            tmp_path / "run", patches, splits={"train", "val"}, folds=3, out=tmp_path / "folds"
        )


def test_predictions_of_one_run_are_no_teachers_by_fold(tmp_path: Path, patches: Patches) -> None:
    table = pd.DataFrame({"case_id": patches.case_ids, "x": 0, "y": 0, "logit": 0.0})
    table.to_parquet(tmp_path / "validation.parquet")
    config = replace(CONFIG, distill_from=str(tmp_path / "validation.parquet"))
    with pytest.raises(ConfigurationError, match="no teacher to distil from.*fold"):
        make_examples(config, patches, np.array([0]))


def test_a_teacher_that_is_no_bundle_is_named(tmp_path: Path, patches: Patches) -> None:
    config = replace(CONFIG, distill_from=str(tmp_path / "nothing"))
    with pytest.raises(ConfigurationError, match="no teacher to distil from"):
        make_examples(config, patches, np.array([0]))


def test_the_fold_takes_the_splits(patches: Patches) -> None:
    fold = published_fold(CONFIG, patches)
    assert (fold.train.tolist(), fold.validation.tolist()) == ([0, 1], [2, 3])
    assert not len(published_fold(replace(CONFIG, validation=None), patches).validation)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation": "vla"}, "no patches to validate on"),
        ({"splits": ("train", "val")}, "both learn and validate"),
    ],
    ids=["a typo would train without validation", "the epoch would be chosen on seen cases"],
)
def test_splits_that_make_no_sense_are_refused(
    patches: Patches, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        published_fold(replace(CONFIG, **changes), patches)  # type: ignore[arg-type]


def _history(*scores: float) -> list[dict[str, float]]:
    return [{"val_roc_auc": score} for score in scores]


@pytest.mark.parametrize(
    ("scores", "patience"), [((0.9, 0.8), 1), ((0.7, 0.9, 0.8, 0.85), 2), ((0.9, 0.9), 1)]
)
def test_training_stops_so_many_epochs_after_the_best(
    scores: tuple[float, ...], patience: int
) -> None:
    assert out_of_patience(_history(*scores), patience)


@pytest.mark.parametrize(
    ("scores", "patience"),
    [((), 1), ((0.9, 0.8), None), ((0.9, 0.8), 2), ((0.7, 0.9, 0.8, 0.95), 2)],
)
def test_training_goes_on_until_then(scores: tuple[float, ...], patience: int | None) -> None:
    assert not out_of_patience(_history(*scores), patience)


def test_a_run_that_could_not_begin_leaves_its_folder_free(
    kaggle_tree: Path, tmp_path: Path
) -> None:
    prepare(str(kaggle_tree), tmp_path / "data", workers=1, progress=False)
    config = TrainConfig(dataset=str(tmp_path / "data"), weights=str(tmp_path / "none.weights.h5"))
    for _ in range(2):
        with pytest.raises(RunError, match="no such weights file"):
            run_training(config, tmp_path / "run", resume=False)


def test_runs_that_start_together_on_fresh_data_both_work(
    kaggle_tree: Path, tmp_path: Path
) -> None:
    prepare(str(kaggle_tree), tmp_path / "data", workers=1, progress=False)
    start = threading.Barrier(4)

    def load(_: int) -> Patches:
        start.wait()
        return load_patches(tmp_path / "data")

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(load, range(4)))
    for patches in found:
        assert patches.images.shape == (30, 50, 50, 3)
        np.testing.assert_array_equal(patches.images, found[0].images)
        assert patches.images.std() > 10


def test_mixed_precision_needs_a_gpu() -> None:
    config = replace(CONFIG, mixed_precision=True)
    with (
        pytest.raises(ConfigurationError, match="needs a GPU"),
        precision_of(config),
    ):
        pass


def test_in_mixed_precision_weights_and_the_map_are_float32_and_so_is_what_is_saved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("training.fitting.precision.has_gpu", lambda: True)
    with precision_of(replace(CONFIG, mixed_precision=True)):
        mixed = build_model("efficientnetb0", input_size=32, margin=0)
    assert keras.config.dtype_policy().name == "float32"
    policies = {layer.dtype_policy.name for layer in mixed.layers}
    assert "mixed_float16" in policies
    assert mixed.get_layer(ACTIVATION_MAP).dtype_policy.name == "float32"
    assert {weight.dtype for weight in mixed.trainable_weights} == {"float32"}
    saved = in_float32(mixed)
    assert {layer.dtype_policy.name for layer in saved.layers} == {"float32"}
    for left, right in zip(mixed.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_tensorflow_says_nothing_about_missing_gpus(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training", "train", str(tmp_path), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 2
    assert done.stderr == f"error: {tmp_path} holds no data set; run `prepare` first\n"


def test_the_command_line_explains_a_missing_data_set(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["train", str(tmp_path), "--out", str(tmp_path / "run")])
    assert "run `prepare` first" in str(result.exception)
