"""The examples of docs/training.md run in their order, and those of `--help` are commands."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from typer.main import get_command

from hf_space.bundle.load import load_bundle
from hf_space.inference.engine import predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from tests.narrow_training import ROOT, run
from training import cli
from training.data.arrays import load_patches
from training.fitting.config import TrainConfig
from training.release.card import CARD_FILE

TEXT = (ROOT / "docs" / "training.md").read_text("utf-8")
PYTHON = ".venv/bin/python"
# The network and the folds of the examples take minutes; what is done is the same.
SHORT = {
    "train": ["--backbone=vgg16", "--size=32", "--margin=0"],
    "cross-validate": ["--folds=3"],
    # The slope of a network that learned nothing may be negative.
    "calibrate": ["--method=temperature"],
}
PLAIN_KERAS = """
import json, sys
import keras
import numpy as np

model = keras.saving.load_model(sys.argv[1])
print(json.dumps(np.asarray(model(np.load(sys.argv[2])))[:, 0].tolist()))
assert not {name.partition(".")[0] for name in sys.modules} & {"training", "hf_space"}
"""


def walk() -> list[list[str]]:
    """Return the commands of the part that tries everything without data, in their order."""
    part = TEXT.partition("## Try it without data")[2].partition("### 12.")[0]
    commands = []
    for block in re.findall(r"```bash\n(.*?)```", part, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith(f"{PYTHON} -m training ") and "hf_space/model" not in line:
                words = shlex.split(line)[3:]
                commands.append([*words, *SHORT.get(words[0], [])])
    return commands


def draw(folder: Path) -> None:
    """Run the example that draws the patches, with fewer of them."""
    (code,) = re.findall(r"<<'PY'\n(.*?)\nPY", TEXT, re.DOTALL)
    command = [sys.executable, "-c", code.replace("cases, 12)", "cases, 4)")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=folder, env=environment, check=True)  # noqa: S603


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the examples were run."""
    folder = tmp_path_factory.mktemp("walk")
    draw(folder)
    commands = walk()
    names = [words[0] for words in commands]
    assert names == [
        *("prepare", "augment", "train", "train", "train", "cross-validate", "calibrate"),
        *("export", "limits", "familiarity", "evaluate", "robust", "compare", "card"),
    ]
    run(*commands, cwd=folder)
    return folder


def test_the_examples_end_with_a_bundle_whose_card_is_right(walked: Path) -> None:
    bundle = load_bundle(walked / "runs" / "bundle")
    assert bundle.familiarity is not None
    assert bundle.metrics is not None
    assert bundle.metrics["cases_count"] == 3
    assert bundle.metrics["dataset"]["learned_cases"] == []
    card = (bundle.path / CARD_FILE).read_text("utf-8")
    figure = f"{bundle.metrics['average_precision']:.3f}"
    assert f"| average precision | {figure} |" in card
    assert bundle.config.revision in card
    assert f"{bundle.config.training.patches} patches of 6 cases" in card
    assert "JPEG, quality 75" in card
    candidates = json.loads((bundle.path / "candidates.json").read_text())
    # The second run differs in its seed only.
    assert [candidate["seeds"] for candidate in candidates] == [[0, 1]]
    first, second = (TrainConfig.load(walked / "runs" / name) for name in ("first", "second"))
    assert (first.seed, second.seed) == (0, 1)
    assert len(pd.read_parquet(walked / "runs" / "predictions.parquet")) == 24


def test_plain_keras_gives_the_service_s_probability(walked: Path) -> None:
    bundle = load_bundle(walked / "runs" / "bundle")
    patches = np.asarray(load_patches(walked / "data" / "tryout").images[:3])
    np.save(walked / "patches.npy", patches)
    file = bundle.path / "probability.keras"
    command = [sys.executable, "-I", "-c", PLAIN_KERAS, str(file), str(walked / "patches.npy")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    logits = predict_patches(OpenVinoEngine(bundle), bundle.config, patches).logits
    expected = bundle.config.calibration.probability(logits)
    np.testing.assert_allclose(json.loads(done.stdout), expected, atol=1e-4)
    whole = keras.saving.load_model(bundle.path / "model.keras")
    assert set(whole.output) == {"logit", "activation_map", "features"}


def examples() -> list[list[str]]:
    """Return the examples of all commands' help."""
    found = []
    for command in cli.app.registered_commands:
        assert command.callback is not None
        text = (command.callback.__doc__ or "").partition("Example: python -m training ")[2]
        found.append(shlex.split(" ".join(text.partition("\n\n")[0].split())))
    return found


@pytest.mark.parametrize("words", examples(), ids=lambda words: words[0])
def test_the_example_of_the_help_is_a_command(words: list[str]) -> None:
    group = get_command(cli.app)
    command = group.commands[words[0]]  # type: ignore[attr-defined]
    context = command.make_context(words[0], words[1:])
    assert context.params
