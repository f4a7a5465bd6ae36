"""A tiny bundle with the figures that `evaluate` would write beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from hf_space.inference.bundle import METRICS_FILE, load_bundle
from tests.bundle_factory import write_bundle
from training.assessment import Scored, report

CASES = 6
PATCHES_PER_CASE = 20


def write_measured_bundle(folder: Path) -> Path:
    """Write a bundle and the report of drawn scores; returns the folder.

    Every case is a complete slide; the last has no IDC, so that some metrics are undefined.
    """
    config = load_bundle(write_bundle(folder)).config
    rng = np.random.default_rng(0)
    count = CASES * PATCHES_PER_CASE
    case = np.repeat(np.arange(CASES), PATCHES_PER_CASE)
    place = np.tile(np.arange(PATCHES_PER_CASE), CASES)
    labels = np.where(case == CASES - 1, 0, np.tile([0, 1], count // 2))
    logits = 3.0 * labels - 1.5 + rng.normal(0, 1.5, count)
    table = pd.DataFrame(
        {
            "case_id": (case + 9000).astype(str),
            "x": 1 + 50 * (place % 5),
            "y": 1 + 50 * (place // 5),
            "label": labels,
            "logit": logits,
            "dihedral_logit": logits + 0.1,
        }
    )
    weights = {"9000": 0.5}
    metrics = report(Scored.of(table, config, weights), replicates=50)
    metrics["dataset"] = {"source": "drawn", "split": "test", "case_weights": weights}
    (folder / METRICS_FILE).write_text(json.dumps(metrics), encoding="utf-8")
    return folder
