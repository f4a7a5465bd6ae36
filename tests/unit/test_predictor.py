from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from hf_space.bundle.config import INFERENCE_FILE
from hf_space.bundle.load import Bundle, load_bundle
from hf_space.errors import (
    BundleError,
    CorruptImageError,
    NotAPatchError,
    RateLimitedError,
    UnknownOperatingPointError,
)
from hf_space.imaging.readers import decode_image
from hf_space.observability.metrics import Metrics
from hf_space.prediction.predictor import Predictor
from hf_space.prediction.response import CachedResult
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import PredictionResult
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
def predictor(bundle: Bundle) -> Iterator[Predictor]:
    predictor = Predictor(bundle, Settings(operating_point=None))
    yield predictor
    predictor.close()


def predict(
    predictor: Predictor, colour: tuple[int, int, int] = MALIGNANT, **options: object
) -> PredictionResult:
    return ask(predictor, encode(plain_image(*colour)), **options)


def ask(predictor: Predictor, data: bytes, **options: object) -> PredictionResult:
    return asyncio.run(
        predictor.predict(data, PredictOptions.model_validate({"save": True} | options))
    )


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
    assert predict(predictor, explain=False).gradcam.overlay is None
    overlay = predict(predictor).gradcam.overlay
    assert overlay is not None
    picture = decode_image(base64.b64decode(overlay.removeprefix("data:image/jpeg;base64,")))
    # Four times the patch, and the legend below it.
    assert picture.shape == (244, 200, 3)


def test_image_facts_and_scale(predictor: Predictor) -> None:
    data = encode(plain_image(*MALIGNANT, width=100, height=80))
    result = ask(predictor, data, microns_per_pixel=2.0)
    assert result.image.sha256 == hashlib.sha256(data).hexdigest()
    assert (result.image.width, result.image.height) == (100, 80)
    assert (result.image.microns_per_pixel, result.image.scale_source) == (2.0, "request")
    assumed = predict(predictor).image
    assert (assumed.microns_per_pixel, assumed.scale_source) == (4.0, "assumed")


def test_scale_in_a_tiffs_tags_is_used_unless_the_request_says_otherwise(
    predictor: Predictor,
) -> None:
    image = plain_image(*MALIGNANT, width=100, height=80)
    data = encode(image, "TIFF", resolution=5000.0, resolution_unit="cm")
    result = ask(predictor, data)
    assert (result.image.microns_per_pixel, result.image.scale_source) == (2.0, "metadata")
    assert result.kind == "patch"
    assert ask(predictor, data, microns_per_pixel=1.0).image.microns_per_pixel == 1.0


@pytest.mark.parametrize(
    ("width", "microns_per_pixel", "mode", "kind"),
    [
        (50, 4.0, "auto", "patch"),
        (51, 4.0, "auto", "region"),
        (100, 2.0, "auto", "patch"),
        (26, 8.0, "auto", "region"),
        (50, 4.0, "region", "region"),
        (50, 4.0, "patch", "patch"),
    ],
)
def test_what_fits_one_patch_is_a_patch(
    predictor: Predictor, width: int, microns_per_pixel: float, mode: str, kind: str
) -> None:
    data = encode(plain_image(*MALIGNANT, width=width, height=20))
    result = ask(predictor, data, microns_per_pixel=microns_per_pixel, mode=mode)
    assert result.kind == kind
    assert (result.region is None) == (kind == "patch")


def test_a_region_is_no_patch(predictor: Predictor) -> None:
    data = encode(plain_image(0, 0, 0, width=51))
    with pytest.raises(NotAPatchError, match="mode=region") as caught:
        ask(predictor, data, mode="patch")
    assert caught.value.details["width"] == 51


