from __future__ import annotations

import asyncio
import io
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hf_space.bundle.config import FamiliarityLimits
from hf_space.bundle.familiarity import Familiarity
from hf_space.bundle.load import Bundle, load_bundle
from hf_space.errors import BundleError, CorruptImageError
from hf_space.imaging.places import Places
from hf_space.imaging.preprocess import network_input
from hf_space.imaging.tiling import cut_tiles
from hf_space.inference.engine import Engine, Outputs
from hf_space.inference.warmup import warm_engine
from hf_space.prediction.predictor import Predictor
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import RegionResult
from hf_space.settings import Settings
from hf_space.slides.checkpoint import StripScores
from hf_space.slides.score import StripScorer, quality_sample
from hf_space.slides.strips import StripReader
from tests.array_slide import ArraySlide
from tests.bundle_factory import BIAS, WEIGHTS, write_bundle
from tests.tissue import draw_region

PICTURE = draw_region(0, 480, 730)
Plan = list[tuple[int, tuple[int, ...]]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return load_bundle(write_bundle(tmp_path_factory.mktemp("bundle") / "model"))


@pytest.fixture(scope="module")
def engine(bundle: Bundle) -> Engine:
    return warm_engine("openvino", bundle)


def plan_of(picture: np.ndarray) -> Plan:
    tissue = cut_tiles(picture, 50).tissue
    columns = ((row, tuple(np.flatnonzero(each).tolist())) for row, each in enumerate(tissue))
    return [(row, found) for row, found in columns if found]


def strips(
    engine: Engine, bundle: Bundle, plan: Plan, *, slide: ArraySlide | None = None, **options: Any
) -> list[StripScores]:
    slide = slide or ArraySlide(PICTURE)
    height, width = slide.scaled_size(4.0)
    reader = StripReader(slide, Places(height, width, 50, 0.0), bundle.config)
    scorer = StripScorer(engine, bundle, **{"features": False, **options})
    with closing(scorer.score(reader, plan, lambda _: None)) as scored:
        return list(scored)


def region_of(bundle: Bundle, tmp_path: Path) -> RegionResult:
    """The service's result for the same picture as a region."""

    async def ask() -> RegionResult:
        predictor = Predictor(bundle, Settings(data_dir=tmp_path))
        file = io.BytesIO()
        Image.fromarray(PICTURE).save(file, "PNG")
        options = PredictOptions(microns_per_pixel=4.0, explain=False, save=False)
        try:
            result = await predictor.predict(file.getvalue(), options)
        finally:
            predictor.close()
        assert result.region
        return result.region

    return asyncio.run(ask())


def test_tiles_get_what_the_service_says_of_them_in_a_region(
    engine: Engine, bundle: Bundle, tmp_path: Path
) -> None:
    expected = np.array(region_of(bundle, tmp_path).tiles_raw, dtype=np.float64)
    found = np.full_like(expected, np.nan)
    for strip in strips(engine, bundle, plan_of(PICTURE)):
        found[strip.row, strip.columns] = bundle.config.calibration.probability(strip.logits)
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_strips_do_not_depend_on_what_else_is_scored(engine: Engine, bundle: Bundle) -> None:
    plan = [*plan_of(PICTURE)[:-1], (9, (3,))]
    together = {strip.row: strip for strip in strips(engine, bundle, plan)}
    assert list(together) == [row for row, _ in plan]
    for each in plan[::-1]:
        (alone,) = strips(engine, bundle, [each])
        np.testing.assert_array_equal(alone.logits, together[alone.row].logits)
        np.testing.assert_array_equal(alone.quality, together[alone.row].quality)


def test_every_eighth_tile_is_looked_at(engine: Engine, bundle: Bundle) -> None:
    sharp = {strip.row: strip.quality for strip in strips(engine, bundle, plan_of(PICTURE))}
    for row, columns in plan_of(PICTURE):
        assert sharp[row][:2].tolist() == [len(quality_sample(row, columns)), 0]
    flat = np.full((50, 800, 3), (200, 120, 190), np.uint8)
    teal = np.full((50, 800, 3), (70, 210, 200), np.uint8)
    plan = [(0, tuple(range(16)))]
    (blurred,) = strips(engine, bundle, plan, slide=ArraySlide(flat))
    assert blurred.quality.tolist() == [2, 2, 0]
    (unlike,) = strips(engine, bundle, plan, slide=ArraySlide(teal))
    assert unlike.quality.tolist() == [2, 2, 2]


def test_the_tiles_looked_at_are_staggered_so_that_no_edge_is_preferred() -> None:
    columns = tuple(range(3, 43))
    for row in range(20):
        assert quality_sample(row, columns) == set(range(3 + row % 8, 43, 8))
    # A core biopsy, of three to nine tiles in each row.
    for width in range(3, 10):
        counts = np.zeros(width, np.int64)
        for row in range(360):
            places = sorted(quality_sample(row, tuple(range(50, 50 + width))))
            counts[np.array(places) - 50] += 1
        assert counts.sum() >= 360
        assert counts.min() >= 360 // 9
        assert counts.max() <= 360 // width + width
    assert quality_sample(7, (4,)) == {4}


class SlowSlide(ArraySlide):
    """Fails from a row on."""

    def read_rows(self, top: int, rows: int, microns_per_pixel: float) -> np.ndarray:
        if top >= 250:
            raise CorruptImageError("cut here")
        return super().read_rows(top, rows, microns_per_pixel)


def test_a_damaged_slide_ends_the_work_and_its_threads(engine: Engine, bundle: Bundle) -> None:
    before = threading.active_count()
    with pytest.raises(CorruptImageError, match="cut here"):
        strips(engine, bundle, plan_of(PICTURE), slide=SlowSlide(PICTURE))
    assert threading.active_count() == before


class CountingEngine:
    """Wraps an engine, and counts how many rows of the slide are read at the same time."""

    name, precision = "openvino", "f32"
    streams = 1

    def __init__(self, engine: Engine, slide: ArraySlide) -> None:
        self._engine = engine
        self._slide = slide
        self.batches: list[int] = []
        self.rows_ahead = 0
        self.tiles = 0

    def run(self, batch: np.ndarray) -> Outputs:
        self.batches.append(len(batch))
        self.tiles += len(batch)
        read = int(self._slide.rows_read[4.0].sum())
        self.rows_ahead = max(self.rows_ahead, read - 50 * (self.tiles // 40))
        return self._engine.run(batch)


def test_reading_is_ahead_by_a_few_strips_only(engine: Engine, bundle: Bundle) -> None:
    slide = ArraySlide(np.full((6000, 2000, 3), (200, 120, 190), np.uint8))
    counting: Any = CountingEngine(engine, slide)
    plan = [(row, tuple(range(40))) for row in range(120)]
    assert len(strips(counting, bundle, plan, slide=slide)) == 120
    assert set(counting.batches) == {13, 14}
    assert counting.rows_ahead <= 50 * 8


def test_batches_of_a_strip_are_nearly_equal(engine: Engine, bundle: Bundle) -> None:
    slide = ArraySlide(np.full((50, 1700, 3), (200, 120, 190), np.uint8))
    for count, expected in ((33, [11, 11, 11]), (16, [16]), (17, [9, 8]), (1, [2])):
        counting: Any = CountingEngine(engine, slide)
        (strip,) = strips(counting, bundle, [(0, tuple(range(count)))], slide=slide)
        assert sorted(counting.batches, reverse=True) == expected
        assert len(strip.logits) == count


@pytest.fixture
def stopped_early(engine: Engine, bundle: Bundle) -> ArraySlide:
    slide = ArraySlide(np.full((6000, 2000, 3), (200, 120, 190), np.uint8))
    reader = StripReader(slide, Places(6000, 2000, 50, 0.0), bundle.config)
    scorer = StripScorer(engine, bundle, features=False)
    plan = [(row, tuple(range(40))) for row in range(120)]
    scored = scorer.score(reader, plan, lambda _: None)
    next(scored)
    scored.close()
    return slide


def test_work_ends_when_nobody_wants_the_rest(stopped_early: ArraySlide) -> None:
    assert int(stopped_early.rows_read[4.0].sum()) <= 50 * 8


class FeatureEngine:
    """Wraps an engine, and returns the mean of each input's channels as its features."""

    name, precision = "openvino", "f32"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.streams = engine.streams

    def run(self, batch: np.ndarray) -> Outputs:
        return replace(self._engine.run(batch), features=batch.mean(axis=(1, 2)))


def test_features_are_kept_on_request(engine: Engine, bundle: Bundle) -> None:
    giving: Any = FeatureEngine(engine)
    plan = [*plan_of(PICTURE)[:-1], (9, (3,))]
    kept, dropped = strips(giving, bundle, plan, features=True), strips(giving, bundle, plan)
    for strip, without in zip(kept, dropped, strict=True):
        assert strip.features is not None
        assert strip.features.shape == (len(strip.columns), 3)
        logits = strip.features @ WEIGHTS + BIAS
        np.testing.assert_allclose(strip.logits, logits, atol=1e-3)
        assert without.features is None
    with pytest.raises(BundleError, match="no features"):
        strips(engine, bundle, plan, features=True)


def test_unfamiliar_tiles_count_as_unlike_training(engine: Engine, bundle: Bundle) -> None:
    giving: Any = FeatureEngine(engine)
    mean = network_input(PICTURE[200:250, 300:350][None], bundle.config).mean(axis=(0, 1, 2))
    familiarity = Familiarity(
        mean=mean.astype(np.float64),
        components=np.eye(3)[:1],
        scales=np.ones(1),
        class_means=np.zeros((2, 1)),
        residual=np.array(1.0),
    )
    plan = plan_of(PICTURE)[3:4]
    for limit, unlike in ((1e9, False), (1e-9, True)):
        limits = FamiliarityLimits(unfamiliar=limit, unlike_training=limit)
        config = bundle.config.model_copy(update={"familiarity": limits})
        known = replace(bundle, config=config, familiarity=familiarity)
        (strip,) = strips(giving, known, plan)
        assert strip.quality.tolist() == [2, 0, 2 if unlike else 0]
