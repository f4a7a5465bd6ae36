"""Out-of-fold figures of each fold and each case."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.special import expit

from training.evaluation.operating_points import Flags, Labels
from training.metrics import Floats, ScoredPatches

_RANKED: Final = ("roc_auc",)
_CALLED: Final = ("balanced_accuracy", "recall", "specificity", "f1")


class GroupReport(BaseModel):
    """Figures of one fold or case, at its cross-fitted operating point.

    Attributes:
        cases: Number of cases in the group.
        patches: Number of patches.
        idc: Number of patches with IDC.
        roc_auc: As `training.metrics` defines it, as all that follow; None where undefined.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cases: int
    patches: int
    idc: int
    roc_auc: float | None
    balanced_accuracy: float | None
    recall: float | None
    specificity: float | None
    f1: float | None


def group_reports(
    groups: NDArray[np.str_],
    *,
    case_ids: NDArray[np.str_],
    labels: Labels,
    logits: Floats,
    malignant: Flags,
    weights: Floats,
) -> dict[str, GroupReport]:
    """Evaluate each group on its own; arrays have length N.

    Args:
        groups: Name of the fold or the case of each patch.
        case_ids: Case of each patch.
        labels: Class (0 or 1).
        logits: Calibrated logits.
        malignant: Whether the patch was called malignant.
        weights: Weight, above 0.

    Returns:
        The report of each group, sorted by name.
    """
    reports = {}
    for name in np.unique(groups):
        own = groups == name
        ranked = ScoredPatches(labels[own], expit(logits[own]), weights=weights[own])
        called = ScoredPatches(labels[own], malignant[own], weights=weights[own])
        found = ranked.ranking_metrics() | called.threshold_metrics(0.5)
        reports[str(name)] = GroupReport(
            cases=len(np.unique(case_ids[own])),
            patches=int(own.sum()),
            idc=int(labels[own].sum()),
            **{metric: _defined(found[metric]) for metric in (*_RANKED, *_CALLED)},
        )
    return reports


def _defined(value: Floats) -> float | None:
    return None if np.isnan(value[0]) else float(value[0])
