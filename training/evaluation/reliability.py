"""How often patches of about one probability have IDC."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from training.evaluation.bootstrap import draw_counts, interval
from training.metrics import ECE_BINS, ScoredPatches, probability_bins, ratio

_REPLICATES: Final = 300


def reliability(patches: ScoredPatches) -> list[dict[str, Any]]:
    """Return the reliability diagram's figures for each bin of the expected calibration error.

    Args:
        patches: The patches.

    Returns:
        For each bin of equal width its ends ``low`` and ``high``; how many ``patches`` lie in it
        and how many of them are ``idc``, unweighted; and, by weight, their ``mean_probability``,
        the ``observed`` share of IDC, and its 95 % ``interval``, bootstrapped by case. The last
        three are NaN in an empty bin, and the interval where there is one case.
    """
    weight, predicted, positive = patches.bins.sum(axis=0).T
    mean, observed = ratio(predicted, weight), ratio(positive, weight)
    draws = np.tensordot(draw_counts(len(patches.case_names), _REPLICATES, 0), patches.bins, axes=1)
    shares = ratio(draws[:, :, 2], draws[:, :, 0])
    bins = probability_bins(patches.probabilities)
    count = np.bincount(bins, minlength=ECE_BINS)
    idc = np.bincount(bins[patches.labels == 1], minlength=ECE_BINS)
    return [
        {
            "low": index / ECE_BINS,
            "high": (index + 1) / ECE_BINS,
            "patches": int(count[index]),
            "idc": int(idc[index]),
            "mean_probability": float(mean[index]),
            "observed": float(observed[index]),
            "interval": list(interval(shares[:, index])),
        }
        for index in range(ECE_BINS)
    ]
