from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hf_space.bundle.config import OPENVINO_FILE
from hf_space.bundle.load import Bundle, load_bundle
from hf_space.errors import BundleError
from hf_space.imaging.preprocess import preprocess
from hf_space.inference import openvino_engine
from hf_space.inference.engine import Outputs, load_engine, predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from tests.bundle_factory import (
    BIAS,
    GRID,
    INPUT_SIZE,
    expected_logit,
    plain_image,
    write_bundle,
)

COLOURS = [(200, 120, 190), (100, 100, 100), (40, 200, 90), (255, 255, 255), (0, 0, 0)]


def test_logit_is_the_known_function_of_the_colour(bundle: Bundle) -> None:
    patches = np.stack([plain_image(*colour) for colour in COLOURS])
    outputs = predict_patches(OpenVinoEngine(bundle), bundle.config, patches)
    assert outputs.logits.dtype == np.float32
    expected = [expected_logit(*colour) for colour in COLOURS]
    np.testing.assert_allclose(outputs.logits, expected, atol=1e-4)


def test_map_shows_where_the_evidence_lies_and_averages_to_the_logit(bundle: Bundle) -> None:
    patch = plain_image(100, 100, 100)
    patch[25:, :, 0] = 196
    outputs = predict_patches(OpenVinoEngine(bundle), bundle.config, patch[None])
    activation = outputs.activation_maps[0]
    assert activation.shape == (GRID, GRID)
    np.testing.assert_allclose(activation[0], BIAS, atol=1e-4)
    np.testing.assert_allclose(activation[-1], BIAS + 96 / 16, atol=1e-4)
    assert activation.mean() == pytest.approx(outputs.logits[0], abs=1e-4)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 64])
def test_batches_do_not_change_the_result(bundle: Bundle, batch_size: int) -> None:
    patches = np.stack([plain_image(*colour) for colour in COLOURS])
    outputs = predict_patches(OpenVinoEngine(bundle), bundle.config, patches, batch_size=batch_size)
    expected = [expected_logit(*colour) for colour in COLOURS]
    np.testing.assert_allclose(outputs.logits, expected, atol=1e-4)


def test_no_patches_are_refused(bundle: Bundle) -> None:
    empty = np.empty((0, 50, 50, 3), np.uint8)
    with pytest.raises(ValueError, match="at least one"):
        predict_patches(OpenVinoEngine(bundle), bundle.config, empty)


def test_threads_do_not_mix_their_results(bundle: Bundle) -> None:
    engine = OpenVinoEngine(bundle)
    reds = [i % 256 for i in range(200)]

    def run(red: int) -> Outputs:
        return engine.run(preprocess(plain_image(red, 0, 0)[None], input_size=INPUT_SIZE))

    with ThreadPoolExecutor(8) as pool:
        logits = [float(outputs.logits[0]) for outputs in pool.map(run, reds)]
    np.testing.assert_allclose(logits, [expected_logit(red, 0, 0) for red in reds], atol=1e-4)


def test_outputs_survive_the_next_pass(bundle: Bundle) -> None:
    engine = OpenVinoEngine(bundle)
    first = predict_patches(engine, bundle.config, plain_image(160, 0, 0)[None])
    predict_patches(engine, bundle.config, plain_image(0, 0, 0)[None])
    assert first.logits[0] == pytest.approx(10.5)
    np.testing.assert_allclose(first.activation_maps, 10.5, atol=1e-4)


def test_grayscale_model_sees_luminance_only(tmp_path: Path) -> None:
    bundle = load_bundle(write_bundle(tmp_path, color_mode="grayscale"))
    outputs = predict_patches(OpenVinoEngine(bundle), bundle.config, plain_image(250, 10, 10)[None])
    assert outputs.logits[0] == pytest.approx(BIAS, abs=1e-4)


def test_network_that_is_no_network_is_refused(bundle: Bundle) -> None:
    (bundle.path / OPENVINO_FILE).write_text("<net/>", encoding="utf-8")
    with pytest.raises(BundleError, match="OpenVINO refuses"):
        OpenVinoEngine(bundle)


@pytest.mark.parametrize(("change", "precision"), [(0.004, "bf16"), (0.006, "f32")])
def test_bfloat16_is_used_only_where_it_is_harmless(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, change: float, precision: str
) -> None:
    monkeypatch.setattr(openvino_engine, "_has_bfloat16", lambda: True)
    monkeypatch.setattr(openvino_engine, "probability_change", lambda *_: change)
    assert openvino_engine.load(bundle).precision == precision


def test_without_bfloat16_nothing_is_compared(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino_engine, "_has_bfloat16", lambda: False)
    monkeypatch.setattr(openvino_engine, "probability_change", None)
    assert openvino_engine.load(bundle).precision == "f32"


def test_an_engine_differs_from_itself_by_nothing(bundle: Bundle) -> None:
    engine = OpenVinoEngine(bundle)
    assert openvino_engine.probability_change(engine, engine, bundle) == 0.0


def test_engine_that_is_not_installed_is_named(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hf_space.inference.tensorflow_engine", None)
    with pytest.raises(BundleError, match="tensorflow is not installed"):
        load_engine("tensorflow", bundle)
