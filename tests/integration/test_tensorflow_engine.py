"""The optional engine gives the same results as the default one."""

from __future__ import annotations

import numpy as np
import pytest

from hf_space.bundle.load import load_bundle
from hf_space.errors import BundleError
from hf_space.inference.engine import load_engine, predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from hf_space.inference.probe import probe_patches
from hf_space.settings import Settings
from tests.bundle_factory import write_bundle


def test_both_engines_agree_on_the_shipped_model() -> None:
    bundle = load_bundle(Settings().model_dir)
    patches = probe_patches(bundle.config.patch_size_pixels)
    usual = predict_patches(OpenVinoEngine(bundle), bundle.config, patches)
    other = predict_patches(load_engine("tensorflow", bundle), bundle.config, patches)
    np.testing.assert_allclose(other.logits, usual.logits, atol=1e-3)
    np.testing.assert_allclose(other.activation_maps, usual.activation_maps, atol=5e-3)


def test_a_bundle_without_keras_files_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    bundle = load_bundle(write_bundle(tmp_path_factory.mktemp("bundle")))
    with pytest.raises(BundleError, match="Keras cannot load"):
        load_engine("tensorflow", bundle)
