"""The notebook goes from patches to a bundle, here on drawn ones and with a narrow network."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest

from tests.narrow_training import ROOT
from tests.notebooks import OWN_FOLDERS, executed, outputs
from tests.synthetic import write_kaggle_tree
from training.data.splits import PUBLISHED
from training.evaluation.plots import PLOT_NAMES

NOTEBOOK = ROOT / "notebooks" / "training.ipynb"
CASES = [*PUBLISHED["train"][:6], *PUBLISHED["val"][:3], *PUBLISHED["test"][:3]]
_NARROW = "from tests.narrow_training import narrow_vgg16\n\nnarrow_vgg16()"
_TRAIN = [
    *("--backbone=vgg16", "--weights=none", "--size=32", "--margin=0", "--batch-size=8"),
    *("--epochs=1", "--learning-rate=0.001"),
]


@pytest.fixture(autouse=True)
def _no_files_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OWN_FOLDERS:
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


def test_the_notebook_goes_from_patches_to_a_bundle_that_plain_keras_uses(tmp_path: Path) -> None:
    # Of the last case the notebook takes nothing.
    write_kaggle_tree(tmp_path / "archive", [*CASES, PUBLISHED["test"][-1]], 3)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (settings,) = (cell for cell in notebook.cells if "ON_KAGGLE =" in cell.source)
    settings.source += (
        f'\nDATA = "{tmp_path / "archive"}"\nTRAIN = {_TRAIN}\n'
        'CALIBRATE = ["--method", "temperature"]'
    )
    notebook.cells.insert(0, nbformat.v4.new_code_cell(_NARROW))
    executed(notebook, tmp_path, PYTHONPATH=str(ROOT))
    work = tmp_path / "notebooks" / "work"
    metrics = json.loads((work / "bundle" / "metrics.json").read_text())
    assert metrics["cases"].keys() == set(PUBLISHED["test"][:3])
    assert metrics["patches"] == 18
    # The contact sheet, the augmentation, the learning curve, and the plots of the evaluation.
    assert len(outputs(notebook, "image/png")) == 3 + len(PLOT_NAMES)
    shown = "\n".join(outputs(notebook, "text/plain"))
    assert f"{metrics['average_precision']:.3f}" in shown
    printed = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    pairs = re.findall(r"png: (0\.\d+), by the service's engine (0\.\d+)", printed)
    assert len(pairs) == 4
    assert all(abs(float(one) - float(other)) <= 0.001 for one, other in pairs)
    assert "Research use only" in outputs(notebook, "text/markdown")[-1]


def test_the_notebook_holds_no_results_and_says_where_the_data_lie() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    text = "".join(line for cell in cells for line in cell["source"])
    for said in ("/kaggle/input/breast-histopathology-images", "kagglehub", "Colab", "KAGGLE_KEY"):
        assert said in text
