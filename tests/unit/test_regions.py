from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import shapely

from hf_space.bundle.load import Bundle, load_bundle
from hf_space.errors import BusyError, NoTissueError
from hf_space.explain.legend import legend_height
from hf_space.imaging.readers import decode_image
from hf_space.imaging.tiling import cut_tiles
from hf_space.inference.batching import MAX_BATCH, Batcher
from hf_space.inference.engine import Engine
from hf_space.inference.probe import DRAWN_REGION
from hf_space.inference.warmup import warm_engine
from hf_space.observability.metrics import Metrics
from hf_space.prediction.predictor import Predictor
from hf_space.prediction.progress import Progress
from hf_space.prediction.scoring import score_tiles
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import PredictionResult
from hf_space.schemas.stream import TilesEvent
from hf_space.settings import Settings
from tests.bundle_factory import CALIBRATION, encode, expected_logit, expected_probability

MALIGNANT = (200, 120, 190)
BENIGN = (120, 200, 190)
GLASS = (255, 255, 255)


@pytest.fixture
def predictor(bundle: Bundle) -> Iterator[Predictor]:
    predictor = Predictor(bundle, Settings(operating_point=None))
    yield predictor
    predictor.close()


def mosaic(colours: list[list[tuple[int, int, int]]]) -> np.ndarray:
    """Return an image of 50x50 px tiles of one colour each."""
    return np.repeat(np.repeat(np.array(colours, np.uint8), 50, axis=0), 50, axis=1)


def predict(predictor: Predictor, image: np.ndarray, **options: object) -> PredictionResult:
    asked = PredictOptions.model_validate({"microns_per_pixel": 4.0} | options)
    return asyncio.run(predictor.predict(encode(image), asked))


def test_each_raw_tile_has_the_probability_of_its_patch(predictor: Predictor) -> None:
    colours = [[MALIGNANT, BENIGN, GLASS], [GLASS, (150, 150, 150), MALIGNANT]]
    region = predict(predictor, mosaic(colours)).region
    assert region is not None
    assert (region.rows, region.columns, region.tile_size_pixels) == (2, 3, 50)
    assert region.microns_per_pixel == 4.0
    for row, expected_row in zip(region.tiles_raw, colours, strict=True):
        for tile, colour in zip(row, expected_row, strict=True):
            if colour == GLASS:
                assert tile is None
            else:
                assert tile == pytest.approx(expected_probability(*colour), abs=1e-4)


def test_areas_and_fractions_count_what_lies_within_the_region(predictor: Predictor) -> None:
    image = mosaic([[MALIGNANT, GLASS, BENIGN, GLASS]])[:, :180]
    region = predict(predictor, image).region
    assert region is not None
    assert region.tissue_fraction == pytest.approx(100 / 180)
    assert region.malignant_fraction == pytest.approx(0.5)
    # 50x50 px of 4 µm each.
    assert region.malignant_area_mm2 == pytest.approx(0.04)


def test_foci_are_tiles_that_touch(predictor: Predictor) -> None:
    image = mosaic([[MALIGNANT, MALIGNANT, GLASS, MALIGNANT], [MALIGNANT, GLASS, GLASS, GLASS]])
    region = predict(predictor, image).region
    assert region is not None
    first, second = region.foci
    assert shapely.Polygon(second.polygon[0]).equals(shapely.box(150, 0, 200, 50))
    assert shapely.Polygon(first.polygon[0]).area == 3 * 50 * 50
    assert (first.area_mm2, second.area_mm2) == pytest.approx((0.12, 0.04))
    assert first.largest_dimension_mm == pytest.approx(0.4 * 2**0.5, abs=1e-6)
    assert first.peak_probability == pytest.approx(expected_probability(*MALIGNANT), abs=1e-4)


def test_foci_add_up_to_the_malignant_area_however_the_image_was_rounded(
    predictor: Predictor,
) -> None:
    colours = [[MALIGNANT, MALIGNANT, GLASS, MALIGNANT]] * 2
    image = np.repeat(np.repeat(mosaic(colours), 2, axis=0), 2, axis=1)[:131, :373]
    region = predict(predictor, image, microns_per_pixel=2.0).region
    assert region is not None
    assert region.malignant_area_mm2 is not None
    areas = [focus.area_mm2 or 0.0 for focus in region.foci]
    assert sum(areas) == pytest.approx(region.malignant_area_mm2, abs=2e-6)
    assert shapely.Polygon(region.foci[1].polygon[0]).bounds[2:] == (373, 131)


