"""The learning curve of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

_METRICS = ("roc_auc", "balanced_accuracy", "f1")


def write_learning_curve(history: Sequence[dict[str, float]], path: Path) -> None:
    """Plot loss and validation metrics against the epoch.

    Args:
        history: rows of `read_history`.
        path: PNG file to write.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    loss, metrics = figure.subplots(1, 2)
    epochs = [row["epoch"] + 1 for row in history]
    loss.plot(epochs, [row["loss"] for row in history], marker="o", color="#5b3a8c")
    loss.set(xlabel="epoch", ylabel="training loss (nats)")
    for name in _METRICS:
        values = [row.get(f"val_{name}") for row in history]
        if None not in values:
            metrics.plot(epochs, values, marker="o", label=name.replace("_", " "))
    metrics.set(xlabel="epoch", ylabel="validation metric")
    if metrics.lines:
        metrics.legend(frameon=False)
    figure.savefig(path, dpi=150)
