"""What both serving frameworks run: this service's model, preprocessing and explanation.

They check less of an image than the service does and say less about it, which is in their favour.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino

from hf_space.bundle.calibration import sigmoid
from hf_space.bundle.config import OPENVINO_FILE
from hf_space.bundle.load import load_bundle
from hf_space.imaging.preprocess import preprocess
from hf_space.imaging.readers import decode_image
from hf_space.prediction.response import evidence_url

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODEL = Path(__file__).parents[2] / "hf_space" / "model"
MAX_BATCH = 8


class Network:
    """Bytes to patches, patches to maps, maps to answers; settings come from the environment."""

    def __init__(self) -> None:
        """Compile with ``BENCH_HINT`` and ``BENCH_PRECISION``, and run every batch size once."""
        self._config = load_bundle(MODEL).config
        hints = {
            "PERFORMANCE_HINT": os.environ["BENCH_HINT"],
            "INFERENCE_PRECISION_HINT": os.environ["BENCH_PRECISION"],
        }
        compiled = openvino.Core().compile_model(MODEL / OPENVINO_FILE, "CPU", hints)
        self._request = compiled.create_infer_request()
        self._map = compiled.output("activation_map")
        side = self._config.patch_size_pixels
        for count in range(1, MAX_BATCH + 1):
            self.maps([np.zeros((side, side, 3), np.uint8)] * count)

    def maps(self, patches: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        """Return the calibrated activation maps of some patches, float64 (N, rows, columns)."""
        batch = preprocess(
            np.stack(patches),
            input_size=self._config.input_size,
            color_mode=self._config.color_mode,
            interpolation=self._config.interpolation,
        )
        results = self._request.infer([batch], share_inputs=True)
        maps = np.asarray(results[self._map])
        return self._config.calibration.logit(maps.reshape(maps.shape[:3]))

    @staticmethod
    def decode(data: bytes) -> NDArray[np.uint8]:
        """Return the patch in an image file, uint8 (50, 50, 3)."""
        return decode_image(data)

    @staticmethod
    def answer(
        patch: NDArray[np.uint8], evidence: NDArray[np.float64], *, explain: bool
    ) -> dict[str, Any]:
        """Return the probability, the grid, and the drawing when asked for."""
        overlay = None
        if explain:
            overlay = evidence_url(patch, evidence, patch.shape[:2])
        probability = float(sigmoid(np.asarray(evidence.mean())))
        return {"probability": probability, "grid": evidence.tolist(), "overlay": overlay}
