"""`training familiarity`: limits from networks on cases that they never saw."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from hf_space.bundle.config import FAMILIARITY_FILE
from hf_space.bundle.familiarity import Familiarity
from hf_space.bundle.load import load_bundle
from hf_space.inference.warmup import warm_engine
from tests.bundle_factory import GRID, INPUT_SIZE, write_bundle
from tests.synthetic import write_kaggle_tree
from training.data.prepare import prepare
from training.data.splits import PUBLISHED
from training.errors import ConfigurationError, RunError
from training.evaluation.familiarity import FAMILIARITY_REPORT_FILE, FamiliarityReport
from training.fitting.config import CONFIG_FILE, TrainConfig
from training.fitting.model import ACTIVATION_MAP, FEATURES, LOGIT
from training.fitting.run import MODEL_FILE
from training.release.familiarity import write_familiarity

CASES = PUBLISHED["train"][:6]


def network() -> keras.Model:
    image = keras.Input((INPUT_SIZE, INPUT_SIZE, 3))
    cells = keras.layers.AveragePooling2D(INPUT_SIZE // GRID)(image)
    activation_map = keras.layers.Conv2D(1, 1)(cells)
    features = keras.layers.GlobalAveragePooling2D()(cells)
    logit = keras.layers.GlobalAveragePooling2D()(activation_map)
    return keras.Model(image, {LOGIT: logit, ACTIVATION_MAP: activation_map, FEATURES: features})


def write_folds(folder: Path, held_out: list[list[str]], **settings: int) -> Path:
    config = TrainConfig(dataset="", input_size=INPUT_SIZE, **({"margin": 0} | settings))  # type: ignore[arg-type]
    for number, cases in enumerate(held_out):
        run = folder / f"fold_{number}"
        run.mkdir(parents=True)
        (run / CONFIG_FILE).write_text(config.to_json())
        network().save(run / MODEL_FILE)
        pd.DataFrame({"case_id": cases}).to_parquet(run / "predictions.parquet")
    return folder


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_kaggle_tree(folder / "tree", list(CASES), 6)
    prepare(str(folder / "tree"), folder / "prepared")
    return folder / "prepared"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    unknown = Familiarity(np.ones(3), np.eye(3)[:1], np.ones(1), np.ones((2, 1)), np.array(1.0))
    return write_bundle(tmp_path / "bundle", unknown)


def test_the_command_writes_it_into_the_bundle(
    bundle: Path, prepared: Path, tmp_path: Path
) -> None:
    folds = write_folds(tmp_path / "folds", [list(CASES[start::3]) for start in range(3)])
    before = load_bundle(bundle).config
    report = write_familiarity(bundle, prepared, folds, splits=["train"])
    assert (report.patches, report.cases) == (72, 6)
    # Drawn patches of one kind: none of 72 is beyond one in fifty or in five hundred but the last.
    assert report.false_alarms["unfamiliar"] <= 0.02
    assert report.false_alarms["unlike_training"] == 0.0
    after = load_bundle(bundle)
    assert after.config.familiarity == report.limits
    assert after.config.revision != before.revision
    assert after.config.sha256[FAMILIARITY_FILE] != before.sha256[FAMILIARITY_FILE]
    content = (bundle / FAMILIARITY_REPORT_FILE).read_bytes()
    assert FamiliarityReport.model_validate_json(content) == report
    warm_engine("openvino", after)
    # Measured again, the same content has the same revision.
    write_familiarity(bundle, prepared, folds, splits=["train"])
    assert load_bundle(bundle).config.revision == after.config.revision


def test_each_limit_needs_cases_that_a_network_has_not_seen(
    bundle: Path, prepared: Path, tmp_path: Path
) -> None:
    folds = write_folds(tmp_path / "folds", [list(CASES[:2]), list(CASES[2:5])])
    with pytest.raises(RunError, match="12 of the patches"):
        write_familiarity(bundle, prepared, folds, splits=["train"])
    (folds / "fold_1" / "predictions.parquet").unlink()
    with pytest.raises(RunError, match="to its end"):
        write_familiarity(bundle, prepared, folds, splits=["train"])
    (folds / "fold_0" / MODEL_FILE).unlink()
    with pytest.raises(RunError, match="to its end"):
        write_familiarity(bundle, prepared, folds, splits=["train"])
    with pytest.raises(ConfigurationError, match="test"):
        write_familiarity(bundle, prepared, folds, splits=["test"])


def test_folds_of_other_inputs_are_refused(bundle: Path, prepared: Path, tmp_path: Path) -> None:
    folds = write_folds(tmp_path / "folds", [list(CASES)], margin=32)
    with pytest.raises(RunError, match="inputs of"):
        write_familiarity(bundle, prepared, folds, splits=["train"])


def test_a_network_without_features_is_refused(prepared: Path, tmp_path: Path) -> None:
    folds = write_folds(tmp_path / "folds", [list(CASES[start::3]) for start in range(3)])
    plain = write_bundle(tmp_path / "plain")
    with pytest.raises(RunError, match="no output `features`"):
        write_familiarity(plain, prepared, folds, splits=["train"])
