"""The figures of an evaluation, from scored patches alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hf_space.bundle.calibration import OperatingPoint
from hf_space.bundle.config import InferenceConfig
from training.data.case_weights import sampling_weights
from training.data.neighbourhood import (
    Indices,
    complete_slides,
    grid_positions,
    neighbourhood_mean,
)
from training.evaluation.bootstrap import REPLICATES, bootstrap_by_case
from training.evaluation.operating_points import Flags, in_band, uncertain_report
from training.evaluation.reliability import reliability
from training.metrics import Floats, ScoredPatches

_Estimate = Callable[[ScoredPatches], dict[str, Any]]

_CURVE_THRESHOLDS: Final = np.linspace(0, 1, 101)


@dataclass(frozen=True, slots=True)
class Scored:
    """Scored patches with all that the figures need; arrays have length N.

    Attributes:
        config: Calibration and operating points of the bundle.
        case_ids: Case of each patch.
        labels: Class (0 or 1).
        weights: Weight, above 0.
        logits: Logit of the patch as it is.
        dihedral_logits: Mean logit over the 8 views; None where one view was scored.
        smoothed_logits: Mean logit over the patch and its neighbours.
        neighbours: Neighbours on the slide, 0 to 8.
        rows: Row on the slide's grid, from 0.
        columns: Column on the slide's grid, from 0.
        complete_slides: Cases whose tissue the patches cover without gaps.
    """

    config: InferenceConfig
    case_ids: NDArray[np.str_]
    labels: NDArray[np.int64]
    weights: Floats
    logits: Floats
    dihedral_logits: Floats | None
    smoothed_logits: Floats
    neighbours: Indices
    rows: Indices
    columns: Indices
    complete_slides: tuple[str, ...]

    @classmethod
    def of(
        cls, table: pd.DataFrame, config: InferenceConfig, case_weights: Mapping[str, float]
    ) -> Scored:
        """Weigh the patches of `evaluate.score_patches` and place them on their slides.

        Args:
            table: Columns case_id, x, y, label, logit and, of eight views, dihedral_logit.
            config: Calibration and operating points of the bundle.
            case_weights: Weights by ``CASE`` or ``CASE:CLASS``; see `training.data.case_weights`.
        """
        case_ids = table["case_id"].to_numpy().astype(np.str_)
        labels = table["label"].to_numpy().astype(np.int64)
        logits = table["logit"].to_numpy().astype(np.float64)
        x, y = table["x"].to_numpy(), table["y"].to_numpy()
        smoothed, neighbours = neighbourhood_mean(case_ids, x, y, logits)
        rows, columns = grid_positions(case_ids, x, y)
        views = table.get("dihedral_logit")
        return cls(
            config=config,
            case_ids=case_ids,
            labels=labels,
            weights=sampling_weights(case_ids, labels, case_weights),
            logits=logits,
            dihedral_logits=None if views is None else views.to_numpy().astype(np.float64),
            smoothed_logits=smoothed,
            neighbours=neighbours,
            rows=rows,
            columns=columns,
            complete_slides=tuple(complete_slides(case_ids, labels, neighbours)),
        )

    @property
    def point(self) -> OperatingPoint:
        """The default operating point."""
        return self.config.thresholds[self.config.default_operating_point]

    @property
    def thresholds(self) -> dict[str, float]:
        """The threshold of every operating point, by name."""
        return {name: point.threshold for name, point in self.config.thresholds.items()}

    @property
    def probabilities(self) -> Floats:
        """Calibrated probabilities of the patches as they are, float64 (N,), 0 to 1."""
        return self.config.calibration.probability(self.logits)

    def patches(self, logits: Floats | None = None, chosen: Flags | None = None) -> ScoredPatches:
        """Return patches with calibrated probabilities.

        Args:
            logits: Logits to calibrate, (N,); default those of the patches as they are.
            chosen: Which patches, bool (N,); default all.
        """
        rows = np.ones(len(self.labels), np.bool_) if chosen is None else chosen
        values = self.logits if logits is None else logits
        return ScoredPatches(
            self.labels[rows],
            self.config.calibration.probability(values[rows]),
            case_ids=self.case_ids[rows],
            weights=self.weights[rows],
        )


def report(scored: Scored, *, replicates: int = REPLICATES, seed: int = 0) -> dict[str, Any]:
    """Turn scored patches into figures.

    Metrics are those of `training.metrics`; intervals are 95 %, bootstrapped by case, and null
    where they are undefined or there is one case.

    Args:
        scored: The patches.
        replicates: Draws of each bootstrap.
        seed: Seed of the bootstraps.

    Returns:
        A dictionary fit for JSON. At its top the metrics of one forward pass at the default
        operating point with their ``intervals``; then ``operating_points`` by name;
        ``case_averaged``, in which every case weighs the same; ``dihedral`` and
        ``neighbourhood``, of averaged logits under the same calibration and threshold, the first
        null where one view was scored; ``cases``; ``threshold_curve``; and ``reliability``.
    """
    default, config = scored.config.default_operating_point, scored.config

    def estimate(patches: ScoredPatches) -> dict[str, Any]:
        thresholds = {default: scored.point.threshold}
        return bootstrap_by_case(patches, thresholds, replicates=replicates, seed=seed)[
            default
        ].as_dict()

    patches = scored.patches()
    estimates = bootstrap_by_case(patches, scored.thresholds, replicates=replicates, seed=seed)
    found: dict[str, Any] = jsonable(
        {
            **estimates[default].as_dict(),
            "operating_points": {
                name: {
                    "threshold": scored.thresholds[name],
                    **value.as_dict(),
                    "uncertain": _uncertain(scored, config.thresholds[name]),
                }
                for name, value in estimates.items()
            },
            "case_averaged": estimate(_equal_cases(patches, scored.case_ids)),
            "dihedral": None
            if scored.dihedral_logits is None
            else estimate(scored.patches(scored.dihedral_logits)),
            "neighbourhood": {
                "all": _smoothed(scored, np.ones(len(scored.labels), np.bool_), estimate),
                "complete_slides": _smoothed(
                    scored, np.isin(scored.case_ids, scored.complete_slides), estimate
                ),
            },
            "cases": {str(case_id): _case(scored, case_id) for case_id in patches.case_names},
            "threshold_curve": threshold_curve(patches),
            "reliability": reliability(patches),
            "patches": len(scored.labels),
            "cases_count": len(patches.case_names),
            "default_operating_point": default,
            "model": {"name": config.name, "revision": config.revision},
        }
    )
    return found


def threshold_curve(patches: ScoredPatches) -> list[dict[str, float]]:
    """Return sensitivity, specificity and precision at the thresholds 0, 0.01, ... 1."""
    curve = []
    for threshold in _CURVE_THRESHOLDS:
        metrics = patches.threshold_metrics(float(threshold))
        curve.append(
            {
                "threshold": round(float(threshold), 2),
                "sensitivity": float(metrics["recall"][0]),
                "specificity": float(metrics["specificity"][0]),
                "precision": float(metrics["precision"][0]),
            }
        )
    return curve


def jsonable(value: Any) -> Any:
    """Replace what JSON cannot hold: NaN and infinity become None, at any depth."""
    if isinstance(value, dict):
        return {key: jsonable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [jsonable(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _uncertain(scored: Scored, point: OperatingPoint) -> dict[str, float]:
    wrong = (scored.probabilities >= point.threshold) != (scored.labels == 1)
    return uncertain_report(wrong, in_band(point, scored.probabilities), scored.weights)


def _equal_cases(patches: ScoredPatches, case_ids: NDArray[np.str_]) -> ScoredPatches:
    _, case = np.unique(case_ids, return_inverse=True)
    total = np.bincount(case, weights=patches.weights)
    return ScoredPatches(
        patches.labels,
        patches.probabilities,
        case_ids=case_ids,
        weights=patches.weights / total[case],
    )


def _smoothed(scored: Scored, chosen: Flags, estimate: _Estimate) -> dict[str, Any] | None:
    """Compare single patches with their neighbourhood's mean; None when there are no patches."""
    if not chosen.any():
        return None
    single = scored.patches(chosen=chosen).metrics(scored.point.threshold)
    return {
        **estimate(scored.patches(scored.smoothed_logits, chosen)),
        "single": {name: float(value[0]) for name, value in single.items()},
        "patches": int(chosen.sum()),
        "with_neighbours": int((scored.neighbours[chosen] > 0).sum()),
        "cases": np.unique(scored.case_ids[chosen]).tolist(),
    }


def _case(scored: Scored, case_id: str) -> dict[str, Any]:
    chosen = scored.case_ids == case_id
    patches = scored.patches(chosen=chosen)
    points = {
        name: {key: float(value[0]) for key, value in patches.threshold_metrics(threshold).items()}
        for name, threshold in scored.thresholds.items()
    }
    metrics = patches.metrics(scored.point.threshold)
    return {
        "patches": int(chosen.sum()),
        "idc": int(scored.labels[chosen].sum()),
        **{name: float(value[0]) for name, value in metrics.items()},
        "operating_points": points,
    }
