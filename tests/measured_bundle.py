"""A tiny bundle with the figures that `evaluate` would write beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hf_space.bundle.config import METRICS_FILE, REPORTS
from hf_space.bundle.load import load_bundle
from tests.bundle_factory import write_bundle
from training.evaluation.assessment import Scored, report
from training.evaluation.calibrate import CALIBRATION_FILE, calibrate
from training.evaluation.compare import CANDIDATES_FILE, Candidate, Candidates
from training.evaluation.measured import SHIFT_TITLES
from training.fitting.config import TrainConfig
from training.fitting.run import TRAINING_FILE, TrainingRecord

CASES = 6
PATCHES_PER_CASE = 20
CANDIDATE = Candidate(
    name="first",
    backbone="efficientnetb0",
    weights="none",
    teacher="bundle",
    epochs=3,
    patches=900,
    minutes=12.4,
    validation_cases=2,
    validation_patches=40,
    roc_auc=0.91,
    balanced_accuracy=0.82,
    f1=0.73,
)


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
    settings = TrainConfig(dataset="", backbone="efficientnetv2b0", patches_per_case=77)
    record = TrainingRecord(settings=settings.published(), seconds=600, cases=("8863",))
    (folder / TRAINING_FILE).write_text(record.model_dump_json(), encoding="utf-8")
    calibration = calibrate(table.assign(fold=case % 3))
    (folder / CALIBRATION_FILE).write_text(calibration.model_dump_json(), encoding="utf-8")
    (folder / CANDIDATES_FILE).write_bytes(Candidates.dump_json([CANDIDATE]))
    return folder


def write_reports(folder: Path) -> None:
    """Write beside a bundle what `outside`, `robust` and `explain` would write there."""
    config = load_bundle(folder).config
    head = {
        "model": {"name": config.name, "revision": config.revision},
        "operating_point": config.default_operating_point,
    }
    shifted = {"roc_auc": 0.91, "sensitivity": 0.81, "specificity": 0.71, "flips": 0.035}
    moved = {"largest_change": 0.5, "percentile_99_of_change": 0.25}
    unknown = dict.fromkeys(("roc_auc", "sensitivity", "specificity"))
    shares = {"refused": 0.25, "withheld": 0.5, "warned": 0.0, "inconclusive": 0.0, "silent": 0.25}
    smears = {"images": 4, "labelled": 0, "positive": 0, **unknown, **shares}
    few = {"images": 9, "labelled": 9, "positive": 5, **shifted, **shares}
    many = {"images": 38, "labelled": 38, "positive": 33, **shifted, **shares}
    cancer = {"all": many, "0.8": few, "2": few}
    areas = {"deletion": 0.31, "insertion": 0.62}
    chances = {"corner_chance": 0.0625, "edge_chance": 0.4375}
    slide: dict[str, Any] = {
        "quadrants": {"windows": 5, "pairs": 20, "right": 0.75},
        "peaks": {"tiles": 9, "corner": 0.125, "edge": 0.5, **chances},
        "curves": {"map": areas, "random_head": areas, "random": areas},
        "borders": [
            {"distance": 1, "tiles": 2000, "error_rate": 0.28},
            {"distance": 2, "tiles": 0, "error_rate": None},
        ],
    }
    dataset = {"source": "drawn", "split": "val", "patches": 40, "cases": 2, "patches_per_case": 20}
    reports: dict[str, dict[str, Any]] = {
        "robust": {"dataset": dataset, "shifts": dict.fromkeys(SHIFT_TITLES, shifted | moved)},
        "outside": {"kinds": {"blood_smear": {"all": {}, "2": smears}, "breakhis": cancer}},
        "explain": {"slides": {"9000": slide, "9001": slide | {"curves": None}}},
    }
    for name, content in reports.items():
        (folder / REPORTS[name]).write_text(json.dumps(head | content), encoding="utf-8")
