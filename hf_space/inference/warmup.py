"""Finds the configured bundle, and loads and warms up an engine."""

from __future__ import annotations

from hf_space.bundle.load import Bundle
from hf_space.errors import BundleError
from hf_space.inference.batching import MAX_BATCH
from hf_space.inference.engine import FEATURES, Engine, EngineName, load_engine, predict_patches
from hf_space.inference.probe import probe_patches


def warm_engine(name: EngineName, bundle: Bundle) -> Engine:
    """Load an engine and run drawn tissue: this allocates memory and reveals a wrong graph.

    Raises:
        BundleError: The network cannot be read or does not run.
    """
    config = bundle.config
    try:
        engine = load_engine(name, bundle)
        outputs = predict_patches(
            engine, config, probe_patches(config.patch_size_pixels)[:MAX_BATCH]
        )
        if bundle.familiarity:
            if outputs.features is None:
                raise BundleError(f"the network gives no {FEATURES} to measure familiarity by")
            bundle.familiarity.distance(outputs.features)
    except (RuntimeError, ValueError) as error:
        raise BundleError(f"the network does not run: {error}") from error
    return engine