@pytest.mark.parametrize(
    ("image", "options", "codes"),
    [
        ("tissue", {"microns_per_pixel": 4.0}, set()),
        ("tissue", {}, {"scale_assumed"}),
        ("white", {"microns_per_pixel": 4.0}, {"blank", "not_h_and_e"}),
        ("smooth", {"microns_per_pixel": 4.0}, {"blurred"}),
        ("green", {"microns_per_pixel": 4.0}, {"not_h_and_e"}),
        ("edge", {"microns_per_pixel": 4.0}, {"field_too_small", "padded"}),
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
    result = ask(predictor, encode(images[image]), **options)
    assert {warning.code for warning in result.warnings} == codes
    assert all(warning.message for warning in result.warnings)


def test_times_and_ids(predictor: Predictor) -> None:
    results = [predict(predictor, threshold=0.1 * i) for i in range(5)]
    assert [r.id for r in results] == sorted(r.id for r in results)
    assert datetime.now(UTC) - results[-1].created_at < timedelta(minutes=1)
    timing = results[0].timing_ms
    parts = timing.decode + timing.queue + timing.inference + timing.render
    assert timing.total == pytest.approx(parts, abs=0.01)


def test_the_same_question_is_answered_from_the_cache(predictor: Predictor) -> None:
    first, second = predict(predictor), predict(predictor)
    assert (first.cached, second.cached) == (False, True)
    assert second.id != first.id
    assert second.created_at >= first.created_at
    own = {"id", "created_at", "cached", "timing_ms"}
    assert second.model_dump(exclude=own) == first.model_dump(exclude=own)


@pytest.mark.parametrize("size", [0, 3, 5, -1])
def test_a_damaged_result_in_the_cache_is_computed_anew(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    whole = CachedResult.packed
    with monkeypatch.context() as damage:
        damage.setattr(CachedResult, "packed", lambda self: whole(self)[:size])
        first = predict(predictor)
    found = [predict(predictor) for _ in range(2)]
    assert [result.cached for result in found] == [False, True]
    assert {result.probability for result in found} == {first.probability}


def test_what_is_not_to_be_saved_is_not_kept_but_may_be_answered_from_what_was(
    predictor: Predictor,
) -> None:
    assert [predict(predictor, save=False).cached for _ in range(2)] == [False, False]
    assert [predict(predictor).cached for _ in range(2)] == [False, True]
    assert predict(predictor, save=False).cached


def test_nothing_is_saved_without_an_owner_and_a_history(predictor: Predictor) -> None:
    answers = [predict(predictor), predict(predictor, save=False)]
    data = encode(plain_image(*BENIGN))
    answers.append(asyncio.run(predictor.predict(data, PredictOptions(save=True), owner=b"o" * 32)))
    assert [answer.saved for answer in answers] == [False] * 3
    codes = {warning.code for answer in answers for warning in answer.warnings}
    assert not codes & {"save_delayed", "not_saved"}


@pytest.mark.parametrize(
    "other",
    [
        {"threshold": 0.9},
        {"operating_point": "high_sensitivity"},
        {"explain": False},
        {"microns_per_pixel": 4.0},
        {"mode": "region"},
    ],
)
def test_another_question_is_not(predictor: Predictor, other: dict[str, object]) -> None:
    predict(predictor)
    data = encode(plain_image(*MALIGNANT))
    assert not ask(predictor, data, **other).cached
    assert ask(predictor, data, **other).cached


def test_naming_the_default_is_the_same_question(predictor: Predictor) -> None:
    predict(predictor)
    assert predict(predictor, operating_point="balanced").cached


def test_no_cache_when_there_is_no_room(bundle: Bundle) -> None:
    predictor = Predictor(bundle, Settings(cache_bytes=0))
    assert not any(predict(predictor).cached for _ in range(2))
    predictor.close()


def test_identical_requests_in_flight_share_one_computation(bundle: Bundle) -> None:
    metrics = Metrics()
    predictor = Predictor(bundle, Settings(cache_bytes=0), metrics)
    data = encode(plain_image(*MALIGNANT))

    async def ask_at_once() -> list[PredictionResult]:
        asked = (predictor.predict(data, PredictOptions(save=True)) for _ in range(20))
        return await asyncio.gather(*asked)

    results = asyncio.run(ask_at_once())
    predictor.close()
    assert len({result.id for result in results}) == 20
    assert [result.cached for result in results].count(False) == 1
    assert {result.probability for result in results} == {results[0].probability}
    read = metrics.registry.get_sample_value
    assert read("biopsia_batch_size_count") == 1
    assert read("biopsia_cache_total", {"outcome": "shared"}) == 19


def test_who_may_ask_for_no_more_keeps_nobody_else_from_a_result(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def pay(_: object, tiles: int, *, patient: bool) -> None:
        asked.append(tiles)
        if len(asked) < 3 and not patient:
            raise RateLimitedError("no", retry_after_seconds=1)

    monkeypatch.setattr("hf_space.prediction.pipeline.pay_for_tiles", pay)
    data = encode(plain_image(*MALIGNANT, width=200, height=200))

    async def ask_at_once() -> list[PredictionResult | BaseException]:
        options = PredictOptions(save=True, mode="region", microns_per_pixel=4.0)
        asked = (predictor.predict(data, options) for _ in range(4))
        return await asyncio.gather(*asked, return_exceptions=True)

    first, second, *others = asyncio.run(ask_at_once())
    assert isinstance(first, RateLimitedError)
    assert isinstance(second, RateLimitedError)
    results = [each for each in others if isinstance(each, PredictionResult)]
    assert [result.cached for result in results] == [False, True]
    assert len(asked) == 3


def test_an_error_is_not_cached(predictor: Predictor) -> None:
    for _ in range(2):
        with pytest.raises(CorruptImageError):
            ask(predictor, encode(plain_image(*MALIGNANT))[:-60])
