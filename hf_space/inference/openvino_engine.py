"""The exported network on OpenVINO."""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import openvino

from hf_space.bundle.config import OPENVINO_FILE
from hf_space.errors import BundleError
from hf_space.inference.engine import (
    ACTIVATION_MAP,
    FEATURES,
    LOGIT,
    EngineName,
    Outputs,
    predict_patches,
)
from hf_space.inference.probe import probe_patches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hf_space.bundle.load import Bundle

Precision = Literal["f32", "bf16"]

# bfloat16 nearly doubles the speed on processors that support it, and costs accuracy.
MAX_PROBABILITY_CHANGE: Final = 0.005

logger = logging.getLogger(__name__)


class OpenVinoEngine:
    """The exported network, compiled for this CPU; safe to call from many threads."""

    name: EngineName = "openvino"

    def __init__(self, bundle: Bundle, *, precision: Precision = "f32") -> None:
        """Compile the network twice: for many passes at once, and for a single one on all cores.

        Args:
            bundle: A verified bundle.
            precision: Number format of the arithmetic.

        Raises:
            BundleError: OpenVINO cannot read the network, or an output is missing.
        """
        try:
            core = openvino.Core()
            network = core.read_model(bundle.path / OPENVINO_FILE)

            def compiled(hint: str) -> openvino.CompiledModel:
                # By default OpenVINO uses bfloat16 wherever the processor supports it.
                options = {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": precision}
                return core.compile_model(network, "CPU", options)

            with ThreadPoolExecutor() as pool:
                shared, alone = pool.map(compiled, ("THROUGHPUT", "LATENCY"))
            for name in (LOGIT, ACTIVATION_MAP):
                shared.output(name)
            names = {name for output in shared.outputs for name in output.names}
        except RuntimeError as error:
            raise BundleError(f"OpenVINO refuses {OPENVINO_FILE}: {error}") from error
        self._outputs = names & {LOGIT, ACTIVATION_MAP, FEATURES}
        self.precision: str = precision
        self.streams: int = shared.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        # An infer request holds one pass's tensors: two threads must never share one.
        self._free = queue.SimpleQueue[openvino.InferRequest]()
        for _ in range(self.streams):
            self._free.put(shared.create_infer_request())
        self._alone = alone.create_infer_request()
        self._alone_lock = threading.Lock()

    def run(self, batch: NDArray[np.float32]) -> Outputs:
        """Run one forward pass; waits while all streams are busy. See `Engine.run`."""
        idle = self._free.qsize() == self.streams
        if len(batch) == 1 and idle and self._alone_lock.acquire(blocking=False):
            try:
                return self._infer(self._alone, batch)
            finally:
                self._alone_lock.release()
        request = self._free.get()
        try:
            return self._infer(request, batch)
        finally:
            self._free.put(request)

    def _infer(self, request: openvino.InferRequest, batch: NDArray[np.float32]) -> Outputs:
        results = request.infer([batch], share_inputs=True, share_outputs=False)
        return Outputs.of({name: results[name] for name in self._outputs})


def load(bundle: Bundle) -> OpenVinoEngine:
    """Compile in bfloat16 if that is fast and accurate enough, else in float32.

    Raises:
        BundleError: As `OpenVinoEngine`.
    """
    exact = OpenVinoEngine(bundle)
    if not _has_bfloat16():
        return exact
    try:
        fast = OpenVinoEngine(bundle, precision="bf16")
        change = probability_change(exact, fast, bundle)
    except (BundleError, RuntimeError) as error:
        logger.warning("bfloat16 is not usable here: %s", error)
        return exact
    logger.info("bfloat16 changes probabilities by up to %.4f", change)
    return fast if change <= MAX_PROBABILITY_CHANGE else exact


def probability_change(exact: OpenVinoEngine, fast: OpenVinoEngine, bundle: Bundle) -> float:
    """Return the largest difference between two engines' probabilities, 0 to 1, on drawn tissue."""
    config = bundle.config
    patches = probe_patches(config.patch_size_pixels)
    one, other = (
        config.calibration.probability(predict_patches(engine, config, patches).logits)
        for engine in (exact, fast)
    )
    return float(np.abs(one - other).max())


def _has_bfloat16() -> bool:
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
