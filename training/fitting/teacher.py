"""A teacher's probabilities, learned in addition to the labels (Hinton 2015, section 2)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from hf_space.bundle.load import load_bundle
from hf_space.errors import BundleError
from hf_space.inference.engine import predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from training.data.arrays import Patches
from training.errors import ConfigurationError

_PLACE: Final = ["case_id", "x", "y"]


def is_out_of_fold(teacher: Path) -> bool:
    """Return whether the teacher never saw the cases it teaches, as in `cross-validate`'s table."""
    return teacher.suffix == ".parquet"


def teacher_probabilities(
    teacher: Path, patches: Patches, indices: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the teacher's probabilities, float32 ``(M,)``.

    Args:
        teacher: folder of a bundle, whose probabilities are calibrated; or the
            ``out_of_fold.parquet`` of `cross-validate`, whose logits are those of class-balanced
            models that never saw the patch's case.
        patches: the prepared data set.
        indices: int64 ``(M,)``, the patches to learn from.

    Raises:
        ConfigurationError: there is no such bundle or table, or the table lacks a patch.
    """
    if is_out_of_fold(teacher):
        return _from_table(teacher, patches, indices)
    return _from_bundle(teacher, patches.images[indices])


def _from_bundle(folder: Path, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    try:
        teacher = load_bundle(folder)
    except BundleError as error:
        raise ConfigurationError(f"no teacher to distil from: {error}") from error
    outputs = predict_patches(OpenVinoEngine(teacher), teacher.config, images, progress=True)
    return teacher.config.calibration.probability(outputs.logits).astype(np.float32)


def _from_table(path: Path, patches: Patches, indices: NDArray[np.int64]) -> NDArray[np.float32]:
    try:
        # Without folds it is a run's own prediction, not out of fold.
        table = pd.read_parquet(path, columns=[*_PLACE, "logit", "fold"])
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"no teacher to distil from: {path}: {error}") from error
    wanted = pd.DataFrame(
        {"case_id": patches.case_ids[indices], "x": patches.x[indices], "y": patches.y[indices]}
    )
    found = wanted.merge(table.astype({"case_id": str}), on=_PLACE, how="left", validate="1:1")
    missing = int(found["logit"].isna().sum())
    if missing:
        raise ConfigurationError(f"{path} lacks {missing:,} of the patches to learn from")
    probabilities: NDArray[np.float32] = expit(found["logit"].to_numpy()).astype(np.float32)
    return probabilities
