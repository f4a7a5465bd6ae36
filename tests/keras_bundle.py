"""The tiny bundle in both forms, as `export` writes it, with figures: fit to be published."""

from __future__ import annotations

import zipfile
from pathlib import Path

import keras
import numpy as np

from hf_space.bundle.config import INFERENCE_FILE, InferenceConfig
from hf_space.bundle.load import file_sha256
from tests.bundle_factory import BIAS, GRID, INPUT_SIZE, WEIGHTS
from tests.measured_bundle import write_measured_bundle
from training.fitting.model import ACTIVATION_MAP, LOGIT
from training.release.export import KERAS_WEIGHTS_FILE


def write_keras_bundle(folder: Path, *, bias: float = BIAS) -> Path:
    """Write the tiny measured bundle and its network as Keras's; returns the folder.

    Args:
        folder: Where to.
        bias: Of the Keras network; another than `BIAS` makes it differ from OpenVINO's.
    """
    write_measured_bundle(folder)
    archive = folder / "model.keras"
    _network(bias).save(archive)
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder)
    archive.unlink()
    facts = folder / INFERENCE_FILE
    config = InferenceConfig.from_json(facts.read_bytes())
    hashes = config.sha256 | {KERAS_WEIGHTS_FILE: file_sha256(folder / KERAS_WEIGHTS_FILE)}
    facts.write_text(config.model_copy(update={"sha256": hashes}).to_json(), encoding="utf-8")
    return folder


def _network(bias: float) -> keras.Model:
    image = keras.Input((INPUT_SIZE, INPUT_SIZE, 3), name="image")
    cells = keras.layers.AveragePooling2D(INPUT_SIZE // GRID)(image)
    head = keras.layers.Conv2D(1, 1, name=ACTIVATION_MAP)
    activation_map = head(cells)
    head.set_weights([np.reshape(WEIGHTS, (1, 1, 3, 1)), np.array([bias])])
    logit = keras.layers.GlobalAveragePooling2D(name=LOGIT)(activation_map)
    return keras.Model(image, {LOGIT: logit, ACTIVATION_MAP: activation_map})
