"""The same patches through every format give the same logits and maps."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import openvino
import pytest
import tensorflow as tf

from hf_space.bundle.calibration import Calibration, OperatingPoint
from hf_space.bundle.config import OPENVINO_FILE, Interpolation
from hf_space.bundle.load import load_bundle
from hf_space.imaging.preprocess import pad_to_patch, preprocess, reflect_margin
from hf_space.inference import tensorflow_engine
from hf_space.inference.engine import predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from tests.bundle_factory import INPUT_SIZE, write_bundle
from tests.synthetic import make_patches
from training.errors import RunError
from training.evaluation.calibrate import CalibrationReport, CalibrationResult
from training.fitting.config import CONFIG_FILE, Backbone, TrainConfig
from training.fitting.gradcam import grad_cam
from training.fitting.model import (
    ACTIVATION_MAP,
    FEATURE_MAP,
    LOGIT,
    build_model,
    explained,
)
from training.fitting.run import FACTS_FILE, MODEL_FILE, RunFacts
from training.release.export import EXTRA_FORMATS, PROBABILITY_FILE, export
from training.release.probability import probability_model

SIZE, MARGIN = 64, 32
POINT = OperatingPoint(threshold=0.5, uncertain_low=0.4, uncertain_high=0.6)
CALIBRATION = CalibrationResult(
    calibration=Calibration(method="platt", slope=1.5, intercept=0.25),
    thresholds={"balanced": POINT, "high_sensitivity": POINT},
    report=CalibrationReport(
        patches=30,
        cases=3,
        folds=3,
        prevalence=0.25,
        nll_before=0.5,
        nll_after=0.4,
        ece_before=0.1,
        ece_after=0.05,
        operating_points={},
        by_fold={},
        by_case={},
    ),
)
Results = dict[str, tuple[np.ndarray, np.ndarray]]


def _model(backbone: Backbone, batch: np.ndarray) -> keras.Model:
    keras.utils.set_random_seed(7)
    model = explained(build_model(backbone, input_size=SIZE, margin=MARGIN))
    features = keras.Model(model.input, model.get_layer(FEATURE_MAP).output)(batch, training=False)
    head = model.get_layer(ACTIVATION_MAP)
    # Untrained features are tiny; the head is scaled so that logits differ by about one.
    scale = 1 / (np.std(features) * np.sqrt(features.shape[-1]))
    head.kernel.assign(np.random.default_rng(2).normal(size=head.kernel.shape) * scale)
    head.bias.assign([0.3])
    return model


def _pair(outputs: dict[str, object]) -> tuple[np.ndarray, np.ndarray]:
    logits, maps = np.asarray(outputs[LOGIT]), np.asarray(outputs[ACTIVATION_MAP])
    return logits.reshape(len(logits)), maps.reshape(maps.shape[:3])


@dataclass(frozen=True)
class Exported:
    """A model, its bundle in every format, and images for it."""

    model: keras.Model
    folder: Path
    batch: np.ndarray


# EfficientNetB0 has the layers of EfficientNetV2B0; its input is tested with the models.
@pytest.fixture(scope="module", params=["efficientnetv2b0", "vgg16"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    backbone: Backbone = request.param
    folder = tmp_path_factory.mktemp(backbone)
    run, out = folder / "run", folder / "bundle"
    run.mkdir()
    images, _ = make_patches(3, seed=3)
    batch = preprocess(images, input_size=SIZE)
    model = _model(backbone, batch)
    config = TrainConfig(
        dataset="", backbone=backbone, weights="none", input_size=SIZE, margin=MARGIN
    )
    (run / CONFIG_FILE).write_text(config.to_json())
    facts = RunFacts(cases=3, patches=30, seconds=1.0, out_of_distribution={})
    (run / FACTS_FILE).write_text(facts.model_dump_json())
    model.save(run / MODEL_FILE)
    export(run, out, name="test", calibration=CALIBRATION, formats=EXTRA_FORMATS)
    return Exported(model, out, batch)


@pytest.fixture(scope="module")
def results(exported: Exported) -> Results:
    model, out, batch = exported.model, exported.folder, exported.batch
    loaded = load_bundle(out)
    assert loaded.config.margin_pixels == MARGIN
    padded = reflect_margin(batch, MARGIN)
    outputs = OpenVinoEngine(loaded).run(padded)
    in_tensorflow = tensorflow_engine.load(loaded).run(padded)
    assert outputs.features is not None
    assert in_tensorflow.features is not None
    np.testing.assert_allclose(outputs.features, in_tensorflow.features, atol=1e-4)
    signature = tf.saved_model.load(str(out / "saved_model")).signatures["serving_default"]
    bias = np.asarray(model.get_layer(ACTIVATION_MAP).bias)
    cam = grad_cam(model, batch)
    explained_by_gradient = cam * cam.shape[1] * cam.shape[2] + bias
    return {
        "before saving": _pair(model(batch, training=False)),
        "bundle": _pair(keras.saving.load_model(out)(batch, training=False)),
        "keras": _pair(keras.saving.load_model(out / "model.keras")(batch, training=False)),
        "h5": _pair(
            keras.saving.load_model(out / "model.h5", compile=False)(padded, training=False)
        ),
        "saved_model": _pair(signature(tf.constant(batch))),
        "tensorflow engine": (in_tensorflow.logits, in_tensorflow.activation_maps),
        "openvino": (outputs.logits, outputs.activation_maps),
        "grad_cam": (explained_by_gradient.mean(axis=(1, 2)), explained_by_gradient),
    }


def test_every_format_agrees(results: Results) -> None:
    logits, maps = results["before saving"]
    assert np.std(logits) > 0.01
    assert np.std(maps) > 0.1
    for name, (other_logits, other_maps) in results.items():
        np.testing.assert_allclose(other_logits, logits, atol=1e-4, err_msg=name)
        np.testing.assert_allclose(other_maps, maps, atol=1e-4, err_msg=name)
        np.testing.assert_allclose(other_maps.mean(axis=(1, 2)), other_logits, atol=1e-4)


def test_the_probability_is_that_of_the_service_whatever_the_size(exported: Exported) -> None:
    bundle = load_bundle(exported.folder)
    model = keras.saving.load_model(exported.folder / PROBABILITY_FILE)
    whole = make_patches(1, seed=5)[0]
    cut = [whole[:, :, :31], whole[:, :7], whole[:, :1, :1], whole[:, 9:40, 3:20]]
    # Each pixel as four: the same field at a finer scale.
    finer = whole.repeat(2, axis=1).repeat(2, axis=2)
    for patches in (whole, *cut, finer):
        coarse = patches if max(patches.shape[1:3]) <= 50 else patches[:, ::2, ::2]
        padded = np.stack([pad_to_patch(patch, 50) for patch in coarse])
        logits = predict_patches(OpenVinoEngine(bundle), bundle.config, padded).logits
        expected = bundle.config.calibration.probability(logits)
        found = np.asarray(model(patches))
        assert found.shape == (len(patches), 1)
        np.testing.assert_allclose(found[:, 0], expected, atol=1e-4)
    assert model.input_shape == (None, None, None, 3)
    assert model.inputs[0].dtype == "uint8"


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_grayscale_is_inside_too(tmp_path: Path, interpolation: Interpolation) -> None:
    config = load_bundle(write_bundle(tmp_path)).config.model_copy(
        update={"color_mode": "grayscale", "interpolation": interpolation}
    )
    image = keras.Input((INPUT_SIZE, INPUT_SIZE, 3))
    flat = keras.layers.Flatten()(image)
    network = keras.Model(image, {LOGIT: keras.layers.Dense(1, "linear", use_bias=False)(flat)})
    kernel = np.random.default_rng(0).normal(0, 1e-3, (INPUT_SIZE**2 * 3, 1))
    network.set_weights([kernel])
    probability_model(network, config).save(tmp_path / PROBABILITY_FILE)
    patches = np.random.default_rng(1).integers(0, 256, (3, 50, 50, 3), dtype=np.uint8)
    inputs = preprocess(
        patches, input_size=INPUT_SIZE, color_mode="grayscale", interpolation=interpolation
    )
    expected = config.calibration.probability(inputs.reshape(3, -1) @ kernel)
    found = keras.saving.load_model(tmp_path / PROBABILITY_FILE)(patches)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("exported", ["vgg16"], indirect=True)
def test_files_of_an_earlier_export_are_removed(exported: Exported, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(exported.folder, out)
    export(exported.folder.parent / "run", out, name="test", calibration=CALIBRATION)
    left = {path.name for path in out.iterdir()}
    assert not left & {"model.keras", "model.h5", "saved_model", PROBABILITY_FILE}


def test_the_graph_gives_the_features_under_the_map(exported: Exported) -> None:
    network = openvino.Core().compile_model(
        exported.folder / OPENVINO_FILE, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    found = network(reflect_margin(exported.batch, MARGIN))
    for name, expected in exported.model(exported.batch, training=False).items():
        np.testing.assert_allclose(found[name], expected, atol=1e-4, err_msg=name)


def test_an_unfinished_run_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="finish it"):
        export(tmp_path, tmp_path / "out", name="test", calibration=CALIBRATION)
