"""The figures of the reliability diagram, calculated by hand."""

from __future__ import annotations

import math

import pytest

from training.evaluation.reliability import reliability
from training.metrics import ECE_BINS, ScoredPatches


def test_each_bin_has_its_counts_and_weighted_shares() -> None:
    patches = ScoredPatches(
        [1, 0, 1, 0],
        [0.91, 0.89, 0.02, 1.0],
        case_ids=["a", "b", "a", "b"],
        weights=[1.0, 3.0, 1.0, 1.0],
    )
    bins = reliability(patches)
    assert len(bins) == ECE_BINS
    assert [(row["patches"], row["idc"]) for row in bins if row["patches"]] == [
        (1, 1),
        (2, 1),
        (1, 0),
    ]
    upper = bins[13]
    assert (upper["low"], upper["high"]) == (pytest.approx(13 / 15), pytest.approx(14 / 15))
    assert upper["mean_probability"] == pytest.approx((0.91 + 3 * 0.89) / 4)
    assert upper["observed"] == pytest.approx(1 / 4)
    # Of case a alone all have IDC, of case b alone none.
    assert upper["interval"] == [0.0, 1.0]
    assert math.isnan(bins[5]["observed"])


def test_the_bins_add_up_to_the_calibration_error() -> None:
    patches = ScoredPatches([1, 0, 1, 0, 0], [0.8, 0.3, 0.55, 0.51, 0.05])
    gaps = sum(
        row["patches"] * abs(row["mean_probability"] - row["observed"])
        for row in reliability(patches)
        if row["patches"]
    )
    assert gaps / 5 == pytest.approx(float(patches.ranking_metrics()["ece"][0]))


def test_one_case_has_no_interval() -> None:
    bins = reliability(ScoredPatches([1, 0], [0.8, 0.3]))
    assert all(math.isnan(end) for row in bins for end in row["interval"])