def test_foci_of_unknown_scale_have_a_place_and_no_size(predictor: Predictor) -> None:
    result = predict(predictor, mosaic([[MALIGNANT, MALIGNANT]]), microns_per_pixel=None)
    assert (result.verdict, result.reasons) == ("not_assessable", ["scale_unknown"])
    assert result.region is not None
    (focus,) = result.region.foci
    assert (focus.area_mm2, focus.largest_dimension_mm) == (None, None)
    assert shapely.Polygon(focus.polygon[0]).equals(shapely.box(0, 0, 100, 50))


def test_the_threshold_decides_which_tiles_count(predictor: Predictor) -> None:
    image = mosaic([[MALIGNANT, BENIGN]])
    probability = expected_probability(*BENIGN)
    region = predict(predictor, image, threshold=probability / 2).region
    assert region is not None
    assert region.malignant_fraction == 1.0


def test_grid_joins_the_maps_of_the_tiles(predictor: Predictor) -> None:
    result = predict(predictor, mosaic([[MALIGNANT, GLASS], [BENIGN, BENIGN]]))
    grid = np.array(result.gradcam.grid, dtype=float)
    assert grid.shape == (result.gradcam.rows, result.gradcam.columns) == (8, 8)
    assert np.isnan(grid[:4, 4:]).all()
    for place, colour in ((np.s_[:4, :4], MALIGNANT), (np.s_[4:, :], BENIGN)):
        evidence = CALIBRATION.slope * expected_logit(*colour) + CALIBRATION.intercept
        np.testing.assert_allclose(grid[place], evidence, atol=2e-3)


def logit(probability: float | None) -> float:
    assert probability is not None
    return float(np.log(probability / (1 - probability)))


def test_a_tile_is_averaged_in_logits_with_the_tissue_around_it(predictor: Predictor) -> None:
    result = predict(predictor, mosaic([[MALIGNANT, BENIGN, GLASS, BENIGN]]))
    assert result.region is not None
    (tiles,) = result.region.tiles
    high, low = (CALIBRATION.slope * expected_logit(*c) for c in (MALIGNANT, BENIGN))
    mean = (high + low) / 2 + CALIBRATION.intercept
    assert [logit(tiles[0]), logit(tiles[1])] == pytest.approx([mean] * 2, abs=1e-3)
    assert tiles[2] is None
    assert tiles[3] == pytest.approx(expected_probability(*BENIGN), abs=1e-4)
    # The rest of the result follows them.
    assert result.probability == pytest.approx(max(p for p in tiles if p is not None), abs=1e-6)
    is_positive = result.probability >= 0.5
    assert result.region.malignant_fraction == pytest.approx(2 / 3 * is_positive)


def test_one_more_pixel_does_not_change_the_verdict(predictor: Predictor) -> None:
    image = np.full((51, 51, 3), BENIGN, np.uint8)
    image[:50, :50] = MALIGNANT
    whole = predict(predictor, image[:50, :50])
    assert (whole.kind, whole.verdict) == ("patch", "malignant")
    larger = predict(predictor, image)
    assert (larger.kind, larger.verdict) == ("region", "malignant")
    assert larger.probability == pytest.approx(whole.probability, abs=0.02)


def test_a_region_is_refused_like_a_patch_when_the_service_ends(predictor: Predictor) -> None:
    predictor.close()
    with pytest.raises(BusyError):
        predict(predictor, mosaic([[MALIGNANT] * 9] * 3))


def test_verdict_is_that_of_the_regions_probability(predictor: Predictor) -> None:
    assert predict(predictor, mosaic([[MALIGNANT, MALIGNANT]])).verdict == "malignant"
    assert predict(predictor, mosaic([[BENIGN, BENIGN]])).verdict == "benign"


def test_all_glass_cannot_be_predicted(predictor: Predictor) -> None:
    with pytest.raises(NoTissueError, match="no tissue"):
        predict(predictor, mosaic([[GLASS, GLASS]]))


