from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from training.fitting.learning_curve import learning_curve, write_learning_curve

ROWS = [
    {"epoch": float(number), "loss": 0.9 - number / 10, "val_loss": 0.8 - number / 10}
    | {"f1": 0.5, "val_f1": 0.6, "val_roc_auc": 0.7 + number / 10}
    for number in range(3)
]


def _lines(axes: Any) -> dict[str, Any]:
    return {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}


def test_both_losses_and_metrics_are_drawn_at_whole_epochs() -> None:
    loss, metrics = learning_curve(ROWS, head_epochs=1).axes
    drawn = _lines(loss)
    assert drawn.keys() == {"training", "validation"}
    np.testing.assert_allclose(drawn["validation"].get_ydata(), [0.8, 0.7, 0.6])
    assert list(drawn["training"].get_xdata()) == [1, 2, 3]
    assert _lines(metrics).keys() == {"ROC AUC", "F1", "F1, training"}
    for axes in (loss, metrics):
        ticks = axes.xaxis.get_major_locator().tick_values(1, 3)
        assert all(tick == int(tick) for tick in ticks)
        assert [text.get_text().strip() for text in axes.texts] == ["head", "whole network"]


def test_the_phases_are_parted_after_the_head_s_epochs() -> None:
    loss: Any = learning_curve(ROWS, head_epochs=2).axes[0]
    assert [line.get_xdata()[0] for line in loss.lines if line.get_label().startswith("_")] == [2.5]
    assert list(learning_curve(ROWS, head_epochs=0).axes[0].texts) == []


def test_without_validation_the_training_figures_remain() -> None:
    rows = [{"epoch": row["epoch"], "loss": row["loss"], "f1": row["f1"]} for row in ROWS]
    loss, metrics = learning_curve(rows, head_epochs=1).axes
    assert _lines(loss).keys() == {"training"}
    assert _lines(metrics).keys() == {"F1, training"}


def test_an_epoch_of_an_earlier_version_has_fewer_figures() -> None:
    rows = [{"epoch": 0.0, "loss": 0.9}, *ROWS[1:]]
    drawn = _lines(learning_curve(rows, head_epochs=1).axes[0])
    assert list(drawn["validation"].get_xdata()) == [2, 3]


def test_the_picture_is_fit_for_print(tmp_path: Path) -> None:
    write_learning_curve(ROWS, tmp_path / "curve.png", head_epochs=1)
    picture = cv2.imread(str(tmp_path / "curve.png"))
    assert picture is not None
    assert picture.shape[:2] == (1200, 2700)


def test_the_legend_tells_a_broken_line_from_a_whole_one() -> None:
    for axes in learning_curve(ROWS, head_epochs=1).axes:
        legend = axes.get_legend()
        assert legend is not None
        # In letters' heights: a broken line needs two of its strokes, with the mark between them.
        assert legend.handlelength >= 4
