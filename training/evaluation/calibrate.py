"""From out-of-fold logits to calibrated probabilities, thresholds and uncertain bands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict
from scipy.optimize import minimize_scalar
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from hf_space.bundle.calibration import Calibration, OperatingPoint
from training.errors import DatasetError
from training.evaluation.operating_points import (
    Flags,
    Labels,
    choose_operating_points,
    in_band,
    uncertain_report,
)
from training.evaluation.out_of_fold import GroupReport, group_reports
from training.metrics import Floats, binary_metrics

Method = Literal["platt", "temperature"]

CALIBRATION_FILE: Final = "calibration.json"
COLUMNS: Final = ("case_id", "label", "logit", "fold")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PointReport(_Frozen):
    """An operating point's figures on cases that were not used to choose it.

    Attributes:
        uncertain_fraction: Share of patches in the band.
        error_rate_inside: Share of wrong calls in the band if it is ignored; None when empty.
        error_rate_outside: The same outside of it.
    """

    sensitivity: float
    specificity: float
    precision: float | None
    f1: float
    uncertain_fraction: float
    error_rate_inside: float | None
    error_rate_outside: float | None


class CalibrationReport(_Frozen):
    """Quality before and after, all by weighted patches.

    Everything but `nll_before` and `ece_before` is cross-fitted: calibration, threshold and band
    come from the other folds each time.

    Attributes:
        prevalence: Share of the patches with IDC, which the probabilities assume.
        nll_before: Mean negative log-likelihood of the plain logits, nats.
        nll_after: The same of the calibrated logits.
        ece_before: Expected calibration error of the plain logits, 15 bins, 0 to 1.
        ece_after: The same of the calibrated logits.
        by_fold: Figures of each fold at the operating point `balanced`.
        by_case: The same of each case.
    """

    patches: int
    cases: int
    folds: int
    prevalence: float
    nll_before: float
    nll_after: float
    ece_before: float
    ece_after: float
    operating_points: dict[str, PointReport]
    by_fold: dict[str, GroupReport]
    by_case: dict[str, GroupReport]


class CalibrationResult(_Frozen):
    """The calibration that `export` puts into the bundle, with its quality."""

    calibration: Calibration
    thresholds: dict[str, OperatingPoint]
    report: CalibrationReport


def calibrate(
    predictions: pd.DataFrame, *, weights: ArrayLike | None = None, method: Method = "platt"
) -> CalibrationResult:
    """Fit calibration and operating points on all patches, and evaluate them fold by fold.

    Args:
        predictions: Out-of-fold predictions with the columns case_id, label (0 or 1), logit and
            fold; every patch was scored by a model that never saw its case.
        weights: Weight of each patch, above 0, shape (N,); default 1.
        method: ``platt`` fits slope and intercept (Platt 1999), ``temperature`` the slope only
            (Guo, ICML 2017).

    Raises:
        DatasetError: The table does not fit, a case lies in two folds, a class is missing, or
            the logits do not rise with the label.
    """
    _check(predictions)
    labels = predictions["label"].to_numpy().astype(np.int64)
    logits = predictions["logit"].to_numpy().astype(np.float64)
    mass = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)
    calibration = fit_calibration(labels, logits, mass, method)
    return CalibrationResult(
        calibration=calibration,
        thresholds=choose_operating_points(labels, calibration.logit(logits), mass),
        report=_report(predictions, labels, logits, mass, method),
    )


def fit_calibration(labels: Labels, logits: Floats, weights: Floats, method: Method) -> Calibration:
    """Maximise the weighted likelihood of labels given logits; arguments of shape (N,).

    Raises:
        DatasetError: A class is missing, or the logits do not rise with the label.
    """
    if len(np.unique(labels)) < 2:
        raise DatasetError("calibration needs patches of both classes in every training fold")
    fit = {"platt": _platt, "temperature": _temperature}[method]
    slope, intercept = fit(labels, logits, weights)
    if slope <= 0:
        raise DatasetError("the logits do not rise with the label: there is nothing to calibrate")
    return Calibration(method=method, slope=slope, intercept=intercept)


def read_predictions(path: Path) -> pd.DataFrame:
    """Read a table of out-of-fold predictions.

    Raises:
        DatasetError: The file is missing, is no parquet table, or the table does not fit.
    """
    try:
        predictions = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DatasetError(f"cannot read the predictions {path}: {error}") from error
    _check(predictions)
    return predictions


def _platt(labels: Labels, logits: Floats, weights: Floats) -> tuple[float, float]:
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
    model.fit(logits[:, None], labels, sample_weight=weights)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _temperature(labels: Labels, logits: Floats, weights: Floats) -> tuple[float, float]:
    def loss(power: float) -> float:
        return _nll(labels, np.exp(power) * logits, weights)

    found = minimize_scalar(loss, bounds=(-5.0, 5.0), method="bounded", options={"xatol": 1e-8})
    return float(np.exp(found.x)), 0.0


def _nll(labels: Labels, logits: Floats, weights: Floats) -> float:
    return float(np.average(np.logaddexp(0.0, logits) - labels * logits, weights=weights))


def _ece(labels: Labels, logits: Floats, weights: Floats) -> float:
    return binary_metrics(labels, expit(logits), threshold=0.5, weights=weights)["ece"]


@dataclass(frozen=True, slots=True)
class _Calls:
    """The calls of an operating point, bool (N,) each."""

    malignant: Flags
    uncertain: Flags


def _cross_fit(
    labels: Labels, logits: Floats, folds: NDArray[np.int64], weights: Floats, method: Method
) -> tuple[Floats, dict[str, _Calls]]:
    """Calibrate and call each fold with the choices of the other folds."""
    after = np.empty(len(logits))
    calls: dict[str, _Calls] = {}
    for fold in np.unique(folds):
        rest, own = folds != fold, folds == fold
        calibration = fit_calibration(labels[rest], logits[rest], weights[rest], method)
        after[own] = calibration.logit(logits[own])
        probabilities = calibration.probability(logits[own])
        points = choose_operating_points(
            labels[rest], calibration.logit(logits[rest]), weights[rest]
        )
        for name, point in points.items():
            blank = _Calls(np.zeros(len(logits), np.bool_), np.zeros(len(logits), np.bool_))
            found = calls.setdefault(name, blank)
            found.malignant[own] = probabilities >= point.threshold
            found.uncertain[own] = in_band(point, probabilities)
    return after, calls


def _report(
    predictions: pd.DataFrame, labels: Labels, logits: Floats, weights: Floats, method: Method
) -> CalibrationReport:
    folds = predictions["fold"].to_numpy()
    after, calls = _cross_fit(labels, logits, folds, weights, method)
    case_ids = predictions["case_id"].to_numpy().astype(np.str_)
    by_fold, by_case = (
        group_reports(
            groups,
            case_ids=case_ids,
            labels=labels,
            logits=after,
            malignant=calls["balanced"].malignant,
            weights=weights,
        )
        for groups in (folds.astype(np.str_), case_ids)
    )
    return CalibrationReport(
        patches=len(labels),
        cases=predictions["case_id"].nunique(),
        folds=len(np.unique(folds)),
        prevalence=float(np.average(labels, weights=weights)),
        nll_before=_nll(labels, logits, weights),
        nll_after=_nll(labels, after, weights),
        ece_before=_ece(labels, logits, weights),
        ece_after=_ece(labels, after, weights),
        operating_points={
            name: _point_report(labels, found, weights) for name, found in calls.items()
        },
        by_fold=by_fold,
        by_case=by_case,
    )


def _point_report(labels: Labels, calls: _Calls, weights: Floats) -> PointReport:
    metrics = binary_metrics(labels, calls.malignant, threshold=0.5, weights=weights)
    band = uncertain_report(calls.malignant != (labels == 1), calls.uncertain, weights)
    values = {
        "sensitivity": metrics["recall"],
        "specificity": metrics["specificity"],
        "precision": metrics["precision"],
        "f1": metrics["f1"],
        "uncertain_fraction": band["fraction"],
        "error_rate_inside": band["error_rate_inside"],
        "error_rate_outside": band["error_rate_outside"],
    }
    # JSON has no NaN: a rate over no patches is null.
    return PointReport.model_validate(
        {name: None if np.isnan(value) else value for name, value in values.items()}
    )


def _check(predictions: pd.DataFrame) -> None:
    missing = set(COLUMNS) - set(predictions.columns)
    if missing:
        raise DatasetError(
            f"the predictions lack {sorted(missing)}: calibrate needs the out-of-fold table that "
            "`cross-validate` writes"
        )
    if not predictions["label"].isin((0, 1)).all():
        raise DatasetError("the predictions hold labels other than 0 and 1")
    if predictions["fold"].nunique() < 2:
        raise DatasetError("calibration needs at least two folds")
    if (predictions.groupby("case_id")["fold"].nunique() > 1).any():
        raise DatasetError("a case lies in two folds: these are no out-of-fold predictions")
    if not np.isfinite(predictions["logit"].to_numpy()).all():
        raise DatasetError("the predictions hold logits that are not finite")