def test_drawings_come_when_asked_for(predictor: Predictor) -> None:
    image = mosaic([[MALIGNANT, GLASS]])
    result = predict(predictor, image)
    assert result.region is not None
    for url in (result.gradcam.overlay, result.region.heatmap):
        assert url is not None
        picture = decode_image(base64.b64decode(url.partition(",")[2]))
        assert picture.shape == (200 + legend_height(400), 400, 3)
        # Glass keeps its colour, tissue does not.
        np.testing.assert_allclose(picture[100, 350], GLASS, atol=3)
        assert np.abs(picture[100, 50].astype(int) - MALIGNANT).sum() > 60
    plain = predict(predictor, image, explain=False)
    assert plain.region is not None
    assert (plain.gradcam.overlay, plain.region.heatmap) == (None, None)


def test_warnings_judge_the_tissue_only(predictor: Predictor) -> None:
    noise = np.random.default_rng(2).integers(-20, 20, (50, 50, 1))
    tissue = (mosaic([[MALIGNANT]]) + noise).astype(np.uint8)
    image = mosaic([[GLASS] * 6])
    image[:, :50] = tissue
    assert predict(predictor, image).warnings == []
    image[:, :50] = MALIGNANT
    assert [warning.code for warning in predict(predictor, image).warnings] == ["blurred"]


def test_progress_counts_the_tissue_tiles(predictor: Predictor) -> None:
    told: list[Progress] = []
    data = encode(mosaic([[MALIGNANT] * 7 + [GLASS]] * 3))
    asked = PredictOptions(microns_per_pixel=4.0)
    asyncio.run(predictor.predict(data, asked, listen=told.append))
    tiles = [step for step in told if isinstance(step, TilesEvent)]
    assert (tiles[-1].done, tiles[-1].total) == (21, 21)
    assert [step.done for step in tiles] == sorted({step.done for step in tiles})


def test_a_finer_region_is_reduced_first(predictor: Predictor) -> None:
    image = np.repeat(np.repeat(mosaic([[MALIGNANT, BENIGN]]), 4, axis=0), 4, axis=1)
    region = predict(predictor, image, microns_per_pixel=1.0).region
    assert region is not None
    assert (region.rows, region.columns) == (1, 2)
    assert region.tiles_raw[0][0] == pytest.approx(expected_probability(*MALIGNANT), abs=1e-4)


@pytest.mark.parametrize("order", ["sparse first", "all alike"])
def test_the_result_does_not_depend_on_the_order_of_the_batches(order: str) -> None:
    settings = Settings()
    bundle = load_bundle(settings.model_dir)
    tiles = cut_tiles(decode_image(DRAWN_REGION.read_bytes()), bundle.config.patch_size_pixels)
    batcher = Batcher(warm_engine("openvino", bundle), bundle.config, capacity=9, metrics=Metrics())
    density = -tiles.density if order == "sparse first" else np.zeros_like(tiles.density)
    try:
        found, other = (
            asyncio.run(score_tiles(each, batcher, bundle))
            for each in (tiles, replace(tiles, density=density))
        )
    finally:
        batcher.close()
    assert tiles.tissue.sum() > 2 * MAX_BATCH
    for name in ("logits", "raw_logits", "areas", "evidence", "distances"):
        np.testing.assert_array_equal(getattr(found, name), getattr(other, name), strict=True)


class OneStream:
    """An engine that runs batches one after the other."""

    def __init__(self, engine: Engine) -> None:
        self.streams = 1
        self.name = engine.name
        self.precision = engine.precision
        self.run = engine.run


def test_the_densest_tissue_comes_first(bundle: Bundle) -> None:
    # Tiles of which a fifth is stained, and below them some that are stained all over.
    sparse, dense = mosaic([[GLASS]]), mosaic([[MALIGNANT]])
    sparse[:, :10] = MALIGNANT
    image = np.vstack([np.hstack([tile] * MAX_BATCH) for tile in (sparse, sparse, dense)])
    engine = OneStream(warm_engine("openvino", bundle))
    batcher = Batcher(engine, bundle.config, capacity=9, metrics=Metrics())
    told: list[TilesEvent] = []
    try:
        asyncio.run(score_tiles(cut_tiles(image, 50), batcher, bundle, listen=told.append))
    finally:
        batcher.close()
    assert [{row for row, _, _ in step.tiles} for step in told] == [{2}, {0}, {1}]
