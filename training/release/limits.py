"""Write the limits beyond which there is no verdict into a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hf_space.bundle.config import INFERENCE_FILE, LIMITS_FILE
from hf_space.bundle.load import load_bundle
from hf_space.errors import BundleError
from hf_space.inference.openvino_engine import OpenVinoEngine
from training.data.arrays import load_patches
from training.data.splits import SPLIT_NAMES
from training.errors import ConfigurationError, RunError
from training.evaluation.limits import Limits, measure_limits
from training.release.revision import revised

if TYPE_CHECKING:
    from collections.abc import Collection

    from hf_space.bundle.load import Bundle

_LEARNED: Final = frozenset(SPLIT_NAMES) - {"test"}


def exported_bundle(folder: Path) -> Bundle:
    """Return the bundle in a folder; raises RunError if there is none."""
    try:
        return load_bundle(folder)
    except BundleError as error:
        raise RunError(f"{folder} holds no exported bundle: {error}") from error


def require_learned(splits: Collection[str]) -> None:
    """Raise ConfigurationError if a split is unknown, or is that of the test cases."""
    if unknown := set(splits) - _LEARNED:
        raise ConfigurationError(
            f"limits are measured on cases that the model learned from, not on {sorted(unknown)}"
        )


def write_limits(
    folder: Path, dataset: Path, *, splits: Collection[str], progress: bool = False
) -> Limits:
    """Measure the limits of a bundle's model and write them into the bundle.

    The bundle then has another revision, and must be evaluated again.

    Args:
        folder: The bundle, as `export` writes it.
        dataset: Folder written by ``prepare``.
        splits: The splits that the model learned from.
        progress: Show progress bars.

    Raises:
        RunError: The folder holds no bundle.
        ConfigurationError: A split is unknown, or that of the test cases.
        DatasetError: The data set is missing or too small; see `measure_limits`.
    """
    require_learned(splits)
    bundle = exported_bundle(folder)
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
    }
    config = revised(bundle.config.model_copy(update=changes))
    (folder / INFERENCE_FILE).write_text(config.to_json(), encoding="utf-8")
    (folder / LIMITS_FILE).write_text(limits.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return limits
