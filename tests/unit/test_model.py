from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from training.errors import RunError
from training.fitting.config import BACKBONES, Backbone
from training.fitting.gradcam import grad_cam
from training.fitting.model import (
    ACTIVATION_MAP,
    FEATURES,
    LOGIT,
    VGG_PREPROCESSING,
    build_model,
    explained,
    freeze_for_head,
    initial_bias,
    unfreeze,
)

SIZE = 64


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (3, SIZE, SIZE, 3)).astype(np.float32)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_map_explains_the_logit(backbone: Backbone, images: np.ndarray) -> None:
    keras.utils.set_random_seed(1)
    model = explained(build_model(backbone, input_size=SIZE))
    head = model.get_layer(ACTIVATION_MAP)
    features = keras.Model(model.input, model.get_layer(FEATURES).output)(images, training=False)
    # Untrained features are tiny; the head is scaled so that the map varies by about one.
    rng = np.random.default_rng(2)
    scale = 1 / (np.std(features) * np.sqrt(features.shape[-1]))
    head.kernel.assign(rng.normal(size=head.kernel.shape) * scale)
    head.bias.assign([0.7])
    outputs = {name: np.asarray(value) for name, value in model(images, training=False).items()}
    maps = outputs[ACTIVATION_MAP][..., 0]
    np.testing.assert_allclose(maps.mean(axis=(1, 2)), outputs[LOGIT][:, 0], atol=1e-5)
    # Averaging the gradient divides by the map's area, and the bias has no gradient.
    area = maps.shape[1] * maps.shape[2]
    np.testing.assert_allclose(grad_cam(model, images) * area + 0.7, maps, atol=1e-4)

    head.kernel.assign(rng.normal(size=head.kernel.shape) * scale)
    changed = np.asarray(model(images, training=False)[ACTIVATION_MAP])[..., 0]
    assert np.abs(changed - maps).max() > 0.1


def _normalisation(model: keras.Model) -> keras.layers.Layer:
    return next(layer for layer in model.layers if isinstance(layer, keras.layers.Normalization))


def test_a_weights_file_gives_efficientnetb0_the_input_it_was_trained_on(
    tmp_path: Path, images: np.ndarray
) -> None:
    body = keras.applications.EfficientNetB0(include_top=False, weights=None)
    normalisation = _normalisation(body)
    mean, variance = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]) ** 2
    normalisation.adapt_mean.assign(mean)
    normalisation.adapt_variance.assign(variance)
    body.save_weights(tmp_path / "body.weights.h5")
    model = build_model(
        "efficientnetb0", input_size=SIZE, weights=str(tmp_path / "body.weights.h5")
    )
    found = keras.Model(model.input, _normalisation(model).output)(images)
    np.testing.assert_allclose(found, (images / 255 - mean) / variance, rtol=1e-4, atol=1e-3)


def test_vgg_preprocessing_is_the_published_one(images: np.ndarray) -> None:
    model = build_model("vgg16", input_size=SIZE)
    layer = keras.Model(model.input, model.get_layer(VGG_PREPROCESSING).output)
    expected = keras.applications.vgg16.preprocess_input(images.copy())
    np.testing.assert_allclose(layer(images), expected, atol=1e-3)


def test_phases_train_what_they_should() -> None:
    model = build_model("efficientnetb0", input_size=SIZE)
    freeze_for_head(model)
    assert {w.path.split("/")[0] for w in model.trainable_weights} == {ACTIVATION_MAP}
    unfreeze(model, batch_statistics=False)
    frozen = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert frozen
    assert not any(layer.trainable for layer in frozen)
    unfreeze(model, batch_statistics=True)
    assert all(layer.trainable for layer in frozen)


def test_initial_bias_is_the_log_odds() -> None:
    assert initial_bias(0.5) == 0
    assert initial_bias(0.2) == pytest.approx(np.log(0.25))
    assert np.isfinite(initial_bias(0.0))


def test_a_headless_weights_file_is_loaded(tmp_path: Path) -> None:
    keras.utils.set_random_seed(4)
    source = keras.applications.VGG16(include_top=False, weights=None)
    path = tmp_path / "notop.weights.h5"
    source.save_weights(path)
    model = build_model("vgg16", input_size=SIZE, weights=str(path))
    np.testing.assert_array_equal(
        model.get_layer("block1_conv1").kernel, source.get_layer("block1_conv1").kernel
    )


def test_missing_and_unfit_weights_are_explained(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such weights file"):
        build_model("efficientnetb0", input_size=SIZE, weights=str(tmp_path / "none.weights.h5"))
    unfit = tmp_path / "unfit.weights.h5"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save_weights(unfit)
    with pytest.raises(RunError, match="cannot load the weights"):
        build_model("efficientnetb0", input_size=SIZE, weights=str(unfit))
