"""Robustness of a bundle against effects of cameras, viewers and file formats."""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hf_space.bundle.config import InferenceConfig
from hf_space.inference.engine import Engine, predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from training.data.case_weights import sampling_weights
from training.data.records import PatchRecord
from training.data.remote import open_any_source
from training.data.source import read_patches, readable
from training.errors import SourceError
from training.evaluation.bundle import open_bundle
from training.evaluation.shifts import SHIFTS
from training.metrics import ScoredPatches

PATCHES_PER_CASE: Final = 40
_CLEAN: Final = "clean"
# Here the arithmetic changes, not the patches.
_BFLOAT16: Final = "bfloat16"
_FIGURES: Final = {"roc_auc": "roc_auc", "sensitivity": "recall", "specificity": "specificity"}

Floats = NDArray[np.float64]


def robust(
    bundle_dir: Path,
    source: str,
    *,
    split: str | None,
    case_weights: dict[str, float],
    patches_per_case: int = PATCHES_PER_CASE,
    progress: bool,
) -> dict[str, Any]:
    """Score patches as they are and under every shift, at the bundle's default threshold.

    Args:
        bundle_dir: Folder of the bundle.
        source: Folder or zip in Kaggle's layout, `kaggle`, or a Hub data set id.
        split: Take the cases of this published split only; None takes all.
        case_weights: Weights by ``CASE`` or ``CASE:CLASS``; see `training.data.case_weights`.
        patches_per_case: Most patches of a case, drawn by a hash of their names.
        progress: Show a progress bar on stderr.

    Returns:
        ``shifts`` holds, for ``clean``, each of `SHIFTS` and clean patches in ``bfloat16``, ROC
        AUC, sensitivity and specificity, the share of patches that change sides of the threshold
        (``flips``), and the change of the calibrated probability: the largest, and the 99th
        percentile.

    Raises:
        ConfigurationError: The bundle cannot be used.
        SourceError: The source cannot be read, or the split has no readable patch.
    """
    bundle, engine = open_bundle(bundle_dir)
    with (
        tempfile.TemporaryDirectory(prefix="biopsia-") as cache,
        open_any_source(source, cache_dir=Path(cache)) as opened,
    ):
        own = [record for record in opened.records if split in (None, record.split)]
        records = readable(opened, sample_by_case(own, patches_per_case))
        if not records:
            raise SourceError(f"{source} has no readable patch of the split {split!r}")
        patches = read_patches(opened, records, progress=False)
    labels = np.array([record.label for record in records])
    weights = sampling_weights([record.case_id for record in records], labels, case_weights)
    config, fast = bundle.config, OpenVinoEngine(bundle, precision="bf16")
    return {
        "model": {"name": config.name, "revision": config.revision},
        "dataset": {
            "source": Path(source).name,
            "split": split,
            "patches": len(records),
            "cases": len({record.case_id for record in records}),
            "patches_per_case": patches_per_case,
        },
        "operating_point": config.default_operating_point,
        "threshold": config.thresholds[config.default_operating_point].threshold,
        "shifts": _shifted(engine, fast, config, patches, labels, weights, progress=progress),
    }


def sample_by_case(records: Sequence[PatchRecord], patches_per_case: int) -> list[PatchRecord]:
    """Return at most a number of records of each case, in their order.

    They are chosen by a hash of their names, so that the choice is the same everywhere.
    """
    ranked = sorted(records, key=lambda record: hashlib.sha256(record.name.encode()).digest())
    taken: dict[str, int] = {}
    chosen: set[PatchRecord] = set()
    for record in ranked:
        if taken.get(record.case_id, 0) < patches_per_case:
            taken[record.case_id] = taken.get(record.case_id, 0) + 1
            chosen.add(record)
    return [record for record in records if record in chosen]


def _shifted(
    engine: Engine,
    fast: Engine,
    config: InferenceConfig,
    patches: NDArray[np.uint8],
    labels: NDArray[np.int64],
    weights: Floats,
    *,
    progress: bool,
) -> dict[str, dict[str, float | None]]:
    threshold = config.thresholds[config.default_operating_point].threshold

    def score(images: NDArray[np.uint8], with_engine: Engine = engine) -> Floats:
        outputs = predict_patches(with_engine, config, images)
        return config.calibration.probability(outputs.logits)

    def figures(probabilities: Floats) -> dict[str, float | None]:
        found = ScoredPatches(labels, probabilities, weights=weights).metrics(threshold)
        moved = np.abs(probabilities - clean)
        flips = (probabilities >= threshold) != (clean >= threshold)
        return {name: _defined(found[metric]) for name, metric in _FIGURES.items()} | {
            "flips": float(np.average(flips, weights=weights)),
            "largest_change": float(moved.max()),
            "percentile_99_of_change": float(np.percentile(moved, 99)),
        }

    clean = score(patches)
    rows = {_CLEAN: figures(clean)}
    for name, shift in tqdm(SHIFTS.items(), desc="shifts", disable=not progress):
        rows[name] = figures(score(np.stack([shift(patch) for patch in patches])))
    rows[_BFLOAT16] = figures(score(patches, fast))
    return rows


def _defined(values: Floats) -> float | None:
    value = float(values[0])
    return None if math.isnan(value) else value
