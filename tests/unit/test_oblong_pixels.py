"""An image with non-square pixels is scored and reported in the tissue's true proportions."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from hf_space.bundle.load import Bundle
from hf_space.exports.predictions import write_csv
from hf_space.imaging.resolution import resample
from hf_space.prediction.predictor import Predictor
from hf_space.prediction.progress import ImageFound, Progress
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import PredictionResult
from hf_space.settings import Settings
from tests.bundle_factory import expected_probability
from tests.unit.test_regions import BENIGN, MALIGNANT

# Of the tiles around a corner of the tumour 4 in 9 are malignant, beside its edges 3 in 9.
_SHARE = 3.5 / 9
_BENIGN, _MALIGNANT = (
    np.log(p / (1 - p)) for p in (expected_probability(*each) for each in (BENIGN, MALIGNANT))
)
THRESHOLD = float(1 / (1 + np.exp(-_BENIGN - _SHARE * (_MALIGNANT - _BENIGN))))


@pytest.fixture
def predictor(bundle: Bundle) -> Iterator[Predictor]:
    predictor = Predictor(bundle, Settings(operating_point=None))
    yield predictor
    predictor.close()


def field(microns: tuple[float, float]) -> NDArray[np.uint8]:
    """Return 2,000 x 1,500 µm of tissue, malignant from 1,000 and 600 µm on."""
    across, down = microns
    image = np.full((round(1500 / down), round(2000 / across), 3), BENIGN, np.uint8)
    image[round(600 / down) :, round(1000 / across) :] = MALIGNANT
    return image


def tiff(image: NDArray[np.uint8], microns: tuple[float, float]) -> bytes:
    file = io.BytesIO()
    resolution = (1e4 / microns[0], 1e4 / microns[1])
    with tifffile.TiffWriter(file) as writer:
        options: dict[str, Any] = {"photometric": "rgb", "tile": (64, 64), "metadata": None}
        writer.write(image, resolution=resolution, resolutionunit="CENTIMETER", **options)
        writer.write(image[::2, ::2], subfiletype=1, **options)
    return file.getvalue()


def predicted(predictor: Predictor, data: bytes, **options: Any) -> PredictionResult:
    return asyncio.run(predictor.predict(data, PredictOptions.model_validate(options)))


@pytest.mark.parametrize(
    "microns", [(2.0, 4.0), (4.0, 2.0), (1.0, 2.5), (2.0, 2.2), (1.0, 5.0), (4.0, 4.0)]
)
def test_tiles_and_foci_are_where_the_tissue_is(
    microns: tuple[float, float], predictor: Predictor
) -> None:
    result = predicted(predictor, tiff(field(microns), microns), threshold=THRESHOLD)
    region = result.region
    assert region is not None
    assert (region.rows, region.columns) == (8, 10)
    expected = np.full((8, 10), expected_probability(*BENIGN))
    expected[3:, 5:] = expected_probability(*MALIGNANT)
    assert np.array(region.tiles_raw) == pytest.approx(expected, abs=0.02)
    across, down = microns
    assert result.image.scale == pytest.approx(microns)
    assert result.image.microns_per_pixel == pytest.approx((across * down) ** 0.5)
    assert "scale_conflict" not in [warning.code for warning in result.warnings]
    (focus,) = region.foci
    corners = np.array(focus.polygon[0])
    assert corners.min(axis=0) == pytest.approx([1000 / across, 600 / down], abs=1)
    assert corners.max(axis=0) == pytest.approx([2000 / across, 1500 / down], abs=1)
    assert focus.area_mm2 == pytest.approx(0.9, rel=0.01)
    assert focus.largest_dimension_mm == pytest.approx(np.hypot(1.0, 0.9), rel=0.01)
    assert region.malignant_area_mm2 == pytest.approx(0.9, rel=0.01)


def test_files_give_places_along_each_axis(predictor: Predictor) -> None:
    result = predicted(predictor, tiff(field((2.0, 4.0)), (2.0, 4.0)))
    text = b"".join(write_csv(result)).decode("utf-8-sig")
    (tile,) = (
        line
        for line in csv.DictReader(io.StringIO(text))
        if (line["row"], line["column"]) == ("4", "6")
    )
    place = [float(tile[name]) for name in ("x_px", "y_px", "width_px", "height_px")]
    assert place == pytest.approx([500, 150, 100, 50], abs=1)
    assert [float(tile[name]) for name in ("x_um", "y_um")] == pytest.approx([1000, 600], abs=4)


def test_a_scale_that_is_stated_counts_for_both_axes(predictor: Predictor) -> None:
    result = predicted(predictor, tiff(field((2.0, 4.0)), (2.0, 4.0)), microns_per_pixel=2.0)
    assert result.region is not None
    assert (result.region.rows, result.region.columns) == (4, 10)
    assert result.image.microns_per_pixel_xy is None
    assert "scale_conflict" in [warning.code for warning in result.warnings]


def test_the_first_line_of_a_stream_has_both_scales(predictor: Predictor) -> None:
    steps: list[Progress] = []
    data = tiff(field((2.0, 4.0)), (2.0, 4.0))
    result = asyncio.run(predictor.predict(data, PredictOptions(), listen=steps.append))
    first, *_ = steps
    assert isinstance(first, ImageFound)
    assert first.event.microns_per_pixel_xy == result.image.microns_per_pixel_xy
    assert first.event.microns_per_pixel_xy == pytest.approx((2.0, 4.0))


def test_an_axis_that_shrinks_is_averaged_while_the_other_grows() -> None:
    stripes = np.zeros((20, 80, 3), np.uint8)
    stripes[:, ::2] = 200
    resized = resample(stripes, (1.0, 8.0), 4.0, max_pixels=10_000)
    assert resized.shape == (40, 20, 3)
    assert set(np.unique(resized)) == {100}
