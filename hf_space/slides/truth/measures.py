"""Measures from counts, with intervals that account for the similarity of a case's slides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.slides.truth.counts import BINS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MEASURES: Final = ("roc_auc", "sensitivity", "specificity", "dice")
REPLICATES: Final = 1000

_INTERVAL_PERCENT: Final = (2.5, 97.5)
# Draws that are summed up at once.
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure and its 95 % interval.

    Attributes:
        value: 0 to 1; None where it is undefined, as the sensitivity without tumour.
        interval: Lower and upper end; None where there is one case, or no draw defines the measure.
    """

    value: float | None
    interval: tuple[float, float] | None


def measures(counts: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Compute all of `MEASURES` from counts.

    The ROC AUC is the share of pairs of a tumour tile and another one in which the tumour tile has
    the higher probability; those of one bin count half (Hanley and McNeil, Radiology 1982, 143:29).
    Dice is of areas: twice what foci and annotated tumour share, over the sum of both.

    Args:
        counts: float64 (n, 2 * BINS + 7), as `TruthCounts.vector`.

    Returns:
        float64 (n,) each; NaN where undefined.
    """
    tumour, other = counts[:, :BINS], counts[:, BINS : 2 * BINS]
    found, missed, left, called = counts[:, 2 * BINS : 2 * BINS + 4].T
    foci, annotated, both = counts[:, 2 * BINS + 4 :].T
    below = np.cumsum(other, axis=1) - other / 2
    return {
        "roc_auc": _ratio((tumour * below).sum(axis=1), tumour.sum(axis=1) * other.sum(axis=1)),
        "sensitivity": _ratio(found, found + missed),
        "specificity": _ratio(left, left + called),
        "dice": _ratio(2 * both, foci + annotated),
    }


def estimate_by_case(
    counts: NDArray[np.float64], cases: Sequence[str], *, seed: int = 0
) -> dict[str, Estimate]:
    """Measure all slides together, with 95 % percentile intervals.

    Whole cases are drawn with replacement (the cluster bootstrap of Field and Welsh, J. R. Stat.
    Soc. B 2007, 69:369).

    Args:
        counts: float64 (slides, 2 * BINS + 7), as `TruthCounts.vector`; at least one slide.
        cases: Of each slide.
        seed: Of the draws.
    """
    names, case_of = np.unique(np.array(cases, dtype=np.str_), return_inverse=True)
    by_case = np.zeros((len(names), counts.shape[1]))
    np.add.at(by_case, case_of, counts)
    values = measures(by_case.sum(axis=0, keepdims=True))
    draws = _draws(by_case, seed)
    return {
        name: Estimate(_defined(float(values[name][0])), _interval(draws[name]))
        for name in MEASURES
    }


def _draws(by_case: NDArray[np.float64], seed: int) -> dict[str, NDArray[np.float64]]:
    cases = len(by_case)
    if cases < 2:
        return {name: np.empty(0) for name in MEASURES}
    rng = np.random.default_rng(seed)
    found: list[dict[str, NDArray[np.float64]]] = []
    for _ in range(0, REPLICATES, _AT_ONCE):
        drawn = rng.multinomial(cases, np.full(cases, 1 / cases), size=_AT_ONCE)
        found.append(measures(drawn.astype(np.float64) @ by_case))
    return {name: np.concatenate([each[name] for each in found]) for name in MEASURES}


def _interval(draws: NDArray[np.float64]) -> tuple[float, float] | None:
    defined = draws[~np.isnan(draws)]
    if not len(defined):
        return None
    low, high = np.percentile(defined, _INTERVAL_PERCENT)
    return float(low), float(high)


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
