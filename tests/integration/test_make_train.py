"""`make train` on drawn patches: its own commands, in one process and with a narrow network."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from hf_space.bundle.load import load_bundle
from tests.narrow_training import ROOT, run, write_weights
from tests.synthetic import write_kaggle_tree
from training.data.splits import PUBLISHED
from training.release.card import CARD_FILE

TRAIN = (
    "--backbone=vgg16 --size=32 --margin=0 --batch-size=8 "
    "--epochs=4 --learning-rate=0.001 --ema-momentum=0.5"
)
WEIGHTS = "learned.weights.h5"
EXTENSION = "99001"
CASES = [*PUBLISHED["train"][:6], *PUBLISHED["val"][:3], *PUBLISHED["test"][:3], EXTENSION]

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


def make(folder: Path, *options: str, data: str = "archive") -> subprocess.CompletedProcess[str]:
    """Run `make train` in a folder of its own; the environment counts as installed."""
    places = (f"DATA={folder / data}", f"PREPARED={folder / 'prepared'}", f"RUN={folder / 'run'}")
    command = ["make", "-o", "requirements.lock.txt", "-o", ".venv/.installed", *options, "train"]
    # What a make that runs the tests tells its own.
    environment = {key: value for key, value in os.environ.items() if "MAKE" not in key}
    return subprocess.run(  # noqa: S603
        [*command, *places, f"TRAIN_ARGS={TRAIN} --weights={folder / WEIGHTS}", "BIN=nowhere"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def steps(folder: Path) -> list[list[str]]:
    """Return the commands that `make train` has yet to run, word by word."""
    done = make(folder, "--dry-run")
    assert done.returncode == 0, done.stderr
    lines = map(shlex.split, done.stdout.replace("\\\n", " ").splitlines())
    return [words for words in lines if words and words[0] in ("nowhere/python", "mkdir", "cp")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which all steps were run."""
    folder = tmp_path_factory.mktemp("make")
    write_kaggle_tree(folder / "archive", CASES, 6)
    write_weights(folder / WEIGHTS)
    found = steps(folder)
    names = [words[3] if "training" in words else words[0] for words in found]
    assert names == [
        *("prepare", "train", "cross-validate", "average", "calibrate", "export", "limits"),
        *("familiarity", "compare", "evaluate", "robust", "explain", "mkdir", "cp", "card"),
    ]
    run(*(words[3:] for words in found[:-3]))
    for words in found[-3:-1]:
        subprocess.run(words, check=True)  # noqa: S603
    run(found[-1][3:])
    return folder


def test_it_ends_with_a_bundle_whose_card_is_right(made: Path) -> None:
    bundle = load_bundle(made / "run" / "bundle")
    assert bundle.metrics is not None
    assert bundle.metrics["dataset"]["split"] == "test"
    assert bundle.metrics["cases"].keys() == set(PUBLISHED["test"][:3])
    record = json.loads((bundle.path / "training.json").read_text())
    assert set(record["cases"]) == {*PUBLISHED["train"][:6], *PUBLISHED["val"][:3], EXTENSION}
    assert record["averaged_runs"] == 5
    card = (bundle.path / CARD_FILE).read_text("utf-8")
    assert "120 patches of 10 cases" in card
    assert bundle.config.revision in card
    assert f"| average precision | {bundle.metrics['average_precision']:.3f} |" in card
    for plot in ("roc.png", "pr.png", "reliability.png", "scores.png"):
        assert f"evaluation/{plot}" in card
    assert "JPEG, quality 75" in card


def test_scikit_learn_agrees_with_its_figures(made: Path) -> None:
    metrics = json.loads((made / "run" / "bundle" / "metrics.json").read_text())
    table = pd.read_parquet(made / "run" / "predictions.parquet")
    assert len(table) == 36
    found = roc_auc_score(table["label"], table["probability"])
    assert metrics["roc_auc"] == pytest.approx(found, abs=1e-6)
    found = average_precision_score(table["label"], table["probability"])
    assert metrics["average_precision"] == pytest.approx(found, abs=1e-6)


def test_what_is_done_is_not_done_again(made: Path) -> None:
    assert steps(made) == []


def test_other_data_need_other_folders(made: Path) -> None:
    done = make(made, data="other")
    assert done.returncode == 2
    assert "was not prepared from" in done.stderr
