from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from hf_space.bundle.calibration import Calibration, OperatingPoint
from hf_space.bundle.config import (
    INFERENCE_FILE,
    METRICS_FILE,
    OPENVINO_WEIGHTS_FILE,
    InferenceConfig,
)
from hf_space.bundle.load import load_bundle
from hf_space.errors import BundleError
from tests.bundle_factory import METRICS, write_bundle

BAND = OperatingPoint(threshold=0.5, uncertain_low=0.4, uncertain_high=0.6)


def test_bundle_survives_a_round_trip(tmp_path: Path) -> None:
    bundle = load_bundle(write_bundle(tmp_path))
    text = bundle.config.to_json()
    assert InferenceConfig.from_json(text.encode()) == bundle.config
    # Only the file has WSInfer's key; the code and the API name the scale.
    assert json.loads(text)["spacing_um_px"] == bundle.config.microns_per_pixel == 4.0
    assert "spacing_um_px" not in bundle.config.model_dump()
    assert bundle.config.class_names == ("no_idc", "idc")
    assert bundle.metrics == METRICS


def test_metrics_are_optional(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    (tmp_path / METRICS_FILE).unlink()
    assert load_bundle(tmp_path).metrics is None


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot read"):
        load_bundle(tmp_path / "nowhere")


def test_missing_weights_are_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    (tmp_path / OPENVINO_WEIGHTS_FILE).unlink()
    with pytest.raises(BundleError, match="cannot read"):
        load_bundle(tmp_path)


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    weights = tmp_path / OPENVINO_WEIGHTS_FILE
    content = bytearray(weights.read_bytes())
    content[0] ^= 1
    weights.write_bytes(content)
    with pytest.raises(BundleError, match=r"openvino_model\.bin was altered"):
        load_bundle(tmp_path)


def test_metrics_that_are_not_json_are_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    (tmp_path / METRICS_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(BundleError, match="not JSON"):
        load_bundle(tmp_path)


def test_reports_are_read_unless_they_are_of_another_revision(tmp_path: Path) -> None:
    write_bundle(tmp_path, revision="r2")
    robust = {"model": {"revision": "r2"}, "shifts": {"clean": {"roc_auc": 0.9}}}
    reports = {"robust": robust, "outside": {"model": {"revision": "r1"}}, "limits": {"cases": 3}}
    for name, content in reports.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    assert load_bundle(tmp_path).reports == {"robust": robust, "limits": {"cases": 3}}


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_report_that_is_no_object_is_refused(tmp_path: Path, content: str) -> None:
    write_bundle(tmp_path)
    (tmp_path / "robust.json").write_text(content, encoding="utf-8")
    with pytest.raises(BundleError, match=r"robust\.json"):
        load_bundle(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("sha256", {}, "no file would be verified"),
        ("default_operating_point", "best", "no such threshold"),
        ("surprise", 1, "unknown key, perhaps a typing error"),
        ("calibration", {"method": "platt", "slope": -1.0, "intercept": 0.0}, "flips the classes"),
        ("color_mode", "cmyk", "no such mode"),
        ("margin_pixels", 64, "as wide as the input, it could not be reflected"),
    ],
)
def test_invalid_facts_are_refused(tmp_path: Path, key: str, value: Any, reason: str) -> None:
    path = write_bundle(tmp_path) / INFERENCE_FILE
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(facts | {key: value}), encoding="utf-8")
    with pytest.raises(BundleError):
        load_bundle(tmp_path)
    assert reason


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname"])
def test_files_outside_the_bundle_are_refused(tmp_path: Path, name: str) -> None:
    path = write_bundle(tmp_path) / INFERENCE_FILE
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts["sha256"][name] = "0" * 64
    path.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(BundleError, match="outside the bundle"):
        load_bundle(tmp_path)


def test_calibration_is_the_sigmoid_of_a_line() -> None:
    calibration = Calibration(method="platt", slope=2.0, intercept=-1.0)
    probabilities = calibration.probability(np.array([0.0, 0.5, 2.0], dtype=np.float32))
    expected = [1 / (1 + math.e), 0.5, 1 / (1 + math.exp(-3))]
    np.testing.assert_allclose(probabilities, expected, rtol=1e-12)


def test_calibration_neither_overflows_nor_leaves_the_unit_interval() -> None:
    probabilities = Calibration().probability(np.array([-1e6, -750.0, 750.0, 1e6]))
    assert probabilities.tolist() == [0.0, pytest.approx(0.0, abs=1e-300), 1.0, 1.0]


def test_calibration_is_symmetric() -> None:
    logits = np.linspace(-30, 30, 61)
    total = Calibration().probability(logits) + Calibration().probability(-logits)
    np.testing.assert_allclose(total, 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("probability", "verdict"),
    [
        (0.0, "benign"),
        (0.399, "benign"),
        (0.4, "uncertain"),
        (0.5, "uncertain"),
        (0.6, "uncertain"),
        (0.601, "malignant"),
        (1.0, "malignant"),
    ],
)
def test_verdict_with_a_band(probability: float, verdict: str) -> None:
    assert BAND.verdict(probability) == verdict


@pytest.mark.parametrize(("probability", "verdict"), [(0.499, "benign"), (0.5, "malignant")])
def test_verdict_without_a_band_flips_at_the_threshold(probability: float, verdict: str) -> None:
    assert OperatingPoint.without_band(0.5).verdict(probability) == verdict


def test_band_must_hold_the_threshold() -> None:
    with pytest.raises(ValidationError, match="uncertain_low <= threshold"):
        OperatingPoint(threshold=0.5, uncertain_low=0.6, uncertain_high=0.7)
