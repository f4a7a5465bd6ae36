from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from hf_space.imaging.preprocess import reflect_margin
from hf_space.inference.tensorflow_engine import served
from training.errors import ConfigurationError, RunError
from training.fitting.config import BACKBONES, Backbone
from training.fitting.gradcam import grad_cam
from training.fitting.model import (
    ACTIVATION_MAP,
    FEATURE_MAP,
    FEATURES,
    LOGIT,
    STRIDE,
    VGG_PREPROCESSING,
    build_model,
    explained,
    freeze_for_head,
    initial_bias,
    unfreeze,
    with_noise,
)

SIZE = 64
MARGIN = 16


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (3, SIZE, SIZE, 3)).astype(np.float32)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_cell_of_one_colour_does_not_know_its_place(backbone: Backbone) -> None:
    keras.utils.set_random_seed(1)
    model = build_model(backbone, input_size=SIZE, margin=0)
    features = keras.Model(model.input, model.get_layer(FEATURE_MAP).output)
    image = np.full((1, SIZE, SIZE, 3), [200, 120, 160], np.float32)
    cells = np.asarray(features(image, training=False)).reshape(-1, features.output_shape[-1])
    assert np.abs(cells).max() > 0
    np.testing.assert_allclose(cells, np.broadcast_to(cells[0], cells.shape), rtol=1e-4)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_map_explains_the_logit(backbone: Backbone, images: np.ndarray) -> None:
    keras.utils.set_random_seed(1)
    model = explained(build_model(backbone, input_size=SIZE, margin=MARGIN))
    head = model.get_layer(ACTIVATION_MAP)
    features = keras.Model(model.input, model.get_layer(FEATURE_MAP).output)(images, training=False)
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


@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_served_network_takes_the_margin_that_keras_reflects(
    backbone: Backbone, images: np.ndarray
) -> None:
    keras.utils.set_random_seed(1)
    model = explained(build_model(backbone, input_size=SIZE, margin=2 * MARGIN))
    network = served(model)
    assert network.input_shape == (None, SIZE + 4 * MARGIN, SIZE + 4 * MARGIN, 3)
    inside, outside = model(images), network(reflect_margin(images, 2 * MARGIN))
    assert inside[ACTIVATION_MAP].shape == (3, SIZE // STRIDE, SIZE // STRIDE, 1)
    for name, expected in inside.items():
        np.testing.assert_allclose(outside[name], expected, atol=1e-6, err_msg=name)
    # The margin matters: other neighbours give another map.
    other = network(np.pad(images, ((0, 0), *[(2 * MARGIN,) * 2] * 2, (0, 0))))
    assert np.abs(other[ACTIVATION_MAP] - inside[ACTIVATION_MAP]).max() > 1e-6


def test_the_features_are_the_mean_under_the_map(images: np.ndarray) -> None:
    model = explained(build_model("efficientnetv2b0", input_size=SIZE, margin=MARGIN))
    spatial = keras.Model(model.input, model.get_layer(FEATURE_MAP).output)(images)
    outputs = model(images)
    np.testing.assert_allclose(outputs[FEATURES], np.mean(spatial, axis=(1, 2)), atol=1e-6)
    head = model.get_layer(ACTIVATION_MAP)
    logits = outputs[FEATURES] @ head.kernel[0, 0] + head.bias
    np.testing.assert_allclose(logits, outputs[LOGIT], atol=1e-5)


@pytest.mark.parametrize(("size", "margin"), [(100, 16), (48, 16), (64, 8), (64, 64), (64, -16)])
def test_sizes_that_do_not_fit_the_stride_are_refused(size: int, margin: int) -> None:
    with pytest.raises(ConfigurationError, match="does not fit"):
        build_model("vgg16", input_size=size, margin=margin)


def test_noise_shares_the_weights_and_is_there_in_training_only(images: np.ndarray) -> None:
    keras.utils.set_random_seed(1)
    model = build_model("efficientnetv2b0", input_size=SIZE, margin=MARGIN)
    assert with_noise(model, 0.0) is model
    noisy = with_noise(model, 0.1)
    assert noisy.trainable_variables[0] is model.trainable_variables[0]
    np.testing.assert_array_equal(noisy(images, training=False), model(images, training=False))
    noises = [layer for layer in noisy.layers if isinstance(layer, keras.layers.GaussianDropout)]
    assert len(noises) >= 8
    ones = np.ones((1, 200, 200, 1), np.float32)
    factors = np.asarray(noises[0](ones, training=True))
    assert (factors.mean(), factors.std()) == pytest.approx((1, 0.1), abs=0.005)


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
        "efficientnetb0", input_size=SIZE, margin=0, weights=str(tmp_path / "body.weights.h5")
    )
    found = keras.Model(model.input, _normalisation(model).output)(images)
    np.testing.assert_allclose(found, (images / 255 - mean) / variance, rtol=1e-4, atol=1e-3)


def test_vgg_preprocessing_is_the_published_one(images: np.ndarray) -> None:
    model = build_model("vgg16", input_size=SIZE, margin=0)
    layer = keras.Model(model.input, model.get_layer(VGG_PREPROCESSING).output)
    expected = keras.applications.vgg16.preprocess_input(images.copy())
    np.testing.assert_allclose(layer(images), expected, atol=1e-3)


def test_phases_train_what_they_should() -> None:
    model = build_model("efficientnetb0", input_size=SIZE, margin=MARGIN)
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
    model = build_model("vgg16", input_size=SIZE, margin=MARGIN, weights=str(path))
    np.testing.assert_array_equal(
        model.get_layer("block1_conv1").kernel, source.get_layer("block1_conv1").kernel
    )


def test_missing_and_unfit_weights_are_explained(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such weights file"):
        build_model(
            "efficientnetb0",
            input_size=SIZE,
            margin=MARGIN,
            weights=str(tmp_path / "none.weights.h5"),
        )
    unfit = tmp_path / "unfit.weights.h5"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save_weights(unfit)
    with pytest.raises(RunError, match="cannot load the weights"):
        build_model("efficientnetb0", input_size=SIZE, margin=MARGIN, weights=str(unfit))
