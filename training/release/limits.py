"""Write into a bundle from what on the service gives no verdict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.bundle.config import INFERENCE_FILE
from hf_space.bundle.load import load_bundle
from hf_space.errors import BundleError
from hf_space.inference.openvino_engine import OpenVinoEngine
from training.data.arrays import load_patches
from training.data.splits import SPLIT_NAMES
from training.errors import ConfigurationError, RunError
from training.evaluation.calibrate import CALIBRATION_FILE, CalibrationResult
from training.evaluation.limits import LIMITS_FILE, Limits, measure_limits
from training.release.revision import revision_of

if TYPE_CHECKING:
    from collections.abc import Collection

_LEARNED: Final = frozenset(SPLIT_NAMES) - {"test"}


def write_limits(
    folder: Path, dataset: Path, *, splits: Collection[str], progress: bool = False
) -> Limits:
    """Measure the limits of a bundle's model and write them into the bundle.

    The bundle has another revision afterwards, and must be evaluated again.

    Args:
        folder: The bundle, as `export` writes it.
        dataset: Folder written by ``prepare``.
        splits: Those that the model learned from.
        progress: Show progress bars.

    Raises:
        RunError: The folder holds no bundle with its calibration.
        ConfigurationError: A split is unknown, or that of the test cases.
        DatasetError: The data set is missing or too small; see `measure_limits`.
    """
    if unknown := set(splits) - _LEARNED:
        raise ConfigurationError(
            f"limits are measured on cases that the model learned from, not on {sorted(unknown)}"
        )
    try:
        bundle = load_bundle(folder)
        calibration = CalibrationResult.model_validate_json(
            (folder / CALIBRATION_FILE).read_bytes()
        )
    except (BundleError, OSError, ValueError) as error:
        raise RunError(f"{folder} holds no exported bundle: {error}") from error
    patches = load_patches(dataset)
    learned = np.flatnonzero(np.isin(patches.splits, list(splits)))
    limits = measure_limits(
        patches.images[learned],
        patches.labels[learned],
        patches.case_ids[learned],
        OpenVinoEngine(bundle),
        bundle.config,
        progress=progress,
    )
    changes = {
        "assessable": limits.assessable,
        "stain_reference": limits.stain_reference,
        "revision": revision_of(bundle.config.sha256, calibration, limits),
    }
    config = bundle.config.model_copy(update=changes)
    (folder / INFERENCE_FILE).write_text(config.to_json(), encoding="utf-8")
    (folder / LIMITS_FILE).write_text(limits.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return limits
