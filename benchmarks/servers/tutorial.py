"""The server that most tutorials build: FastAPI, `model.predict`, Grad-CAM by `GradientTape`.

The explanation follows Keras's own example, https://keras.io/examples/vision/grad_cam/, less its
Matplotlib. Variants:

- ``BENCH_STYLE``: ``predict`` is the tutorial; ``direct`` is what a careful author makes of it: the
  gradient model is built once, and its own forward pass gives the score too.
- ``BENCH_ENDPOINT``: ``threads`` is a plain function, which FastAPI runs in threads; ``async`` is a
  coroutine that blocks, so that a process answers one request at a time.
"""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path
from typing import Annotated, Any

import cv2
import keras
import numpy as np
import tensorflow as tf
from fastapi import FastAPI, Form, UploadFile
from numpy.typing import NDArray
from PIL import Image

_MODEL = Path(__file__).parents[2] / "hf_space" / "model"
_LAST_CONVOLUTION = "features"
_SIZE = (128, 128)
_OVERLAY_SIZE = (200, 200)
_DIRECT = os.environ["BENCH_STYLE"] == "direct"

app = FastAPI()
_network = keras.models.model_from_json((_MODEL / "config.json").read_text())
_network.load_weights(_MODEL / "model.weights.h5")
# A classifier as tutorials have it: one output, and nothing that explains it.
model = keras.models.Model(_network.inputs, _network.output["logit"])


def _gradient_model() -> keras.Model:
    features = model.get_layer(_LAST_CONVOLUTION).output
    return keras.models.Model(model.inputs, [features, model.output])


_shared_gradient_model = _gradient_model()


@app.get("/health")
def health() -> dict[str, str]:
    """Say that the model is loaded."""
    return {"status": "ok"}


async def predict_blocking(
    file: UploadFile, *, explain: Annotated[bool, Form()] = True
) -> dict[str, Any]:
    """Classify one image, and let all others wait."""
    return _classify(await file.read(), explain=explain)


def predict_in_thread(
    file: UploadFile, *, explain: Annotated[bool, Form()] = True
) -> dict[str, Any]:
    """Classify one image beside others."""
    return _classify(file.file.read(), explain=explain)


_in_threads = os.environ["BENCH_ENDPOINT"] == "threads"
app.post("/predict")(predict_in_thread if _in_threads else predict_blocking)


def _classify(data: bytes, *, explain: bool) -> dict[str, Any]:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    batch = np.asarray(image.resize(_SIZE, Image.Resampling.BILINEAR), np.float32)[None]
    heatmap = None
    if _DIRECT and explain:
        heatmap, logit = _grad_cam(batch, _shared_gradient_model)
    elif _DIRECT:
        logit = float(model(batch, training=False)[0, 0])
    else:
        logit = float(model.predict(batch, verbose=0)[0, 0])
        heatmap = _grad_cam(batch, _gradient_model())[0] if explain else None
    return {
        "probability": float(1 / (1 + np.exp(-logit))),
        "overlay": None if heatmap is None else _overlay(image, heatmap),
    }


def _grad_cam(
    batch: NDArray[np.float32], gradient_model: keras.Model
) -> tuple[NDArray[np.float32], float]:
    with tf.GradientTape() as tape:
        features, output = gradient_model(batch, training=False)
        score = output[:, 0]
    gradients = tape.gradient(score, features)
    weights = tf.reduce_mean(gradients, axis=(0, 1, 2))
    heatmap = tf.squeeze(features[0] @ weights[..., tf.newaxis])
    heatmap = tf.maximum(heatmap, 0) / (tf.reduce_max(heatmap) + 1e-8)
    return heatmap.numpy(), float(score[0])


def _overlay(image: Image.Image, heatmap: NDArray[np.float32]) -> str:
    scaled = cv2.resize(np.uint8(255 * heatmap.clip(0, 1)), _OVERLAY_SIZE)
    coloured = cv2.cvtColor(cv2.applyColorMap(scaled, cv2.COLORMAP_JET), cv2.COLOR_BGR2RGB)
    blended = Image.blend(image.resize(_OVERLAY_SIZE), Image.fromarray(coloured), 0.4)
    buffer = io.BytesIO()
    blended.save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
