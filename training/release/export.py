"""From a run to the bundle that the service, the Hub and Keras load."""

from __future__ import annotations

import datetime
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import keras
import openvino as ov

from hf_space.bundle.config import (
    FAMILIARITY_FILE,
    INFERENCE_FILE,
    LIMITS_FILE,
    METRICS_FILE,
    OPENVINO_FILE,
    OPENVINO_WEIGHTS_FILE,
    InferenceConfig,
    TrainingFacts,
)
from hf_space.bundle.load import file_sha256
from hf_space.inference.tensorflow_engine import served
from training.data.splits import split_sha256
from training.errors import RunError
from training.evaluation.calibrate import CALIBRATION_FILE, CalibrationResult
from training.evaluation.familiarity import FAMILIARITY_REPORT_FILE
from training.fitting.config import TrainConfig
from training.fitting.model import ACTIVATION_MAP, FEATURES, LOGIT
from training.fitting.run import MODEL_FILE, TRAINING_FILE, RunFacts, TrainingRecord
from training.release.layers import of_layers
from training.release.probability import probability_model
from training.release.revision import revised

KERAS_WEIGHTS_FILE = "model.weights.h5"
PROBABILITY_FILE = "probability.keras"
_SAVED_MODEL = "saved_model"
EXTRA_FORMATS = ("keras", "h5", _SAVED_MODEL, "probability")
_STALE = (
    *("model.keras", "model.h5", PROBABILITY_FILE),
    *(METRICS_FILE, LIMITS_FILE, FAMILIARITY_FILE, FAMILIARITY_REPORT_FILE),
    "README.md",
)
# Placeholder until the content is known.
_UNNAMED = "none"


def export(
    run: Path,
    out: Path,
    *,
    name: str,
    calibration: CalibrationResult,
    formats: Sequence[str] = (),
) -> InferenceConfig:
    """Write a finished run as a bundle: Keras's Hub layout, OpenVINO and ``inference.json``.

    Args:
        run: folder of a finished run.
        out: folder of the bundle; files of an earlier export are replaced, its figures
            and its card removed.
        name: the model's name, as results show it.
        calibration: result of ``calibrate`` on out-of-fold logits.
        formats: further files for other tools: ``keras`` holds the same model in one file,
            ``saved_model`` is TensorFlow's. The ``h5`` network takes the margin from its caller,
            like OpenVINO's. ``probability`` takes uint8 patches of any size and returns calibrated
            probabilities; see `probability_model`.

    Raises:
        RunError: the run is not finished.
    """
    if not (run / MODEL_FILE).is_file():
        raise RunError(f"{run} has no {MODEL_FILE}: finish it with `train --resume {run}`")
    out.mkdir(parents=True, exist_ok=True)
    # Figures and limits of an earlier model must not remain beside the new weights.
    for stale in _STALE:
        (out / stale).unlink(missing_ok=True)
    shutil.rmtree(out / _SAVED_MODEL, ignore_errors=True)
    model = keras.saving.load_model(run / MODEL_FILE, compile=False)
    with zipfile.ZipFile(run / MODEL_FILE) as archive:
        archive.extractall(out)
    network = served(model)
    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, format="tf_saved_model", verbose=False)
        write_openvino(Path(folder), out / OPENVINO_FILE)
    if _SAVED_MODEL in formats:
        model.export(out / _SAVED_MODEL, format="tf_saved_model", verbose=False)
    if "keras" in formats:
        model.save(out / "model.keras")
    if "h5" in formats:
        of_layers(network).save(out / "model.h5")
    config = _inference_config(run, out, name=name, calibration=calibration)
    if "probability" in formats:
        probability_model(model, config).save(out / PROBABILITY_FILE)
    record = TrainingRecord.of(run)
    (out / INFERENCE_FILE).write_text(config.to_json(), encoding="utf-8")
    for file, content in ((TRAINING_FILE, record), (CALIBRATION_FILE, calibration)):
        (out / file).write_text(content.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return config


def write_openvino(saved_model: Path, target: Path) -> None:
    """Convert a SavedModel to OpenVINO in full precision, with outputs named as the bundle says.

    Full precision keeps the logits within 1e-4 of Keras's; OpenVINO halves weights by default.
    """
    network = ov.convert_model(saved_model)
    for output in network.outputs:
        output.get_tensor().set_names({_output_name(output.get_partial_shape())})
    ov.save_model(network, target, compress_to_fp16=False)


def _output_name(shape: ov.PartialShape) -> str:
    # The conversion only numbers the outputs, so they are identified by their content.
    if len(shape) == 4:
        return ACTIVATION_MAP
    return LOGIT if shape[1] == 1 else FEATURES


def _inference_config(
    run: Path, out: Path, *, name: str, calibration: CalibrationResult
) -> InferenceConfig:
    config = TrainConfig.load(run)
    facts = RunFacts.load(run)
    hashes = {
        file: file_sha256(out / file)
        for file in (KERAS_WEIGHTS_FILE, OPENVINO_FILE, OPENVINO_WEIGHTS_FILE)
    }
    facts_of_bundle = InferenceConfig(
        name=name,
        revision=_UNNAMED,
        input_size=config.input_size,
        margin_pixels=config.margin,
        color_mode=config.color_mode,
        interpolation=config.interpolation,
        calibration=calibration.calibration,
        assumed_prevalence=calibration.report.prevalence,
        thresholds=calibration.thresholds,
        out_of_distribution=facts.out_of_distribution,
        training=TrainingFacts(
            dataset=facts.dataset_name,
            split_sha256=split_sha256(),
            cases=facts.cases,
            patches=facts.patches,
            backbone=config.backbone,
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        ),
        sha256=hashes,
    )
    return revised(facts_of_bundle)
