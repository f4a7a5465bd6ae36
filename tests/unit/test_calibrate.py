from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from training.errors import DatasetError
from training.evaluation import calibrate as module
from training.evaluation.calibrate import (
    CalibrationResult,
    calibrate,
    fit_calibration,
    read_predictions,
)


def _table(count: int = 6000, *, slope: float = 0.6, intercept: float = -0.8) -> pd.DataFrame:
    """Simulate logits whose calibrated probability has this slope and intercept."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, count)
    case = rng.integers(0, 30, count)
    return pd.DataFrame(
        {
            "case_id": [f"c{number:02}" for number in case],
            "x": 0,
            "y": 0,
            "label": (rng.uniform(size=count) < expit(slope * logits + intercept)).astype(int),
            "logit": logits,
            "fold": case % 3,
        }
    )


def test_platt_recovers_slope_and_intercept() -> None:
    found = calibrate(_table(40_000)).calibration
    assert found.method == "platt"
    assert found.slope == pytest.approx(0.6, abs=0.03)
    assert found.intercept == pytest.approx(-0.8, abs=0.05)


def test_temperature_recovers_the_slope() -> None:
    found = calibrate(_table(40_000, intercept=0.0), method="temperature").calibration
    assert found.method == "temperature"
    assert found.slope == pytest.approx(0.6, abs=0.03)
    assert found.intercept == 0


def test_weights_undo_a_thinned_class() -> None:
    table = _table(40_000)
    thinned = table[(table["label"] == 1) | (np.arange(len(table)) % 10 == 0)]
    weights = np.where(thinned["label"] == 0, 10.0, 1.0)
    found = calibrate(thinned, weights=weights).calibration
    assert found.intercept == pytest.approx(-0.8, abs=0.15)
    assert calibrate(thinned).calibration.intercept > 1


def test_calibration_lowers_error_and_likelihood_loss() -> None:
    report = calibrate(_table()).report
    assert report.ece_after < 0.03 < report.ece_before
    assert report.nll_after < report.nll_before
    assert (report.patches, report.cases, report.folds) == (6000, 30, 3)


def test_the_prevalence_counts_weighted_patches() -> None:
    table = _table()
    labels = table["label"].to_numpy()
    assert calibrate(table).report.prevalence == pytest.approx(labels.mean())
    weights = np.where(labels == 1, 0.1, 1.0)
    expected = 0.1 * labels.sum() / weights.sum()
    assert calibrate(table, weights=weights).report.prevalence == pytest.approx(expected)


def test_a_fold_is_never_judged_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    table = _table(900)
    # The logit encodes the fold, so that every fit shows which folds it used.
    table["logit"] += 1000 * table["fold"]
    seen = []

    def spy(labels: Any, logits: Any, weights: Any, method: Any) -> Any:
        seen.append(set(np.rint(logits / 1000).astype(int).tolist()))
        return fit_calibration(labels, logits - 1000 * np.rint(logits / 1000), weights, method)

    monkeypatch.setattr(module, "fit_calibration", spy)
    calibrate(table)
    assert seen == [{0, 1, 2}, {1, 2}, {0, 2}, {0, 1}]


def test_one_odd_fold_changes_how_others_are_judged_but_not_itself() -> None:
    table = _table(3000)
    before = calibrate(table).report.nll_after
    odd = table.assign(logit=np.where(table["fold"] == 2, table["logit"] + 4, table["logit"]))
    assert calibrate(odd).report.nll_after > before + 0.05


def test_the_report_is_near_what_the_points_were_chosen_for() -> None:
    report = calibrate(_table()).report.operating_points
    assert report["high_sensitivity"].sensitivity == pytest.approx(0.95, abs=0.02)
    balanced = report["balanced"]
    assert balanced.specificity > report["high_sensitivity"].specificity
    assert balanced.sensitivity == pytest.approx(balanced.specificity, abs=0.02)
    assert report["high_specificity"].specificity == pytest.approx(0.95, abs=0.02)
    assert balanced.error_rate_inside is not None
    assert balanced.error_rate_outside is not None
    assert balanced.error_rate_inside == pytest.approx(0.40, abs=0.05)
    assert balanced.error_rate_outside < 0.40


def test_classes_without_overlap_still_give_a_finite_result_that_json_holds() -> None:
    table = _table(60)
    table["label"] = (table["logit"] > 0).astype(int)
    table["logit"] += np.where(table["label"] == 1, 1.0, -1.0)
    result = calibrate(table)
    text = result.model_dump_json()
    assert "NaN" not in text
    assert CalibrationResult.model_validate_json(text) == result
    assert result.report.operating_points["balanced"].f1 == 1
    assert result.report.operating_points["balanced"].error_rate_inside is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"fold": None}, "lack"),
        ({"fold": 0}, "two folds"),
        ({"case_id": "one"}, "in two folds"),
        ({"logit": np.nan}, "not finite"),
        ({"label": 1}, "both classes"),
    ],
)
def test_a_table_that_does_not_fit_is_explained(change: dict[str, Any], why: str) -> None:
    table = _table(90).assign(**change)
    if change == {"fold": None}:
        table = table.drop(columns="fold")
    with pytest.raises(DatasetError, match=why):
        calibrate(table)


def test_logits_that_fall_with_the_label_are_refused() -> None:
    table = _table(900)
    with pytest.raises(DatasetError, match="do not rise"):
        calibrate(table.assign(logit=-table["logit"]))


def test_predictions_are_read_back(tmp_path: Path) -> None:
    _table(90).to_parquet(tmp_path / "oof.parquet")
    assert len(read_predictions(tmp_path / "oof.parquet")) == 90


def test_predictions_that_cannot_be_read_are_explained(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"absent\.parquet"):
        read_predictions(tmp_path / "absent.parquet")
    (tmp_path / "text.parquet").write_text("no table")
    with pytest.raises(DatasetError, match=r"text\.parquet"):
        read_predictions(tmp_path / "text.parquet")
