"""Handler for Hugging Face Inference Endpoints; `publish` puts it into the repository.

The inference toolkit creates one `EndpointHandler` for the repository's folder and calls it with
each request. The file works alone: it needs NumPy, OpenCV, OpenVINO and Pillow, and nothing of the
project. Unlike the service it gives no cautions and always returns a result, because it cannot tell
tissue from other pictures.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino as ov
from PIL import Image, UnidentifiedImageError

_INTERPOLATIONS = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}


class EndpointHandler:
    """The network of a repository, with its preprocessing and calibration."""

    def __init__(self, path: str | Path = "") -> None:
        """Load the network.

        Args:
            path: Folder of the repository.
        """
        folder = Path(path)
        self._facts = json.loads((folder / "inference.json").read_text(encoding="utf-8"))
        options = {"INFERENCE_PRECISION_HINT": "f32"}
        self._network = ov.Core().compile_model(folder / "openvino_model.xml", "CPU", options)

    def __call__(self, data: dict[str, Any]) -> Any:
        """Classify one patch, or each of a list.

        Args:
            data: ``inputs`` is an image, its file's bytes, or these in base64; or a list of them. A
                patch covers 200 µm; one with fewer than 50 pixels on a side is from a slide's edge.

        Returns:
            For each patch its classes with calibrated probabilities, ``[{"label": ..., "score":
            ...}]``, the more probable first, as pipelines for image classification give them; for
            a list of patches a list of those.

        Raises:
            ValueError: An input is not an image; the toolkit returns the message.
        """
        inputs = data["inputs"]
        if isinstance(inputs, list):
            return [self._classes(each) for each in inputs]
        return self._classes(inputs)

    def _classes(self, source: Any) -> list[dict[str, Any]]:
        batch = self._prepared(_image(source))[np.newaxis]
        logit = float(np.squeeze(self._network(batch)["logit"]))
        calibration = self._facts["calibration"]
        calibrated = calibration["slope"] * logit + calibration["intercept"]
        probability = float(1 / (1 + np.exp(-calibrated)))
        scores = zip(self._facts["class_names"], (1 - probability, probability), strict=True)
        found = [{"label": label, "score": score} for label, score in scores]
        return sorted(found, key=lambda each: -each["score"])

    def _prepared(self, image: Any) -> Any:
        """Return the network's input, float32 (s, s, 3), of an image uint8 (h, w, 3)."""
        facts = self._facts
        patch, margin = facts["patch_size_pixels"], facts["margin_pixels"]
        height, width = image.shape[:2]
        side = max(height, width, patch)
        square = cv2.copyMakeBorder(
            image, 0, side - height, 0, side - width, borderType=cv2.BORDER_REFLECT_101
        ).astype(np.float32)
        if side > patch:
            square = cv2.resize(square, (patch, patch), interpolation=cv2.INTER_AREA)
        if facts["color_mode"] == "grayscale":
            square = cv2.cvtColor(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        size = (facts["input_size"],) * 2
        enlarged = cv2.resize(square, size, interpolation=_INTERPOLATIONS[facts["interpolation"]])
        enlarged = np.clip(enlarged, 0, 255)
        return cv2.copyMakeBorder(
            enlarged, margin, margin, margin, margin, borderType=cv2.BORDER_REFLECT_101
        )


def _image(source: Any) -> Any:
    """Return an image, its file or that in base64 as uint8 (h, w, 3), RGB."""
    try:
        if isinstance(source, str):
            # Browsers put `data:image/png;base64,` before it.
            source = base64.b64decode(source.rpartition(",")[2], validate=True)
        image = source if isinstance(source, Image.Image) else Image.open(io.BytesIO(source))
        return np.asarray(image.convert("RGB"))
    except (binascii.Error, UnidentifiedImageError, OSError, TypeError, ValueError) as error:
        raise ValueError(
            "inputs must be an image, its file in base64, or a list of them"
        ) from error
