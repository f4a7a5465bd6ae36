"""One reader of results works for regions and slides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import BaseModel

from hf_space.schemas.base import ListOf
from hf_space.schemas.prediction import ImageFacts, PredictionResult, RegionResult
from hf_space.schemas.slide import SlideFacts, SlideRegion, SlideResult
from hf_space.slides.options import SlideModel
from hf_space.slides.scan import FoundSlide
from tests.slide_job import OPTIONS, result_of, run, table_of
from tests.slide_results import drawn_slide

# A resumed run must write the same file.
WITHOUT_MEANING = {"timing_ms"}
READ = type(ListOf[int])
# Identifies the slide of which a picture was sent.
OF_PICTURES = {"slide"}
# These have other values, as their types say.
OF_SLIDES = {"kind", "reasons", "warnings", "gradcam", "image", "region"}


def alternatives(model: type[BaseModel], name: str) -> set[Any]:
    """What the values of a field may be: the members of its union, without how they are read."""
    annotation = model.model_fields[name].annotation
    members = get_args(annotation) or (annotation,)
    return {
        getattr(member, "__origin__", member) if isinstance(member, READ) else member
        for member in members
    }


def assert_readable(slide: type[BaseModel], other: type[BaseModel], but: set[str]) -> None:
    """A slide has every field, with the same type and the same limits, or with null left out."""
    assert other.model_fields.keys() - but <= slide.model_fields.keys()
    for name in other.model_fields.keys() - but:
        assert alternatives(slide, name) <= alternatives(other, name), name
        mine, its = (each.model_fields[name].metadata for each in (slide, other))
        assert mine == its, name


def test_a_slide_has_every_field_of_a_region() -> None:
    others = PredictionResult.model_fields.keys() - WITHOUT_MEANING - OF_PICTURES
    assert others <= SlideResult.model_fields.keys()
    assert_readable(SlideResult, PredictionResult, WITHOUT_MEANING | OF_PICTURES | OF_SLIDES)
    assert_readable(SlideRegion, RegionResult, set())
    assert SlideRegion.model_fields.keys() == RegionResult.model_fields.keys()
    assert_readable(SlideFacts, ImageFacts, set())


def test_the_tiles_of_a_slide_are_read_as_those_of_a_region() -> None:
    region = drawn_slide().result.model_dump(mode="json")["region"]
    assert RegionResult.model_validate(region).model_dump(mode="json") == region


@pytest.mark.parametrize("overlap", [0.0, 0.5])
def test_the_tiles_are_those_of_the_table(
    slide: FoundSlide, out: Path, model: SlideModel, overlap: float
) -> None:
    assert run(slide, out, model, replace(OPTIONS, overlap=overlap)).state == "done"
    result, rows = result_of(out), table_of(out / slide.name)
    side = 25 if overlap else 50
    region = result.region
    assert (region.rows, region.columns) == (-(-1000 // side), -(-900 // side))
    assert (region.tile_size_pixels, region.microns_per_pixel) == (side, 4.0)
    for tiles, column in ((region.tiles, "prob_idc"), (region.tiles_raw, "prob_raw")):
        expected = np.full((region.rows, region.columns), np.nan)
        for row in rows:
            expected[int(row["miny"]) // side, int(row["minx"]) // side] = float(row[column])
        np.testing.assert_array_equal(np.array(tiles, dtype=np.float64), expected)
    assert len(rows) == result.tissue_tiles
    highest = max(float(row["prob_idc"]) for row in rows)
    assert result.probability == pytest.approx(highest, abs=1e-6)
    assert result.probability == result.most_suspicious[0].probability
    scores = {each.label: each.score for each in result.predictions}
    assert scores == {"idc": result.probability, "no_idc": 1.0 - result.probability}
    assert (result.verdict, result.gradcam, region.heatmap) == ("not_assessable", None, None)
    assert (result.cached, result.saved) == (False, False)


def test_the_file_is_one_line(slide: FoundSlide, out: Path, model: SlideModel) -> None:
    run(slide, out, model)
    content = (out / slide.name / "result.json").read_bytes()
    assert content.count(b"\n") == 1
    assert content.endswith(b"}\n")
