"""Backbones under the flat head, whose activation map averages to the logit.

The network sees a margin around the patch, which is cropped off before averaging, and its
convolutions pad by reflection instead of zeros, so that the map depends little on the position in
the patch.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.errors import ConfigurationError, RunError
from training.fitting.config import Backbone, TrainConfig

ACTIVATION_MAP = "activation_map"
LOGIT = "logit"
FEATURES = "features"
FEATURE_MAP = "feature_map"
STRIDE = 16
"""Input pixels to a cell of the map, for every backbone."""

VGG_PREPROCESSING = "vgg16_preprocessing"
# Channel means of ImageNet in BGR order, as VGG16 was trained with (Simonyan 2015).
_VGG_BGR_MEAN = (103.939, 116.779, 123.68)
# The last layer at this stride: deeper ones have four times the weights and a coarser map.
_CUT: dict[Backbone, str] = {
    "efficientnetb0": "block6a_expand_activation",
    "efficientnetv2b0": "block6a_expand_activation",
    "vgg16": "block5_conv3",
}
# Small tensors on which every later layer depends: noise there costs little.
_BLOCK_ENDS = ("_add", "_pool", FEATURE_MAP)


def build_model(
    backbone: Backbone,
    *,
    input_size: int,
    margin: int,
    weights: str = "none",
    dropout: float = 0.0,
) -> keras.Model:
    """Build the classifier: features, 1x1 convolution to one map, global average.

    The mean of the map is the logit, so the class activation map (Zhou 2016) comes with the
    same forward pass.

    Args:
        backbone: name of the Keras application, cut at `STRIDE`.
        input_size: side of the input, in pixels.
        margin: pixels by which the model reflects the input on each side.
        weights: ``imagenet``, ``none`` or a ``.weights.h5`` file of the headless application.
        dropout: share of feature channels dropped before the head while training.

    Returns:
        Model from float32 ``(N, input_size, input_size, 3)`` in 0..255 to logits ``(N, 1)``.

    Raises:
        ConfigurationError: the sizes do not fit the stride, or the margin the input.
        RunError: the weights cannot be read or downloaded.
    """
    _check_sizes(input_size, margin)
    inputs = keras.Input((input_size, input_size, 3), name="image")
    body = _features(backbone, _with_margin(inputs, margin), weights)
    features = keras.layers.Cropping2D(margin // STRIDE, name=FEATURE_MAP)(body)
    dropped = keras.layers.SpatialDropout2D(dropout, name="head_dropout")(features)
    # In mixed precision too, the map and the logit are as exact as they are exported.
    activation_map = keras.layers.Conv2D(1, 1, name=ACTIVATION_MAP, dtype="float32")(dropped)
    logit = keras.layers.GlobalAveragePooling2D(name=LOGIT, dtype="float32")(activation_map)
    return _reflecting(keras.Model(inputs, logit, name=backbone))


def explained(model: keras.Model) -> keras.Model:
    """Return the model with all outputs of a bundle's network.

    Its outputs are ``logit`` (N, 1), ``activation_map`` (N, r, c, 1) and ``features``
    (N, channels), the mean of the features under the map.
    """
    outputs = {name: model.get_layer(name).output for name in (LOGIT, ACTIVATION_MAP)}
    pooled = keras.layers.GlobalAveragePooling2D(name=FEATURES)
    outputs[FEATURES] = pooled(model.get_layer(FEATURE_MAP).output)
    return keras.Model(model.input, outputs, name=model.name)


def with_noise(model: keras.Model, deviation: float) -> keras.Model:
    """Return the same layers with relative noise after each block, in training only.

    Arithmetic in bfloat16 adds such noise; a network trained with it is less sensitive to it.

    Args:
        model: a model of `build_model`; its layers, and so its weights, are shared.
        deviation: standard deviation of the factor, whose mean is 1; 0 returns the model itself.
    """
    if not deviation:
        return model
    # Keras's layer takes the r of a standard deviation sqrt(r / (1 - r)).
    rate = deviation**2 / (1 + deviation**2)

    def call(step: keras.Operation, *inputs: Any, **options: Any) -> Any:
        outputs = step(*inputs, **options)
        if not step.name.endswith(_BLOCK_ENDS):
            return outputs
        return keras.layers.GaussianDropout(rate, name=f"{step.name}_noise")(outputs)

    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)


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
        margin=config.margin,
        weights=config.weights,
        dropout=config.dropout,
    )


def initial_bias(positive_share: float) -> float:
    """Return the head's first bias, the log odds of the positive class (Lin 2017, section 4.1)."""
    clipped = min(max(positive_share, 1e-3), 1 - 1e-3)
    return math.log(clipped / (1 - clipped))


