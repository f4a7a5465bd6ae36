"""Maps of an untrained head, for comparison (Adebayo 2018)."""

from __future__ import annotations

from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray

from hf_space.bundle.load import Bundle
from hf_space.imaging.preprocess import preprocess
from hf_space.inference.engine import ACTIVATION_MAP
from training.errors import ConfigurationError

_BATCH: Final = 32


class RandomHead:
    """A bundle's features under a head of random weights."""

    def __init__(self, bundle: Bundle) -> None:
        """Load the bundle's Keras network.

        Raises:
            ConfigurationError: The bundle has none.
        """
        try:
            model = keras.saving.load_model(bundle.path, compile=False)
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{bundle.path} holds no Keras network, which the map is compared with: {error}"
            ) from error
        head = model.get_layer(ACTIVATION_MAP)
        self._features = keras.Model(model.input, head.input)
        self._config = bundle.config
        self._weights = np.random.default_rng(0).normal(size=head.kernel.shape[2])

    def maps(self, patches: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the maps of uint8 patches (N, h, h, 3), float64 (N, rows, columns)."""
        batch = preprocess(
            patches,
            input_size=self._config.input_size,
            color_mode=self._config.color_mode,
            interpolation=self._config.interpolation,
        )
        features = self._features.predict(batch, batch_size=_BATCH, verbose=0)
        maps: NDArray[np.float64] = features.astype(np.float64) @ self._weights
        return maps
