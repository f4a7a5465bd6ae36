"""Plots of an evaluation: curves with 95 % bands, reliability, confusion, scores, mosaics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from hf_space.bundle.calibration import OperatingPoint
from training.data.neighbourhood import Indices
from training.evaluation.assessment import Scored, threshold_curve
from training.evaluation.bootstrap import draw_counts
from training.evaluation.reliability import reliability
from training.metrics import ECE_BINS, Floats, ScoredPatches, ratio

ACCENT: Final = "#5b3a8c"
MUTED: Final = "#8a8f98"
PLOT_NAMES: Final = ("roc", "pr", "reliability", "confusion", "scores", "thresholds")
"""Plots of figures alone; mosaics, which `evaluate` draws beside them, show tissue."""
_DPI: Final = 150
_BAND_REPLICATES: Final = 300
_GRID: Final = np.linspace(0, 1, 101)
_BAND_PERCENT: Final = (2.5, 97.5)


def write_plots(scored: Scored, folder: Path) -> None:
    """Write those of `PLOT_NAMES` as PNG files.

    Args:
        scored: The patches.
        folder: Made when it does not exist; files of the same name are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    patches, point = scored.patches(), scored.point
    figures = (
        roc_figure(patches, point),
        precision_recall_figure(patches, point),
        reliability_figure(patches),
        confusion_figure(patches, point, scored.config.class_names),
        scores_figure(patches, point, scored.config.class_names),
        threshold_figure(patches, point),
    )
    for name, figure in zip(PLOT_NAMES, figures, strict=True):
        figure.savefig(folder / f"{name}.png", dpi=_DPI)


def roc_figure(patches: ScoredPatches, point: OperatingPoint) -> Figure:
    """Draw the ROC curve, its band by case, and the operating point."""

    def curve(counts: Floats | None) -> Floats:
        hits, alarms = patches.curve(counts)
        # Undefined draws (one class only) become NaN and are left out of the band.
        return np.interp(_GRID, ratio(alarms, alarms[-1:]), ratio(hits, hits[-1:]))

    figure, axes = _square("False positive rate (1 - specificity)", "True positive rate (recall)")
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=":")
    _band(axes, patches, curve)
    hits, alarms = patches.curve()
    metrics = _metrics(patches, point)
    axes.plot(ratio(alarms, alarms[-1:]), ratio(hits, hits[-1:]), color=ACCENT)
    axes.plot(1 - metrics["specificity"], metrics["recall"], "o", color=ACCENT)
    axes.set_title(f"ROC: area {metrics['roc_auc']:.3f}")
    return figure


def precision_recall_figure(patches: ScoredPatches, point: OperatingPoint) -> Figure:
    """Draw precision against recall, its band by case, and the operating point."""

    def curve(counts: Floats | None) -> Floats:
        hits, alarms = patches.curve(counts)
        recall, precision = ratio(hits, hits[-1:])[1:], ratio(hits, hits + alarms)[1:]
        return np.interp(_GRID, recall, precision, left=np.nan)

    figure, axes = _square("Recall (sensitivity)", "Precision")
    _band(axes, patches, curve)
    hits, alarms = patches.curve()
    metrics = _metrics(patches, point)
    axes.plot(ratio(hits, hits[-1:])[1:], ratio(hits, hits + alarms)[1:], color=ACCENT)
    axes.plot(metrics["recall"], metrics["precision"], "o", color=ACCENT)
    axes.axhline(hits[-1] / (hits[-1] + alarms[-1]), color=MUTED, linewidth=0.8, linestyle=":")
    axes.set_title(f"Precision and recall: average precision {metrics['average_precision']:.3f}")
    return figure


def reliability_figure(patches: ScoredPatches) -> Figure:
    """Draw the observed share of IDC in each bin of probability, and the bins' patch counts."""
    figure = Figure(figsize=(5, 6), layout="constrained")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    bins = reliability(patches)
    seen = [row for row in bins if row["patches"]]
    mean, share = (
        np.array([row[name] for row in seen]) for name in ("mean_probability", "observed")
    )
    ends = np.array([row["interval"] for row in seen])
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=":")
    # A percentile interval of few cases can leave its estimate outside; errors are never negative.
    errors = np.maximum(np.nan_to_num([share - ends[:, 0], ends[:, 1] - share]), 0)
    axes.errorbar(mean, share, errors, fmt="o-", color=ACCENT, markersize=4, capsize=2)
    axes.set(xlim=(0, 1), ylim=(0, 1), ylabel="Observed share of IDC (weighted)")
    axes.set_title(f"Reliability: expected calibration error {_value(patches, 'ece'):.3f}")
    counts, lows = [row["patches"] for row in bins], [row["low"] for row in bins]
    bars = below.bar(lows, counts, width=1 / ECE_BINS, align="edge", color=ACCENT, alpha=0.6)
    below.bar_label(bars, fontsize=5.5)
    below.set(xlabel="Calibrated probability of IDC", ylabel="Patches", yscale="symlog")
    below.set_ylim(0, 5 * max(counts))
    _despine(axes, below)
    return figure


