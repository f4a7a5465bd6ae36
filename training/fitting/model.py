"""Backbones under the flat head, whose activation map averages to the logit."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import keras
import numpy as np

from training.errors import RunError
from training.fitting.config import Backbone, TrainConfig

ACTIVATION_MAP = "activation_map"
LOGIT = "logit"
FEATURES = "features"
VGG_PREPROCESSING = "vgg16_preprocessing"
# Channel means of ImageNet in BGR order, as VGG16 was trained with (Simonyan 2015).
_VGG_BGR_MEAN = (103.939, 116.779, 123.68)


def build_model(
    backbone: Backbone, *, input_size: int, weights: str = "none", dropout: float = 0.0
) -> keras.Model:
    """Build the classifier: features, 1x1 convolution to one map, global average.

    The mean of the map is the logit, so the class activation map (Zhou 2016) comes with the
    same forward pass.

    Args:
        backbone: name of the Keras application.
        input_size: side of the input, in pixels.
        weights: ``imagenet``, ``none`` or a ``.weights.h5`` file of the headless application.
        dropout: share of feature channels dropped before the head while training.

    Returns:
        Model from float32 ``(N, input_size, input_size, 3)`` in 0..255 to logits ``(N, 1)``.

    Raises:
        RunError: the weights cannot be read or downloaded.
    """
    inputs = keras.Input((input_size, input_size, 3), name="image")
    body = _features(backbone, inputs, weights)
    features = keras.layers.Activation("linear", name=FEATURES)(body)
    dropped = keras.layers.SpatialDropout2D(dropout, name="head_dropout")(features)
    activation_map = keras.layers.Conv2D(1, 1, name=ACTIVATION_MAP)(dropped)
    logit = keras.layers.GlobalAveragePooling2D(name=LOGIT)(activation_map)
    return keras.Model(inputs, logit, name=backbone)


def explained(model: keras.Model) -> keras.Model:
    """Return the model with outputs ``logit`` (N, 1) and ``activation_map`` (N, r, c, 1)."""
    outputs = {name: model.get_layer(name).output for name in (LOGIT, ACTIVATION_MAP)}
    return keras.Model(model.input, outputs, name=model.name)


def freeze_for_head(model: keras.Model) -> None:
    """Let only the head learn."""
    for layer in model.layers:
        layer.trainable = layer.name == ACTIVATION_MAP


def unfreeze(model: keras.Model, *, batch_statistics: bool) -> None:
    """Let everything learn; ``batch_statistics`` says whether batch normalisation does too."""
    for layer in model.layers:
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        preprocesses = layer.name == VGG_PREPROCESSING
        layer.trainable = not preprocesses and (batch_statistics or not normalises)


def from_config(config: TrainConfig) -> keras.Model:
    """Build the model that a run's configuration describes."""
    return build_model(
        config.backbone,
        input_size=config.input_size,
        weights=config.weights,
        dropout=config.dropout,
    )


def initial_bias(positive_share: float) -> float:
    """Return the head's first bias, the log odds of the positive class (Lin 2017, section 4.1)."""
    clipped = min(max(positive_share, 1e-3), 1 - 1e-3)
    return math.log(clipped / (1 - clipped))


def _features(backbone: Backbone, inputs: keras.KerasTensor, weights: str) -> keras.KerasTensor:
    builders = {
        "efficientnetb0": keras.applications.EfficientNetB0,
        "efficientnetv2b0": keras.applications.EfficientNetV2B0,
        "vgg16": keras.applications.VGG16,
    }
    source = "imagenet" if weights == "imagenet" else None
    # VGG16's preprocessing layer comes after loading: weights are matched by the layers' order.
    start = {"input_shape": inputs.shape[1:]} if backbone == "vgg16" else {"input_tensor": inputs}
    try:
        body = builders[backbone](include_top=False, weights=source, **start)
        if weights not in ("imagenet", "none"):
            _load_headless(body, Path(weights))
            if backbone == "efficientnetb0":
                _match_original_normalisation(body)
    # Keras reports a failed download with a bare Exception.
    except Exception as error:
        raise RunError(
            f"cannot load the weights {weights!r} into {backbone}: {error}. "
            "Without a network, pass --weights FILE or --weights none."
        ) from error
    return _vgg_on(inputs, body) if backbone == "vgg16" else body.output


def _load_headless(body: keras.Model, path: Path) -> None:
    if not path.is_file():
        raise RunError(f"no such weights file: {path}")
    # Keras only warns about layers for which the file has nothing, and leaves them random.
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        body.load_weights(path)


def _match_original_normalisation(body: keras.Model) -> None:
    # EfficientNetB0's weights were learned on (x - mean) / variance. Keras adds the missing
    # division only when it downloads the weights itself; here the squared variance does the same.
    (layer,) = (layer for layer in body.layers if isinstance(layer, keras.layers.Normalization))
    layer.adapt_variance.assign(keras.ops.square(layer.adapt_variance))
    layer.finalize_state()


def _vgg_on(inputs: keras.KerasTensor, body: keras.Model) -> keras.KerasTensor:
    # A fixed 1x1 convolution swaps RGB for BGR and subtracts the means: it serialises like any
    # other layer, which a Lambda does not.
    swap = keras.layers.Conv2D(3, 1, trainable=False, name=VGG_PREPROCESSING)
    outputs = swap(inputs)
    kernel = np.eye(3, dtype=np.float32)[None, None, :, ::-1]
    swap.set_weights([kernel, -np.array(_VGG_BGR_MEAN, np.float32)])
    # The layers are applied one by one, so that the network stays flat.
    for layer in body.layers[1:]:
        outputs = layer(outputs)
    return outputs
