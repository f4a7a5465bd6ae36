"""Loads a bundle with the service's own engine, for evaluation."""

from __future__ import annotations

from pathlib import Path

from hf_space.bundle.load import Bundle, load_bundle
from hf_space.errors import BundleError
from hf_space.inference.openvino_engine import OpenVinoEngine
from training.errors import ConfigurationError


def open_bundle(path: Path) -> tuple[Bundle, OpenVinoEngine]:
    """Verify a bundle and compile its network in float32.

    Raises:
        ConfigurationError: The bundle cannot be used.
    """
    try:
        bundle = load_bundle(path)
        return bundle, OpenVinoEngine(bundle)
    except BundleError as error:
        raise ConfigurationError(str(error)) from error
