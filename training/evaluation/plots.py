"""Plots of an evaluation: curves with 95 % bands, reliability, confusion, scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from hf_space.bundle.calibration import OperatingPoint
from training.data.source import class_title
from training.evaluation.assessment import Scored, threshold_curve
from training.evaluation.bootstrap import draw_counts
from training.evaluation.reliability import reliability
from training.metrics import ECE_BINS, Floats, ScoredPatches, ratio

ACCENT: Final = "#5b3a8c"
MUTED: Final = "#8a8f98"
PLOT_NAMES: Final = ("roc", "pr", "reliability", "confusion", "scores", "thresholds")
"""Plots of figures alone; mosaics, which `evaluate` draws beside them, show tissue."""
DPI: Final = 300
_BAND_REPLICATES: Final = 300
_MARKERS: Final = ("o", "s", "^", "D", "v")
_GRID: Final = np.linspace(0, 1, 101)
_BAND_PERCENT: Final = (2.5, 97.5)


def write_plots(scored: Scored, folder: Path) -> None:
    """Write those of `PLOT_NAMES` as PNG files.

    Args:
        scored: The patches.
        folder: Made when it does not exist; files of the same name are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    patches, point, points = scored.patches(), scored.point, scored.config.thresholds
    negative, positive = scored.config.class_names
    names = class_title(negative), class_title(positive)
    figures = (
        roc_figure(patches, points),
        precision_recall_figure(patches, points),
        reliability_figure(patches),
        confusion_figure(patches, point, names),
        scores_figure(patches, point, names),
        threshold_figure(patches, point),
    )
    for name, figure in zip(PLOT_NAMES, figures, strict=True):
        figure.savefig(folder / f"{name}.png", dpi=DPI)


def roc_figure(patches: ScoredPatches, points: Mapping[str, OperatingPoint]) -> Figure:
    """Draw the ROC curve, its band by case, and the operating points."""

    def curve(counts: Floats | None) -> Floats:
        hits, alarms = patches.curve(counts)
        # Undefined draws (one class only) become NaN and are left out of the band.
        return np.interp(_GRID, ratio(alarms, alarms[-1:]), ratio(hits, hits[-1:]))

    figure, axes = _square("False positive rate (1 - specificity)", "True positive rate (recall)")
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=":")
    _band(axes, patches, curve)
    hits, alarms = patches.curve()
    axes.plot(ratio(alarms, alarms[-1:]), ratio(hits, hits[-1:]), color=ACCENT)
    axes.lines[-1].set_label("all patches")
    for name, marker in zip(points, cycle(_MARKERS)):
        metrics = _metrics(patches, points[name])
        axes.plot(1 - metrics["specificity"], metrics["recall"], marker, color=ACCENT)
        axes.lines[-1].set_label(_point_title(name, points[name]))
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    axes.set_title(f"ROC: area {_value(patches, 'roc_auc'):.3f}")
    return figure


def precision_recall_figure(patches: ScoredPatches, points: Mapping[str, OperatingPoint]) -> Figure:
    """Draw precision against recall, its band by case, and the operating points."""

    def curve(counts: Floats | None) -> Floats:
        hits, alarms = patches.curve(counts)
        recall, precision = ratio(hits, hits[-1:])[1:], ratio(hits, hits + alarms)[1:]
        return np.interp(_GRID, recall, precision, left=np.nan)

    figure, axes = _square("Recall (sensitivity)", "Precision")
    _band(axes, patches, curve)
    hits, alarms = patches.curve()
    axes.plot(ratio(hits, hits[-1:])[1:], ratio(hits, hits + alarms)[1:], color=ACCENT)
    axes.lines[-1].set_label("all patches")
    for name, marker in zip(points, cycle(_MARKERS)):
        metrics = _metrics(patches, points[name])
        axes.plot(metrics["recall"], metrics["precision"], marker, color=ACCENT)
        axes.lines[-1].set_label(_point_title(name, points[name]))
    axes.axhline(hits[-1] / (hits[-1] + alarms[-1]), color=MUTED, linewidth=0.8, linestyle=":")
    axes.lines[-1].set_label("share of IDC")
    axes.legend(loc="lower left", frameon=False, fontsize=8)
    axes.set_title(
        f"Precision and recall: average precision {_value(patches, 'average_precision'):.3f}"
    )
    return figure


def reliability_figure(patches: ScoredPatches) -> Figure:
    """Draw the observed share of IDC in each bin of probability, and the weight of each bin."""
    figure = Figure(figsize=(5, 6), layout="constrained")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    bins = reliability(patches)
    seen = [row for row in bins if row["patches"]]
    mean, share = (
        np.array([row[name] for row in seen]) for name in ("mean_probability", "observed")
    )
    ends = np.array([row["interval"] for row in seen])
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=":")
    # With few cases the estimate can be outside its percentile interval; errors are never negative.
    errors = np.maximum(np.nan_to_num([share - ends[:, 0], ends[:, 1] - share]), 0)
    axes.errorbar(
        mean, share, errors, fmt="o-", color=ACCENT, markersize=4, capsize=2, label="95 % interval"
    )
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    axes.set(xlim=(0, 1), ylim=(0, 1), ylabel="Observed share of IDC (weighted)")
    axes.set_title(f"Reliability: expected calibration error {_value(patches, 'ece'):.3f}")
    # Uses the same weights as the shares above.
    counts, lows = patches.bins.sum(axis=0)[:, 0], [row["low"] for row in bins]
    bars = below.bar(lows, counts, width=1 / ECE_BINS, align="edge", color=ACCENT, alpha=0.6)
    below.bar_label(bars, [_count(value) for value in counts], fontsize=5.5)
    below.set(xlabel="Calibrated probability of IDC", ylabel=_patches(patches), yscale="symlog")
    below.set_ylim(0, 5 * max(counts))
    _despine(axes, below)
    return figure


