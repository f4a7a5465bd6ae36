"""An exported, evaluated bundle with all its reports, and the rendering of templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from jinja2 import Environment, StrictUndefined, TemplateError
from pydantic import TypeAdapter, ValidationError

from hf_space.bundle.config import METRICS_FILE, REPORTS
from hf_space.bundle.load import Bundle, load_bundle
from hf_space.errors import BundleError
from training.errors import ConfigurationError, RunError
from training.evaluation.bootstrap import REPLICATES
from training.evaluation.calibrate import CALIBRATION_FILE, CalibrationResult
from training.evaluation.compare import CANDIDATES_FILE, Candidate, Candidates
from training.fitting.run import TRAINING_FILE, TrainingRecord
from training.metrics import ECE_BINS

PLOTS: Final = ("roc.png", "pr.png", "reliability.png", "scores.png")
"""Plots the card shows where the bundle has them; none of them shows tissue."""

SHIFT_TITLES: Final = {
    "clean": "as they are",
    "jpeg_90": "JPEG, quality 90",
    "jpeg_75": "JPEG, quality 75",
    "jpeg_50": "JPEG, quality 50",
    "blur_1.0": "Gaussian blur, σ 1 px",
    "blur_1.5": "Gaussian blur, σ 1.5 px",
    "brightness_1.2": "brightness x 1.2",
    "warm_light": "warm light",
    "right_angle": "turned by a right angle",
    "bfloat16": "computed in bfloat16",
}
"""Title of each row of ``robust.json``."""

SPREAD_METRICS: Final = ("roc_auc", "balanced_accuracy", "recall", "specificity", "f1")
_QUANTILES: Final = (0, 25, 50, 75, 100)
_DIGITS: Final = 3

METRIC_TITLES: Final = {
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1 of IDC",
    "precision": "precision",
    "recall": "sensitivity",
    "specificity": "specificity",
    "accuracy": "accuracy",
    "brier": "Brier score",
    "ece": "expected calibration error",
}
"""Title of each metric of ``metrics.json``, in the order of the card's table."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything known about a model.

    Attributes:
        bundle: The verified bundle.
        metrics: Content of ``metrics.json``.
        training: How it was trained.
        calibration: How it was calibrated, with the out-of-fold figures.
        candidates: The candidates it was chosen from; empty if none were compared.
        reports: Content of the files of `REPORTS`, by name; None where a file is missing.
    """

    bundle: Bundle
    metrics: dict[str, Any]
    training: TrainingRecord
    calibration: CalibrationResult
    candidates: list[Candidate]
    reports: dict[str, dict[str, Any] | None]


def measured_bundle(folder: Path) -> Measured:
    """Load a bundle that has been evaluated.

    Raises:
        RunError: The bundle is damaged, or a file that `export` or `evaluate` writes is missing.
    """
    try:
        bundle = load_bundle(folder)
    except BundleError as error:
        raise RunError(str(error)) from error
    if bundle.metrics is None:
        raise RunError(
            f"{folder} has no {METRICS_FILE}, and a card without figures says nothing: write it "
            f"with `evaluate {folder} SOURCE --json {folder / METRICS_FILE}`"
        )
    _check_revision(bundle.metrics, bundle, METRICS_FILE, "evaluate")
    candidates = folder / CANDIDATES_FILE
    return Measured(
        bundle=bundle,
        metrics=bundle.metrics,
        training=_read(folder / TRAINING_FILE, TypeAdapter(TrainingRecord)),
        calibration=_read(folder / CALIBRATION_FILE, TypeAdapter(CalibrationResult)),
        candidates=_read(candidates, Candidates) if candidates.is_file() else [],
        reports={name: _report(bundle, name) for name in REPORTS},
    )


def environment() -> Environment:
    """Return the environment for templates of cards and documents, strict about unknown names."""
    found = Environment(  # noqa: S701 -- Markdown of our own figures, not HTML
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    found.filters.update(
        figure=figure, interval=interval, percent=percent, number=number, case_spread=case_spread
    )
    return found


def render(source: str, measured: Measured, *, name: str, **more: object) -> str:
    """Fill a Jinja template with the bundle's facts and figures.

    The template sees ``config`` (the content of ``inference.json``), ``metrics`` (that of
    ``metrics.json``), ``outside``, ``robust`` and ``explain`` (each the content of its file, or
    None), ``training``, ``calibration``, ``candidates``, ``titles``, ``shifts``, ``plots``,
    ``ece_bins``, ``replicates``, and whatever ``more`` names.

    Raises:
        ConfigurationError: The template is wrong, or names a figure that the bundle lacks.
    """
    bundle = measured.bundle
    try:
        return (
            environment()
            .from_string(source)
            .render(
                config=bundle.config,
                metrics=measured.metrics,
                training=measured.training,
                calibration=measured.calibration,
                candidates=measured.candidates,
                titles=METRIC_TITLES,
                shifts=SHIFT_TITLES,
                ece_bins=ECE_BINS,
                replicates=REPLICATES,
                plots=[plot for plot in PLOTS if (bundle.path / "evaluation" / plot).is_file()],
                **measured.reports,
                **more,
            )
        )
    except (TemplateError, TypeError) as error:
        raise ConfigurationError(
            f"cannot render {name}: {error}; is {bundle.path / METRICS_FILE} from `evaluate`?"
        ) from error


def case_spread(cases: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Describe how each metric varies between cases.

    Args:
        cases: Metrics of each case; None where a metric is undefined.

    Returns:
        For each of `SPREAD_METRICS` the ``cases`` it is defined in, the ``quantiles`` (least,
        quarter, median, three quarters, greatest) and the three ``lowest`` cases.
    """
    spread = {}
    for metric in SPREAD_METRICS:
        values = {case: row[metric] for case, row in cases.items() if row.get(metric) is not None}
        if values:
            spread[metric] = {
                "cases": len(values),
                "quantiles": np.percentile(list(values.values()), _QUANTILES).tolist(),
                "lowest": sorted(values, key=lambda case: values[case])[:3],
            }
    return spread


def figure(value: float | None) -> str:
    """Write a figure with three digits, as in all of the documentation."""
    return "undefined" if value is None else f"{float(value):.{_DIGITS}f}"


def interval(ends: tuple[float | None, float | None] | None) -> str:
    """Write a 95 % interval, (low, high)."""
    if ends is None or None in ends:
        return "undefined"
    return f"{figure(ends[0])} to {figure(ends[1])}"


def percent(share: float | None) -> str:
    """Write a share, 0 to 1, as a percentage with one digit."""
    return "undefined" if share is None else f"{100 * share:.1f} %"


def number(value: int) -> str:
    """Write a count with separators."""
    return f"{value:,}"


def _check_revision(report: dict[str, Any], bundle: Bundle, name: str, command: str) -> None:
    if report.get("model", {}).get("revision") != bundle.config.revision:
        path = bundle.path / name
        raise RunError(f"{path} is of another revision: run `{command}` again")


def _report(bundle: Bundle, name: str) -> dict[str, Any] | None:
    path = bundle.path / REPORTS[name]
    if not path.exists():
        return None
    found = _read(path, TypeAdapter(dict[str, Any]))
    _check_revision(found, bundle, path.name, name)
    return found


def _read(path: Path, adapter: TypeAdapter[_T]) -> _T:
    try:
        return adapter.validate_json(path.read_bytes())
    except OSError as error:
        raise RunError(f"cannot read {path}: {error}; write it with `export`") from error
    except ValidationError as error:
        raise RunError(f"{path} is invalid: {error}") from error
