"""`python -m training calibrate`: what it writes, and which tables it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tests.command_line import run_training
from training.evaluation.calibrate import CalibrationResult


def _out_of_fold(path: Path, count: int = 4000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, count)
    case = rng.integers(0, 20, count)
    table = pd.DataFrame(
        {
            "case_id": [f"c{number}" for number in case],
            "label": (rng.uniform(size=count) < expit(0.5 * logits)).astype(int),
            "logit": logits,
            "fold": case % 4,
        }
    )
    table.to_parquet(path)
    return table


@pytest.mark.parametrize("method", ["platt", "temperature"])
def test_calibrate_writes_what_export_reads(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    method: str,
) -> None:
    _out_of_fold(tmp_path / "oof.parquet")
    out = tmp_path / "calibration.json"
    arguments = [str(tmp_path / "oof.parquet"), "--out", str(out), "--method", method]
    assert run_training(monkeypatch, "calibrate", *arguments) == 0
    result = CalibrationResult.model_validate_json(out.read_bytes())
    assert result.calibration.method == method
    assert result.calibration.slope == pytest.approx(0.5, abs=0.05)
    assert result.thresholds.keys() == {"balanced", "high_sensitivity", "high_specificity"}
    assert f"{result.report.ece_after:.4f}" in capsys.readouterr().out


def test_case_weights_reach_the_calibration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = _out_of_fold(tmp_path / "oof.parquet")
    intercepts = {}
    for name, weight in (("plain", "1"), ("heavy", "3")):
        options = [f"{case_id}:1={weight}" for case_id in table["case_id"].unique()]
        arguments = [part for option in options for part in ("--case-weight", option)]
        out = tmp_path / f"{name}.json"
        assert (
            run_training(
                monkeypatch,
                *("calibrate", str(tmp_path / "oof.parquet"), "--out", str(out), *arguments),
            )
            == 0
        )
        intercepts[name] = json.loads(out.read_text())["calibration"]["intercept"]
    # Weighing a class by w moves the log odds by log w.
    assert intercepts["heavy"] - intercepts["plain"] == pytest.approx(np.log(3), abs=0.1)


@pytest.mark.parametrize("column", ["case_id", "label", "logit", "fold"])
def test_a_table_without_a_column_is_one_message(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    column: str,
) -> None:
    table = _out_of_fold(tmp_path / "oof.parquet", 200)
    table.drop(columns=column).to_parquet(tmp_path / "oof.parquet")
    out = tmp_path / "calibration.json"
    assert (
        run_training(monkeypatch, "calibrate", str(tmp_path / "oof.parquet"), "--out", str(out))
        == 2
    )
    assert column in capsys.readouterr().err
    assert not out.exists()


def test_a_table_with_other_labels_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = _out_of_fold(tmp_path / "oof.parquet", 200)
    table.assign(label=2 * table["label"]).to_parquet(tmp_path / "oof.parquet")
    out = tmp_path / "calibration.json"
    assert (
        run_training(monkeypatch, "calibrate", str(tmp_path / "oof.parquet"), "--out", str(out))
        == 2
    )
    assert "labels other than 0 and 1" in capsys.readouterr().err