def confusion_figure(
    patches: ScoredPatches, point: OperatingPoint, class_names: tuple[str, str]
) -> Figure:
    """Draw the confusion matrix at an operating point: patches by weight, and shares of the row."""
    called = (patches.probabilities >= point.threshold).astype(np.int64)
    cells = 2 * patches.labels + called
    mass = np.bincount(cells, patches.weights, 4).astype(np.float64).reshape(2, 2)
    shares = ratio(mass, mass.sum(axis=1, keepdims=True))
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.imshow(np.nan_to_num(shares), cmap="Purples", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        text = f"{_count(mass[row, column])}\n"
        text += "" if np.isnan(share) else f"{share:.1%} of row"
        color = "white" if share > 0.5 else "black"
        axes.text(column, row, text, ha="center", va="center", color=color)
    axes.set(xlabel="Called", ylabel="Label")
    axes.set_xticks([0, 1], class_names)
    axes.set_yticks([0, 1], class_names, rotation=90, va="center")
    axes.set_title(f"{_patches(patches)} at threshold {point.threshold:.3f}")
    return figure


def scores_figure(
    patches: ScoredPatches, point: OperatingPoint, class_names: tuple[str, str]
) -> Figure:
    """Draw the histogram of probabilities of each class, with the threshold and its band."""
    figure = Figure(figsize=(6, 3.8), layout="constrained")
    axes = figure.subplots()
    edges = np.linspace(0, 1, 41).tolist()
    # Set before drawing: a log scale cannot be fitted to equal bars.
    axes.set(yscale="log", ylim=(0.01, 100))
    for label, color in ((0, MUTED), (1, ACCENT)):
        own = patches.labels == label
        total = patches.weights[own].sum()
        if total > 0:
            weights = 100 * patches.weights[own] / total
            values = patches.probabilities[own]
            name = f"{class_names[label]} ({_count(total)} {_patches(patches).lower()})"
            axes.hist(values, edges, weights=weights, color=color, alpha=0.6, label=name)
    _mark(axes, point)
    axes.set(xlim=(0, 1), xlabel="Calibrated probability of IDC")
    axes.set(ylabel="Share of the class (%, log scale)")
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    _despine(axes)
    return figure


def threshold_figure(patches: ScoredPatches, point: OperatingPoint) -> Figure:
    """Draw sensitivity, specificity and precision against the threshold."""
    figure = Figure(figsize=(6, 3.8), layout="constrained")
    axes = figure.subplots()
    curve = threshold_curve(patches)
    styles: dict[str, dict[str, Any]] = {
        "sensitivity": {"color": ACCENT},
        "specificity": {"color": MUTED},
        "precision": {"color": MUTED, "linestyle": "--"},
    }
    for name, style in styles.items():
        axes.plot([row["threshold"] for row in curve], [row[name] for row in curve], **style)
        axes.lines[-1].set_label(name)
    _mark(axes, point)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="Threshold on the calibrated probability")
    axes.set_ylabel("Share of patches (weighted)")
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    _despine(axes)
    return figure


def _metrics(patches: ScoredPatches, point: OperatingPoint) -> dict[str, float]:
    return {name: float(value[0]) for name, value in patches.metrics(point.threshold).items()}


def _value(patches: ScoredPatches, name: str) -> float:
    return float(patches.ranking_metrics()[name][0])


def _draws(patches: ScoredPatches) -> Floats:
    return draw_counts(len(patches.case_names), _BAND_REPLICATES, seed=0)


def _percentiles(draws: Floats, otherwise: Floats) -> tuple[Floats, Floats]:
    """Take percentiles down the columns of (R, K); without defined draws the fallback (K,)."""
    ends = [otherwise.copy(), otherwise.copy()]
    for column in np.flatnonzero(~np.isnan(draws).all(axis=0)) if len(draws) else ():
        low, high = np.nanpercentile(draws[:, column], _BAND_PERCENT)
        ends[0][column], ends[1][column] = low, high
    return ends[0], ends[1]


def _band(axes: Any, patches: ScoredPatches, curve: Callable[[Floats | None], Floats]) -> None:
    draws = [curve(counts) for counts in _draws(patches)]
    if draws:
        low, high = _percentiles(np.array(draws), curve(None))
        band = axes.fill_between(_GRID, low, high, color=ACCENT, alpha=0.18, linewidth=0)
        band.set_label("95 % of draws of cases")


def _square(xlabel: str, ylabel: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(4.8, 4.8), layout="constrained")
    axes = figure.subplots()
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal", xlabel=xlabel, ylabel=ylabel)
    _despine(axes)
    return figure, axes


def _mark(axes: Any, point: OperatingPoint) -> None:
    axes.axvline(point.threshold, color="black", linewidth=0.8, label="threshold")
    if point.uncertain_low < point.uncertain_high:
        band = (point.uncertain_low, point.uncertain_high)
        axes.axvspan(*band, color="black", alpha=0.08, linewidth=0, label="uncertain")


def _point_title(name: str, point: OperatingPoint) -> str:
    return f"{name.replace('_', ' ')}, threshold {point.threshold:.3f}"


def _patches(patches: ScoredPatches) -> str:
    """Return the label of the counts: patches, or weights if these differ."""
    return "Patches" if (patches.weights == 1).all() else "Patches by weight"


def _count(mass: Any) -> str:
    """Write a sum of weights, without digits where it is a whole number."""
    return f"{mass:,.0f}" if float(mass).is_integer() else f"{mass:,.1f}"


def _despine(*axes: Any) -> None:
    for place in axes:
        place.spines[["top", "right"]].set_visible(False)
