"""The examples of the model's card give the service's probability."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import hf_space
from hf_space.inference.probe import DRAWN_PATCH
from tests.server import ROOT

CARD = (ROOT / "hf_space" / "model" / "README.md").read_text("utf-8")
SHOW = "print('probability', probability)\nassert abs(evidence.mean()) < 100\n"


def test_both_engines_give_the_services_probability_for_a_padded_patch(tmp_path: Path) -> None:
    prepare, *engines = re.findall(r"```python\n(.*?)```", CARD, re.DOTALL)
    assert ["keras" in engine for engine in engines] == [True, False]
    with Image.open(DRAWN_PATCH) as drawn:
        patch = np.asarray(drawn.convert("RGB"))[:40, :45]
    Image.fromarray(patch).save(tmp_path / "patch.png")
    (tmp_path / "hf_space").symlink_to(ROOT / "hf_space")
    done = subprocess.run(  # noqa: S603 -- our own card
        [sys.executable, "-c", prepare + SHOW.join([*engines, ""])],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with hf_space.load() as model:
        expected = model.predict(patch, microns_per_pixel=4, mode="patch").probability
    told = [float(each) for each in re.findall(r"probability (\S+)", done.stdout)]
    # Arithmetic in bfloat16 may change it by as much.
    assert told == pytest.approx([expected] * 2, abs=0.005)
