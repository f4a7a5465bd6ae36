from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from hf_space.bundle.calibration import OperatingPoint
from hf_space.bundle.load import Bundle
from training.data.source import class_title
from training.evaluation.assessment import Scored
from training.evaluation.mosaic import write_mosaic
from training.evaluation.plots import (
    confusion_figure,
    precision_recall_figure,
    reliability_figure,
    roc_figure,
    scores_figure,
    threshold_figure,
    write_plots,
)
from training.metrics import ScoredPatches

POINT = OperatingPoint(threshold=0.5, uncertain_low=0.4, uncertain_high=0.6)
POINTS = {"balanced": POINT}
BOTH = POINTS | {"high_sensitivity": OperatingPoint.without_band(0.2)}
NAMES = ("no IDC", "IDC")


def _read(path: Path) -> Any:
    return cv2.cvtColor(np.asarray(cv2.imread(str(path))), cv2.COLOR_BGR2RGB)


@pytest.fixture
def patches() -> ScoredPatches:
    """Four patches of two cases: one hit, one miss, one false alarm, one right negative."""
    return ScoredPatches(
        [1, 1, 0, 0],
        [0.9, 0.3, 0.7, 0.1],
        case_ids=["a", "b", "a", "b"],
        weights=[1.0, 3.0, 1.0, 1.0],
    )


def test_the_roc_curve_and_its_point_are_drawn_where_they_are(patches: ScoredPatches) -> None:
    axes: Any = roc_figure(patches, POINTS).axes[0]
    curve, point = axes.lines[-2], axes.lines[-1]
    np.testing.assert_allclose(curve.get_xdata(), [0, 0, 0.5, 0.5, 1])
    np.testing.assert_allclose(curve.get_ydata(), [0, 0.25, 0.25, 1, 1])
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (0.5, 0.25)
    assert axes.get_title() == "ROC: area 0.625"


def test_precision_is_drawn_against_recall(patches: ScoredPatches) -> None:
    axes: Any = precision_recall_figure(patches, POINTS).axes[0]
    curve, point = axes.lines[0], axes.lines[1]
    np.testing.assert_allclose(curve.get_xdata(), [0.25, 0.25, 1, 1])
    np.testing.assert_allclose(curve.get_ydata(), [1, 0.5, 0.8, 4 / 6])
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (0.25, 0.5)


def test_reliability_shows_the_share_and_the_count_of_each_bin(patches: ScoredPatches) -> None:
    upper: Any
    lower: Any
    upper, lower = reliability_figure(patches).axes
    observed = upper.containers[0].lines[0]
    np.testing.assert_allclose(observed.get_xdata(), [0.1, 0.3, 0.7, 0.9])
    np.testing.assert_allclose(observed.get_ydata(), [0, 1, 0, 1])
    heights = [bar.get_height() for bar in lower.containers[0]]
    assert sum(heights) == 6
    assert heights[4] == 3
    assert lower.get_ylabel() == "Patches by weight"
    assert [text.get_text() for text in upper.get_legend().get_texts()] == ["95 % interval"]


def test_confusion_has_counts_and_weighted_shares_of_the_row(patches: ScoredPatches) -> None:
    axes = confusion_figure(patches, POINT, NAMES).axes[0]
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    # Counts and shares are of the same weights, so that a reader can divide one by the other.
    assert texts[(0, 0)] == "1\n50.0% of row"
    assert texts[(0, 1)] == "3\n75.0% of row"
    assert texts[(1, 1)] == "1\n25.0% of row"
    assert axes.get_title() == "Patches by weight at threshold 0.500"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["no IDC", "IDC"]


def test_scores_add_up_to_the_whole_class(patches: ScoredPatches) -> None:
    figure = scores_figure(patches, POINT, NAMES)
    for container in figure.axes[0].containers:
        assert sum(bar.get_height() for bar in container) == pytest.approx(100)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    weighed = ["no IDC (2 patches by weight)", "IDC (4 patches by weight)"]
    assert labels == [*weighed, "threshold", "uncertain"]


@pytest.mark.parametrize("draw", [roc_figure, precision_recall_figure])
def test_band_and_operating_points_are_in_the_legend(
    patches: ScoredPatches, draw: Callable[..., Any]
) -> None:
    texts = [text.get_text() for text in draw(patches, BOTH).axes[0].get_legend().get_texts()]
    assert texts[:4] == [
        "95 % of draws of cases",
        "all patches",
        "balanced, threshold 0.500",
        "high sensitivity, threshold 0.200",
    ]


def test_class_names_are_words() -> None:
    titles = [class_title(name) for name in ("no_idc", "idc", "invasive_tumour")]
    assert titles == ["no IDC", "IDC", "invasive tumour"]


def test_patches_that_count_alike_are_counted() -> None:
    patches = ScoredPatches([1, 0], [0.9, 0.1], case_ids=["a", "b"])
    axes = confusion_figure(patches, POINT, NAMES).axes[0]
    assert axes.get_title() == "Patches at threshold 0.500"


def test_the_threshold_curve_falls_in_sensitivity_and_rises_in_specificity(
    patches: ScoredPatches,
) -> None:
    axes = threshold_figure(patches, POINT).axes[0]
    sensitivity, specificity = (line.get_ydata() for line in axes.lines[:2])
    assert (np.diff(sensitivity) <= 0).all()
    assert (np.diff(specificity) >= 0).all()


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1], [0, 1, 1]])
def test_every_plot_is_written_whatever_the_classes(
    bundle: Bundle, tmp_path: Path, labels: list[int]
) -> None:
    table = pd.DataFrame(
        {"case_id": "a", "x": [0, 50, 100], "y": 0, "label": labels, "logit": [-1.0, 0.5, 60.0]}
    )
    scored = Scored.of(table.assign(dihedral_logit=0.0), bundle.config, {})
    write_plots(scored, tmp_path / "plots")
    names = {path.name for path in (tmp_path / "plots").iterdir()}
    assert names == {
        f"{name}.png" for name in ("roc", "pr", "reliability", "confusion", "scores", "thresholds")
    }
    for name in names:
        assert np.std(_read(tmp_path / "plots" / name)) > 1
    # 4.8 inches at 300 dots to the inch.
    assert _read(tmp_path / "plots" / "roc.png").shape[:2] == (1440, 1440)


def test_a_mosaic_puts_every_patch_in_its_place(tmp_path: Path) -> None:
    patches = np.zeros((2, 50, 50, 3), np.uint8)
    patches[0], patches[1] = (255, 0, 0), (0, 0, 255)
    write_mosaic(
        patches,
        rows=np.array([0, 1]),
        columns=np.array([0, 1]),
        labels=np.array([0, 1]),
        probabilities=np.array([0.0, 1.0]),
        path=tmp_path / "mosaic.png",
    )
    image = _read(tmp_path / "mosaic.png")
    red_y, red_x = np.nonzero((image == (255, 0, 0)).all(axis=2))
    blue_y, blue_x = np.nonzero((image == (0, 0, 255)).all(axis=2))
    assert len(red_y) > 1000
    assert len(blue_y) == pytest.approx(len(red_y), rel=0.05)
    assert red_y.max() <= blue_y.min()
    assert red_x.max() <= blue_x.min()
    # Truth and prediction agree here, so the two panels have the same two colours.
    purple, yellow = (68, 1, 84), (253, 231, 36)
    for colour in (purple, yellow):
        found = (image[:, : image.shape[1] * 9 // 10] == colour).all(axis=2)
        assert found.sum() == pytest.approx(2 * len(red_y), rel=0.1)
