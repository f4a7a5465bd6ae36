"""A complete slide, put together from its patches: tissue, label and prediction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from training.data.neighbourhood import Indices
from training.evaluation.plots import DPI
from training.metrics import Floats


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
    figure.savefig(path, dpi=DPI)
