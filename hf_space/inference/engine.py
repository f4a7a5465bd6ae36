"""The interface of engines, and the choice of one."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import numpy as np
from tqdm import tqdm

from hf_space.errors import BundleError
from hf_space.imaging.preprocess import network_input

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hf_space.bundle.config import InferenceConfig
    from hf_space.bundle.load import Bundle

# The outputs of every exported network.
LOGIT: Final = "logit"
ACTIVATION_MAP: Final = "activation_map"
# The first model does not have this output.
FEATURES: Final = "features"
EngineName = Literal["openvino", "tensorflow"]


@dataclass(frozen=True, slots=True)
class Outputs:
    """The network's output for N patches.

    Attributes:
        logits: float32 (N,), uncalibrated; positive favours class 1.
        activation_maps: float32 (N, rows, columns), in logits: a map's mean is its patch's logit.
        features: float32 (N, channels), mean features over the map; None if the network does not
            return them.
    """

    logits: NDArray[np.float32]
    activation_maps: NDArray[np.float32]
    features: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, results: Mapping[str, Any]) -> Outputs:
        """Return a network's outputs by their names as arrays of these shapes."""
        maps = np.asarray(results[ACTIVATION_MAP], np.float32)
        features = results.get(FEATURES)
        return cls(
            logits=np.asarray(results[LOGIT], np.float32).reshape(len(maps)),
            activation_maps=maps.reshape(maps.shape[:3]),
            features=None if features is None else np.asarray(features, np.float32),
        )

    def part(self, patches: slice) -> Outputs:
        """Return the outputs of some of the patches."""
        features = None if self.features is None else self.features[patches]
        return Outputs(self.logits[patches], self.activation_maps[patches], features)

    @classmethod
    def joined(cls, parts: Sequence[Outputs]) -> Outputs:
        """Return the joined outputs of some passes; at least one pass."""
        features = [part.features for part in parts if part.features is not None]
        return cls(
            logits=np.concatenate([part.logits for part in parts]),
            activation_maps=np.concatenate([part.activation_maps for part in parts]),
            features=np.concatenate(features) if features else None,
        )


class Engine(Protocol):
    """Runs the network; safe to call from many threads.

    Attributes:
        name: Library that runs it.
        precision: Number format of its arithmetic.
        streams: Number of passes that run at once; further callers wait.
    """

    name: EngineName
    precision: str
    streams: int

    def run(self, batch: NDArray[np.float32]) -> Outputs:
        """Run one forward pass.

        Args:
            batch: float32 (N, S, S, 3), 0 to 255, as `network_input` makes it; N at least 1.
        """
        ...


def load_engine(name: EngineName, bundle: Bundle) -> Engine:
    """Return an engine for a verified bundle; its library is imported only now.

    Raises:
        BundleError: The network cannot be read, or the library is not installed.
    """
    try:
        module = importlib.import_module(f"hf_space.inference.{name}_engine")
    except ImportError as error:
        raise BundleError(f"the engine {name} is not installed: {error}") from error
    engine: Engine = module.load(bundle)
    return engine


def predict_patches(
    engine: Engine,
    config: InferenceConfig,
    patches: NDArray[np.uint8],
    *,
    batch_size: int = 64,
    progress: bool = False,
) -> Outputs:
    """Preprocess and run any number of patches in batches.

    Args:
        engine: The network.
        config: Describes the network's input.
        patches: uint8 (N, patch_size, patch_size, 3), RGB; N at least 1.
        batch_size: Patches in one forward pass; limits memory.
        progress: Show a progress bar on standard error.

    Raises:
        ValueError: There are no patches, or they are not uint8 (N, h, w, 3).
    """
    if len(patches) == 0:
        raise ValueError("expected at least one patch")
    starts = range(0, len(patches), batch_size)
    outputs = [
        engine.run(network_input(patches[start : start + batch_size], config))
        for start in tqdm(starts, desc="predict", unit="batch", disable=not progress)
    ]
    return Outputs.joined(outputs)
