"""The Keras network on TensorFlow, for comparison; the service needs neither."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import keras

from hf_space.errors import BundleError
from hf_space.inference.engine import EngineName, Outputs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hf_space.bundle.load import Bundle

_CONFIG_FILE: Final = "config.json"
_WEIGHTS_FILE: Final = "model.weights.h5"


class TensorFlowEngine:
    """The network that Keras loads from the bundle; safe to call from many threads."""

    name: EngineName = "tensorflow"
    precision = "f32"
    streams = 1

    def __init__(self, model: keras.Model) -> None:
        """Take a model with the outputs ``logit`` and ``activation_map``, as `export` writes it."""
        self._model = model
        self._lock = threading.Lock()

    def run(self, batch: NDArray[np.float32]) -> Outputs:
        """Run one forward pass; one at a time. See `Engine.run`."""
        with self._lock:
            results = self._model.predict_on_batch(batch)
        return Outputs.of(results)


def load(bundle: Bundle) -> TensorFlowEngine:
    """Load the Keras network; raises BundleError if the bundle has none."""
    try:
        model = keras.models.model_from_json((bundle.path / _CONFIG_FILE).read_text("utf-8"))
        model.load_weights(bundle.path / _WEIGHTS_FILE)
        return TensorFlowEngine(served(model))
    except (OSError, ValueError, TypeError) as error:
        raise BundleError(f"Keras cannot load the network: {error}") from error


def served(model: keras.Model) -> keras.Model:
    """Return the network with the margin as part of its input instead of reflected inside."""
    # Convolutions also pad by reflection; only the margin's layer reads the input itself.
    (image,) = model.inputs
    reflections = [
        step
        for step in model.operations
        if not isinstance(step, keras.layers.Layer) and step.input is image
    ]
    if not reflections:
        return model
    return keras.Model(reflections[0].output, model.output, name=model.name)
