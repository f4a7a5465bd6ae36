"""A tiny but real bundle, whose logit can be calculated by hand, and images for it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino
from openvino import opset13 as ops
from PIL import Image

from hf_space.bundle.calibration import Calibration, OperatingPoint
from hf_space.bundle.config import (
    EVALUATION_FOLDER,
    FAMILIARITY_FILE,
    INFERENCE_FILE,
    METRICS_FILE,
    OPENVINO_FILE,
    OPENVINO_WEIGHTS_FILE,
    InferenceConfig,
    StatisticRange,
    TrainingFacts,
)
from hf_space.bundle.load import file_sha256

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hf_space.bundle.familiarity import Familiarity

INPUT_SIZE = 64
GRID = 4
WEIGHTS = (1 / 16, -1 / 16, 0.0)
BIAS = 0.5
CALIBRATION = Calibration(method="platt", slope=0.8, intercept=-0.2)
METRICS = {"roc_auc": 0.75}


def expected_logit(red: float, green: float, blue: float) -> float:
    """Return the tiny network's logit for an image of this mean colour."""
    return float(np.dot(WEIGHTS, (red, green, blue))) + BIAS


def expected_probability(red: float, green: float, blue: float) -> float:
    """Return the calibrated probability for an image of this mean colour."""
    logit = expected_logit(red, green, blue)
    return float(1 / (1 + np.exp(-(CALIBRATION.slope * logit + CALIBRATION.intercept))))


def write_bundle(folder: Path, described: Familiarity | None = None, **changes: Any) -> Path:
    """Write a bundle: average pooling to 4x4, then one linear unit per cell; returns the folder.

    Args:
        folder: Where to.
        described: What its features look like; they are the mean colour. None: it gives none.
        **changes: Of the content of ``inference.json``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = _network(gives_features=described is not None)
    openvino.save_model(network, folder / OPENVINO_FILE, compress_to_fp16=False)
    files = [OPENVINO_FILE, OPENVINO_WEIGHTS_FILE]
    if described:
        described.save(folder / FAMILIARITY_FILE)
        files.append(FAMILIARITY_FILE)
    facts: dict[str, Any] = {
        "name": "tiny",
        "revision": "r1",
        "input_size": INPUT_SIZE,
        "calibration": CALIBRATION,
        "thresholds": {
            "balanced": OperatingPoint(threshold=0.5, uncertain_low=0.4, uncertain_high=0.6),
            "high_sensitivity": OperatingPoint(
                threshold=0.2, uncertain_low=0.15, uncertain_high=0.25
            ),
        },
        "out_of_distribution": {
            "brightness": StatisticRange(low=20.0, high=245.0),
            "saturation": StatisticRange(low=0.05, high=1.0),
            "sharpness": StatisticRange(low=1.0, high=100_000.0),
            "stain_residual": StatisticRange(low=0.0, high=0.75),
        },
        "training": TrainingFacts(
            dataset="none",
            split_sha256="0" * 64,
            cases=0,
            patches=0,
            backbone="linear",
            date="2026-01-01",
        ),
        "sha256": {name: file_sha256(folder / name) for name in files},
    }
    config = InferenceConfig(**(facts | changes))
    (folder / INFERENCE_FILE).write_text(config.to_json(), encoding="utf-8")
    (folder / METRICS_FILE).write_text(json.dumps(METRICS), encoding="utf-8")
    (folder / EVALUATION_FOLDER).mkdir(exist_ok=True)
    (folder / EVALUATION_FOLDER / "roc.png").write_bytes(PLOT)
    return folder


def plain_image(
    red: int, green: int, blue: int, *, width: int = 50, height: int = 50
) -> NDArray[np.uint8]:
    """Return an image of one colour, uint8 (height, width, 3)."""
    return np.full((height, width, 3), (red, green, blue), dtype=np.uint8)


def encode(image: NDArray[np.uint8], image_format: str = "PNG", **options: Any) -> bytes:
    """Return an array as the bytes of an image file."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, image_format, **options)
    return buffer.getvalue()


PLOT = encode(plain_image(250, 250, 250))
"""The one plot of the bundle's evaluation."""


def _network(*, gives_features: bool) -> openvino.Model:
    image = ops.parameter([-1, INPUT_SIZE, INPUT_SIZE, 3], np.float32, name="image")
    channels_first = ops.transpose(image, np.array([0, 3, 1, 2]))
    cell = INPUT_SIZE // GRID
    window = [cell, cell]
    cells = ops.avg_pool(channels_first, window, [0, 0], [0, 0], window, exclude_pad=True)
    kernel = np.array(WEIGHTS, dtype=np.float32).reshape(1, 3, 1, 1)
    linear = ops.convolution(cells, kernel, [1, 1], [0, 0], [0, 0], [1, 1])
    activation = ops.squeeze(ops.add(linear, np.float32(BIAS)), np.array([1]))
    logit = ops.reduce_mean(activation, np.array([1, 2]))
    outputs = {"logit": logit, "activation_map": activation}
    if gives_features:
        outputs["features"] = ops.reduce_mean(cells, np.array([2, 3]))
    for name, node in outputs.items():
        node.output(0).get_tensor().set_names({name})
    return openvino.Model(list(outputs.values()), [image], "tiny")