def _check_sizes(input_size: int, margin: int) -> None:
    if input_size % (2 * STRIDE) or margin % STRIDE or not 0 <= margin < input_size:
        raise ConfigurationError(
            f"an input of {input_size} px with a margin of {margin} px does not fit: the input "
            f"must be a multiple of {2 * STRIDE}, the margin one of {STRIDE} and smaller"
        )


def _with_margin(inputs: keras.KerasTensor, margin: int) -> keras.KerasTensor:
    return _reflected(inputs, [(margin, margin)] * 2) if margin else inputs


def _reflected(inputs: keras.KerasTensor, widths: Sequence[tuple[int, int]]) -> keras.KerasTensor:
    return keras.ops.pad(inputs, ((0, 0), *widths, (0, 0)), mode="reflect")


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
    if backbone == "vgg16":
        return _vgg_on(inputs, body)
    features: keras.KerasTensor = body.get_layer(_CUT[backbone]).output
    return features


def _reflecting(model: keras.Model) -> keras.Model:
    """Return the model with reflection in place of zeros around its convolutions.

    Zeros mark the border for the network; a margin alone only moves this away from the map.
    """
    padded = {layer.name: layer for layer in model.layers if _pads(layer)}

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        facts = layer.get_config()
        if layer.name in padded:
            facts["padding"] = "valid"
        return type(layer).from_config(facts)

    def call(step: keras.Operation, *inputs: Any, **options: Any) -> Any:
        # EfficientNetB0 has separate layers for the zeros around strided convolutions.
        if isinstance(step, keras.layers.ZeroPadding2D):
            return _reflected(inputs[0], step.padding)
        if step.name in padded:
            inputs = (_reflected(inputs[0], _padding(padded[step.name], inputs[0].shape[1:3])),)
        return step(*inputs, **options)

    return rebuilt(model, call, clone)


def rebuilt(
    model: keras.Model,
    call: Callable[..., Any],
    clone: Callable[[keras.Operation], keras.Operation] | None = None,
) -> keras.Model:
    """Return a rebuilt copy of a functional model, with its weights.

    Args:
        model: The model.
        call: Gets each step, its inputs and options, and returns its outputs.
        clone: Returns a layer of the copy; None copies it as it is.
    """
    copy = keras.models.clone_model(model, clone_function=clone, call_function=call)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        # Keras computes with values that it derives from these weights.
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            layer.finalize_state()
    return copy


def _pads(layer: keras.layers.Layer) -> bool:
    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    return isinstance(layer, kinds) and layer.padding == "same" and max(layer.kernel_size) > 1


def _padding(layer: keras.layers.Layer, size: tuple[int, int]) -> list[tuple[int, int]]:
    """Return how many cells `same` padding adds before and after each axis."""
    widths = []
    for side, kernel, stride in zip(size, layer.kernel_size, layer.strides, strict=True):
        total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        widths.append((total // 2, total - total // 2))
    return widths


def _load_headless(body: keras.Model, path: Path) -> None:
    if not path.is_file():
        raise RunError(f"no such weights file: {path}")
    # Keras only warns about layers that the file lacks, and leaves them random.
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
        if layer.name == _CUT["vgg16"]:
            break
    return outputs
