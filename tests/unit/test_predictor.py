from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from uuid import UUID

import numpy as np
import pytest

from hf_space.errors import BundleError, RegionNotSupportedError, UnknownOperatingPointError
from hf_space.ids import uuid7
from hf_space.inference.bundle import INFERENCE_FILE, Bundle, load_bundle
from hf_space.predictor import Predictor
from hf_space.schemas import PredictionResult, PredictOptions
from hf_space.settings import Settings
from tests.bundle_factory import (
    CALIBRATION,
    encode,
    expected_probability,
    plain_image,
    write_bundle,
)

MALIGNANT = (200, 120, 190)
BENIGN = (120, 200, 190)
UNSURE = (116, 120, 110)


@pytest.fixture
def predictor(bundle: Bundle) -> Predictor:
    return Predictor(bundle, Settings(operating_point=None))


def predict(
    predictor: Predictor, colour: tuple[int, int, int] = MALIGNANT, **options: object
) -> PredictionResult:
    return predictor.predict(encode(plain_image(*colour)), PredictOptions.model_validate(options))


@pytest.mark.parametrize(
    ("colour", "verdict", "first"),
    [(MALIGNANT, "malignant", "idc"), (BENIGN, "benign", "no_idc"), (UNSURE, "uncertain", None)],
)
def test_probability_is_calibrated_and_judged(
    predictor: Predictor, colour: tuple[int, int, int], verdict: str, first: str | None
) -> None:
    result = predict(predictor, colour)
    assert result.probability == pytest.approx(expected_probability(*colour), abs=1e-5)
    assert result.verdict == verdict
    assert (result.operating_point, result.threshold) == ("balanced", 0.5)
    assert sum(score.score for score in result.predictions) == pytest.approx(1.0)
    assert result.predictions[0].score >= result.predictions[1].score
    assert first in {None, result.predictions[0].label}


def test_named_operating_point_is_used(predictor: Predictor) -> None:
    colour = (96, 110, 110)
    assert 0.25 < expected_probability(*colour) < 0.4
    assert predict(predictor, colour).verdict == "benign"
    sensitive = predict(predictor, colour, operating_point="high_sensitivity")
    assert sensitive.verdict == "malignant"
    assert (sensitive.operating_point, sensitive.threshold) == ("high_sensitivity", 0.2)


def test_own_threshold_has_no_band(predictor: Predictor) -> None:
    probability = expected_probability(*UNSURE)
    below = predict(predictor, UNSURE, threshold=probability - 0.01)
    above = predict(predictor, UNSURE, threshold=probability + 0.01)
    assert (below.verdict, above.verdict) == ("malignant", "benign")
    assert below.operating_point is None
    assert below.threshold == probability - 0.01


def test_unknown_operating_point_names_the_known(predictor: Predictor) -> None:
    with pytest.raises(UnknownOperatingPointError, match="balanced, high_sensitivity"):
        predict(predictor, operating_point="best")


def test_settings_choose_the_default_operating_point(bundle: Bundle) -> None:
    predictor = Predictor(bundle, Settings(operating_point="high_sensitivity"))
    assert predict(predictor).operating_point == "high_sensitivity"
    with pytest.raises(BundleError, match="'best'"):
        Predictor(bundle, Settings(operating_point="best"))


def test_network_that_does_not_run_is_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path, input_size=32)
    assert (tmp_path / INFERENCE_FILE).exists()
    with pytest.raises(BundleError, match="does not run"):
        Predictor(load_bundle(tmp_path), Settings())


def test_sigmoid_of_the_grids_mean_is_the_probability(predictor: Predictor) -> None:
    result = predict(predictor)
    grid = np.array(result.gradcam.grid)
    assert grid.shape == (result.gradcam.rows, result.gradcam.columns) == (4, 4)
    assert 1 / (1 + np.exp(-grid.mean())) == pytest.approx(result.probability, abs=1e-6)
    assert grid.mean() == pytest.approx(CALIBRATION.slope * 5.5 + CALIBRATION.intercept, abs=1e-4)


def test_overlay_is_drawn_when_asked_for(predictor: Predictor) -> None:
    assert predict(predictor).gradcam.overlay is None
    overlay = predict(predictor, explain=True).gradcam.overlay
    assert overlay is not None
    assert overlay.startswith("data:image/png;base64,iVBOR")


def test_image_facts_and_scale(predictor: Predictor) -> None:
    data = encode(plain_image(*MALIGNANT, width=100, height=80))
    result = predictor.predict(data, PredictOptions(microns_per_pixel=2.0))
    assert result.image.sha256 == hashlib.sha256(data).hexdigest()
    assert (result.image.width, result.image.height) == (100, 80)
    assert (result.image.microns_per_pixel, result.image.scale_source) == (2.0, "request")
    assumed = predict(predictor).image
    assert (assumed.microns_per_pixel, assumed.scale_source) == (4.0, "assumed")


def test_region_is_refused_for_now(predictor: Predictor) -> None:
    with pytest.raises(RegionNotSupportedError):
        predictor.predict(encode(plain_image(0, 0, 0, width=51)), PredictOptions())


@pytest.mark.parametrize(
    ("image", "options", "codes"),
    [
        ("tissue", {"microns_per_pixel": 4.0}, set()),
        ("tissue", {}, {"scale_assumed"}),
        ("white", {"microns_per_pixel": 4.0}, {"blank"}),
        ("smooth", {"microns_per_pixel": 4.0}, {"blurred"}),
        ("green", {"microns_per_pixel": 4.0}, {"not_h_and_e"}),
        ("edge", {"microns_per_pixel": 4.0}, {"padded"}),
        ("edge", {"microns_per_pixel": 8.0}, {"off_scale", "padded"}),
    ],
)
def test_warnings(
    predictor: Predictor, image: str, options: dict[str, float], codes: set[str]
) -> None:
    noise = np.random.default_rng(2).integers(-20, 20, (50, 50, 1))
    tissue = (plain_image(*MALIGNANT) + noise).astype(np.uint8)
    images = {
        "tissue": tissue,
        "white": plain_image(255, 255, 255),
        "smooth": plain_image(*MALIGNANT),
        "green": (plain_image(40, 200, 40) + noise).astype(np.uint8),
        "edge": tissue[:20, :20],
    }
    result = predictor.predict(encode(images[image]), PredictOptions.model_validate(options))
    assert {warning.code for warning in result.warnings} == codes
    assert all(warning.message for warning in result.warnings)


def test_times_and_ids(predictor: Predictor) -> None:
    results = [predict(predictor) for _ in range(5)]
    assert [r.id for r in results] == sorted(r.id for r in results)
    assert datetime.now(UTC) - results[-1].created_at < timedelta(minutes=1)
    timing = results[0].timing_ms
    parts = timing.decode + timing.queue + timing.inference + timing.render
    assert timing.total == pytest.approx(parts, abs=0.01)


def test_wait_before_the_start_is_queue_time(predictor: Predictor) -> None:
    data = encode(plain_image(*MALIGNANT))
    result = predictor.predict(data, PredictOptions(), received=perf_counter() - 0.5)
    assert 500 <= result.timing_ms.queue < result.timing_ms.total


def test_uuid7_carries_the_time() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=2)
    made: UUID = uuid7()
    stamp = datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= stamp <= datetime.now(UTC)