def confusion_figure(
    patches: ScoredPatches, point: OperatingPoint, class_names: tuple[str, str]
) -> Figure:
    """Draw the confusion matrix at an operating point: patch counts and weighted row shares."""
    called = (patches.probabilities >= point.threshold).astype(np.int64)
    cells = 2 * patches.labels + called
    counts = np.bincount(cells, minlength=4).reshape(2, 2)
    mass = np.bincount(cells, patches.weights, 4).astype(np.float64).reshape(2, 2)
    shares = ratio(mass, mass.sum(axis=1, keepdims=True))
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.imshow(np.nan_to_num(shares), cmap="Purples", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        text = f"{counts[row, column]:,}\n" + ("" if np.isnan(share) else f"{share:.1%} of row")
        color = "white" if share > 0.5 else "black"
        axes.text(column, row, text, ha="center", va="center", color=color)
    axes.set(xlabel="Called", ylabel="Label")
    axes.set_xticks([0, 1], class_names)
    axes.set_yticks([0, 1], class_names, rotation=90, va="center")
    axes.set_title(f"Patches at threshold {point.threshold:.3f}")
    return figure


def scores_figure(
    patches: ScoredPatches, point: OperatingPoint, class_names: tuple[str, str]
) -> Figure:
    """Draw the histogram of probabilities of each class, with the threshold and its band."""
    figure = Figure(figsize=(6, 3.8), layout="constrained")
    axes = figure.subplots()
    edges = np.linspace(0, 1, 41).tolist()
    # Fixed before drawing: equal bars have no range that a log scale could be fitted to.
    axes.set(yscale="log", ylim=(0.01, 100))
    for label, color in ((0, MUTED), (1, ACCENT)):
        own = patches.labels == label
        total = patches.weights[own].sum()
        if total > 0:
            weights = 100 * patches.weights[own] / total
            values = patches.probabilities[own]
            name = f"{class_names[label]} ({own.sum():,} patches)"
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


def write_mosaic(
    patches: NDArray[np.uint8],
    *,
    rows: Indices,
    columns: Indices,
    labels: NDArray[np.int64],
    probabilities: Floats,
    path: Path,
) -> None:
    """Draw one slide three times: tissue, truth and predicted probability.

    Args:
        patches: uint8 (N, h, h, 3), RGB.
        rows: Row of each patch on the slide's grid, from 0, (N,).
        columns: Column of each patch, from 0, (N,).
        labels: Class of each patch (0 or 1), (N,).
        probabilities: Calibrated p(class 1), (N,).
        path: PNG file to write.
    """
    height, width = int(rows.max()) + 1, int(columns.max()) + 1
    size = patches.shape[1]
    tissue = np.full((height, width, size, size, 3), 255, np.uint8)
    tissue[rows, columns] = patches
    truth, predicted = np.full((2, height, width), np.nan)
    truth[rows, columns], predicted[rows, columns] = labels, probabilities
    figure = Figure(figsize=(12, max(2.0, 3.8 * height / width) + 0.8), layout="constrained")
    axes = figure.subplots(1, 3, sharex=True, sharey=True)
    # Millimetres: a patch is 50 pixels of 4 microns.
    extent = (0, width * 0.2, height * 0.2, 0)
    axes[0].imshow(tissue.swapaxes(1, 2).reshape(height * size, width * size, 3), extent=extent)
    for place, values in ((axes[1], truth), (axes[2], predicted)):
        drawn = place.imshow(values, extent=extent, cmap="viridis", vmin=0, vmax=1)
    for place, title in zip(axes, ("Tissue", "Label", "Prediction"), strict=True):
        place.set(title=title, xlabel="mm")
        place.xaxis.set_major_locator(MaxNLocator(6, prune="upper"))
    axes[0].set_ylabel("mm")
    figure.colorbar(drawn, ax=list(axes), label="Probability of IDC", shrink=0.8)
    figure.savefig(path, dpi=_DPI)


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
        axes.fill_between(_GRID, low, high, color=ACCENT, alpha=0.18, linewidth=0)


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


def _despine(*axes: Any) -> None:
    for place in axes:
        place.spines[["top", "right"]].set_visible(False)
