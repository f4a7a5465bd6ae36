"""The learning curve of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

DPI: Final = 300
_ACCENT: Final = "#5b3a8c"
_MUTED: Final = "#8a8f98"
_LOSSES: Final = {"loss": ("training", _ACCENT), "val_loss": ("validation", _MUTED)}
_METRICS: Final = {
    "roc_auc": "ROC AUC",
    "balanced_accuracy": "balanced accuracy",
    "precision": "precision",
    "recall": "sensitivity",
    "f1": "F1",
}


def write_learning_curve(
    history: Sequence[dict[str, float]], path: Path, *, head_epochs: int
) -> None:
    """Plot losses and metrics against the epoch.

    Args:
        history: rows of `read_history`.
        path: PNG or SVG file to write.
        head_epochs: epochs of phase 1, in which only the head learned.
    """
    learning_curve(history, head_epochs=head_epochs).savefig(path, dpi=DPI)


def learning_curve(history: Sequence[dict[str, float]], *, head_epochs: int) -> Figure:
    """Draw the curves: validation metrics as solid lines, training metrics as dashed ones."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    loss, metrics = figure.subplots(1, 2)
    for name, (label, color) in _LOSSES.items():
        _line(loss, history, name, label=label, color=color)
    for number, (name, title) in enumerate(_METRICS.items()):
        color = f"C{number}"
        _line(metrics, history, f"val_{name}", label=title, color=color)
        _line(metrics, history, name, label=f"{title}, training", color=color, linestyle="--")
    loss.set(ylabel="loss (nats)", title="Loss")
    metrics.set(ylabel="metric", title="Metrics", ylim=(None, 1.02))
    for axes in (loss, metrics):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _mark_phases(axes, len(history), head_epochs)
        if axes.get_legend_handles_labels()[1]:
            axes.legend(frameon=False, fontsize=7)
    return figure


def _line(axes: Any, history: Sequence[dict[str, float]], name: str, **style: Any) -> None:
    noted = [row for row in history if name in row]
    if noted:
        epochs = [row["epoch"] + 1 for row in noted]
        axes.plot(epochs, [row[name] for row in noted], marker="o", markersize=3, **style)


def _mark_phases(axes: Any, epochs: int, head_epochs: int) -> None:
    """Mark the border between epochs of the head alone and of the whole network."""
    if 0 < head_epochs < epochs:
        axes.axvline(head_epochs + 0.5, color="black", linewidth=0.8, linestyle=":")
        for place, name, side in ((0.4, "head ", "right"), (0.6, " whole network", "left")):
            axes.annotate(
                name,
                (head_epochs + place, 0.01),
                xycoords=("data", "axes fraction"),
                ha=side,
                fontsize=7,
                color=_MUTED,
            )
