"""Write the distribution of the training patches' features into a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import keras
import numpy as np
import pandas as pd

from hf_space.bundle.config import FAMILIARITY_FILE, INFERENCE_FILE, FamiliarityLimits
from hf_space.bundle.familiarity import spread
from hf_space.bundle.load import file_sha256
from hf_space.imaging.quality import quality_statistics, quality_warnings
from hf_space.inference.engine import predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from hf_space.inference.tensorflow_engine import TensorFlowEngine, served
from hf_space.prediction.trust import IMAGE_REASONS
from training.data.arrays import Patches, load_patches
from training.errors import RunError
from training.evaluation.familiarity import (
    FALSE_ALARMS,
    FAMILIARITY_REPORT_FILE,
    WITHHELD,
    FamiliarityReport,
    alarm_threshold,
    case_balanced,
    fit_familiarity,
    held_out_distances,
)
from training.evaluation.limits import sample_by_case
from training.fitting.config import TrainConfig
from training.fitting.run import MODEL_FILE
from training.release.limits import exported_bundle, require_learned
from training.release.revision import revised

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from numpy.typing import NDArray

    from hf_space.bundle.config import InferenceConfig
    from hf_space.bundle.familiarity import Familiarity
    from hf_space.inference.engine import Engine

    Floats = NDArray[np.float64]

_PREDICTIONS: Final = "predictions.parquet"


def write_familiarity(
    folder: Path,
    dataset: Path,
    folds: Path,
    *,
    splits: Collection[str],
    progress: bool = False,
) -> FamiliarityReport:
    """Describe the features of the patches that a bundle's network learned from, and set limits.

    The limits are found with the networks of the folds, each on the cases that it never saw,
    because a network's features are closer together on its own training cases. Set the limits of
    the statistics first, see `write_limits`. The bundle then has another revision, and must be
    evaluated again.

    Args:
        folder: The bundle, as `export` writes it.
        dataset: Folder written by `prepare`; at most 60 patches of each case are measured.
        folds: Folder written by `cross-validate`.
        splits: The splits that the model learned from.
        progress: Show progress bars.

    Raises:
        RunError: A folder has no bundle or fold, a network returns no features, the folds have
            other inputs than the bundle, or no fold holds out some of the cases.
        ConfigurationError: A split is unknown, or that of the test cases.
        DatasetError: The data set is missing.
    """
    require_learned(splits)
    bundle = exported_bundle(folder)
    sample = _Sample.of(load_patches(dataset), splits)
    distances = np.full(len(sample.labels), np.nan)
    for run in sorted(folds.glob("fold_*")):
        held_out = np.isin(sample.cases, _held_out_cases(run))
        features = sample.features(
            _fold_engine(run, bundle.config), bundle.config, progress=progress
        )
        distances[held_out] = held_out_distances(features, sample.labels, sample.cases, held_out)
    if missing := int(np.isnan(distances).sum()):
        raise RunError(f"no fold in {folds} holds out the cases of {missing:,} of the patches")
    features = sample.features(OpenVinoEngine(bundle), bundle.config, progress=progress)
    weights = case_balanced(sample.cases)
    fitted = fit_familiarity(features, sample.labels, weights)
    # The service adds no warning to these, so they are not alarms.
    distances[sample.withheld(bundle.config)] = 0.0
    report = _report(distances, sample.cases)
    _write(folder, bundle.config, fitted, report)
    return report


@dataclass(frozen=True, slots=True)
class _Sample:
    """Patches to measure: uint8 (N, h, h, 3), with their labels and cases."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    cases: NDArray[np.str_]

    @classmethod
    def of(cls, patches: Patches, splits: Collection[str]) -> _Sample:
        learned = np.flatnonzero(np.isin(patches.splits, list(splits)))
        chosen = learned[sample_by_case(patches.case_ids[learned])]
        return cls(patches.images[chosen], patches.labels[chosen], patches.case_ids[chosen])

    def features(self, engine: Engine, config: InferenceConfig, *, progress: bool) -> Floats:
        found = predict_patches(engine, config, self.images, progress=progress).features
        if found is None:
            raise RunError("the network has no output `features`: train and export it again")
        return spread(found)

    def withheld(self, config: InferenceConfig) -> NDArray[np.bool_]:
        """Return which patches already get no verdict because of their statistics."""
        return np.array([bool(_reasons(patch, config)) for patch in self.images])


def _reasons(patch: NDArray[np.uint8], config: InferenceConfig) -> frozenset[str]:
    statistics = quality_statistics(patch, config.stain_reference)
    found = quality_warnings(statistics, config.out_of_distribution, config.assessable)
    return IMAGE_REASONS.intersection(found)


def _report(distances: Floats, cases: NDArray[np.str_]) -> FamiliarityReport:
    limits = FamiliarityLimits(
        unfamiliar=alarm_threshold(distances, cases, share=FALSE_ALARMS),
        unlike_training=alarm_threshold(distances, cases, share=WITHHELD),
    )
    weights = case_balanced(cases)
    return FamiliarityReport(
        patches=len(cases),
        cases=len(np.unique(cases)),
        limits=limits,
        false_alarms={
            name: float(np.average(distances > limit, weights=weights))
            for name, limit in limits.model_dump().items()
        },
    )


def _fold_engine(run: Path, config: InferenceConfig) -> Engine:
    own = TrainConfig.load(run)
    inputs = own.input_size, own.margin, own.color_mode, own.interpolation
    wanted = config.input_size, config.margin_pixels, config.color_mode, config.interpolation
    if inputs != wanted:
        raise RunError(f"{run} has inputs of {inputs}, the bundle of {wanted}")
    if not (run / MODEL_FILE).is_file():
        raise RunError(f"{run} has no {MODEL_FILE}: run `cross-validate` to its end")
    return TensorFlowEngine(served(keras.saving.load_model(run / MODEL_FILE, compile=False)))


def _held_out_cases(run: Path) -> NDArray[np.str_]:
    try:
        table = pd.read_parquet(run / _PREDICTIONS, columns=["case_id"])
    except (OSError, ValueError) as error:
        raise RunError(f"{run} is not finished: run `cross-validate` to its end") from error
    return np.asarray(table["case_id"], np.str_)


def _write(
    folder: Path, config: InferenceConfig, fitted: Familiarity, report: FamiliarityReport
) -> None:
    fitted.save(folder / FAMILIARITY_FILE)
    hashes = config.sha256 | {FAMILIARITY_FILE: file_sha256(folder / FAMILIARITY_FILE)}
    changed = revised(config.model_copy(update={"familiarity": report.limits, "sha256": hashes}))
    (folder / INFERENCE_FILE).write_text(changed.to_json(), encoding="utf-8")
    text = report.model_dump_json(indent=2) + "\n"
    (folder / FAMILIARITY_REPORT_FILE).write_text(text, encoding="utf-8")
