"""One forward pass through the exported network with OpenVINO."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import openvino
from tqdm import tqdm

from hf_space.errors import BundleError
from hf_space.imaging.preprocess import preprocess
from hf_space.inference.bundle import OPENVINO_FILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.inference.bundle import Bundle, InferenceConfig

LOGIT: Final = "logit"
ACTIVATION_MAP: Final = "activation_map"


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the network says about N patches.

    Attributes:
        logits: float32 (N,), uncalibrated; positive speaks for class 1.
        activation_maps: float32 (N, rows, columns), in logits: a map's mean is its patch's logit.
    """

    logits: NDArray[np.float32]
    activation_maps: NDArray[np.float32]


class OpenVinoEngine:
    """The exported network, compiled for this CPU; safe to call from many threads."""

    def __init__(
        self, bundle: Bundle, *, performance_hint: Literal["LATENCY", "THROUGHPUT"] = "LATENCY"
    ) -> None:
        """Compile the network.

        Args:
            bundle: A verified bundle.
            performance_hint: ``LATENCY`` gives one pass all cores; ``THROUGHPUT`` runs several.

        Raises:
            BundleError: OpenVINO cannot read the network, or an output is missing.
        """
        try:
            core = openvino.Core()
            compiled = core.compile_model(
                core.read_model(bundle.path / OPENVINO_FILE),
                "CPU",
                # Some CPUs default to bfloat16 or float16, which breaks parity with Keras.
                {"PERFORMANCE_HINT": performance_hint, "INFERENCE_PRECISION_HINT": "f32"},
            )
            self._logit = compiled.output(LOGIT)
            self._activation_map = compiled.output(ACTIVATION_MAP)
        except RuntimeError as error:
            raise BundleError(f"OpenVINO refuses {OPENVINO_FILE}: {error}") from error
        # An infer request holds one pass's tensors: two threads must never share one.
        self._requests: queue.SimpleQueue[openvino.InferRequest] = queue.SimpleQueue()
        for _ in range(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")):
            self._requests.put(compiled.create_infer_request())

    def run(self, batch: NDArray[np.float32]) -> Outputs:
        """Run one forward pass; waits while all infer requests are busy.

        Args:
            batch: float32 (N, S, S, 3), 0 to 255, as `preprocess` makes it; N at least 1.
        """
        request = self._requests.get()
        try:
            results = request.infer([batch], share_inputs=True, share_outputs=False)
            logits = np.asarray(results[self._logit], dtype=np.float32)
            maps = np.asarray(results[self._activation_map], dtype=np.float32)
        finally:
            self._requests.put(request)
        return Outputs(
            logits=logits.reshape(len(batch)),
            activation_maps=maps.reshape(maps.shape[:3]),
        )


def predict_patches(
    engine: OpenVinoEngine,
    config: InferenceConfig,
    patches: NDArray[np.uint8],
    *,
    batch_size: int = 64,
    progress: bool = False,
) -> Outputs:
    """Preprocess and run any number of patches in batches.

    Args:
        engine: The network.
        config: Says how the network wants its input.
        patches: uint8 (N, patch_size, patch_size, 3), RGB; N at least 1.
        batch_size: Patches in one forward pass; bounds the memory.
        progress: Show a progress bar on standard error.

    Raises:
        ValueError: There are no patches, or they are not uint8 (N, h, w, 3).
    """
    if len(patches) == 0:
        raise ValueError("expected at least one patch")
    starts = range(0, len(patches), batch_size)
    outputs = [
        engine.run(
            preprocess(
                patches[start : start + batch_size],
                input_size=config.input_size,
                color_mode=config.color_mode,
                interpolation=config.interpolation,
            )
        )
        for start in tqdm(starts, desc="predict", unit="batch", disable=not progress)
    ]
    return Outputs(
        logits=np.concatenate([output.logits for output in outputs]),
        activation_maps=np.concatenate([output.activation_maps for output in outputs]),
    )
