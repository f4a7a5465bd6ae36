"""Files of a slide whose bounds begin between the pixels of the level that is read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import openslide
import pytest
import shapely

from hf_space.schemas.slide import SlideResult
from hf_space.slides.options import SlideModel
from hf_space.slides.scan import find_slides
from tests.drawn_slide import DrawnSlide
from tests.slide_job import OPTIONS, run, table_of
from tests.slide_stand_in import VENDORS, StandIn


def test_every_file_says_where_the_tiles_were_read(
    tmp_path: Path, out: Path, model: SlideModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides = {"openslide.bounds-width": "5000", "openslide.bounds-height": "4000"}
    monkeypatch.setitem(VENDORS, ".scn", VENDORS[".scn"] | sides)
    monkeypatch.setattr(StandIn, "slide", DrawnSlide(6000, 5000))
    monkeypatch.setattr(openslide, "OpenSlide", StandIn)
    path = tmp_path / "a.scn"
    path.write_bytes(b"its content is OpenSlide's affair")
    (found,) = find_slides([path]).slides
    options = replace(OPTIONS, formats=frozenset({"json", "csv", "geojson"}))
    assert run(found, out, model, options).state == "done"
    folder = out / "a.scn"
    result = SlideResult.model_validate_json((folder / "result.json").read_bytes())
    # QuPath crops the slide to what the file states.
    assert result.image.bounds == (301, 202, 5000, 4000)
    rows = table_of(folder)
    # A tile has 400 pixels of level 0; of the level that is read, whose pixels are 8, the corner
    # is in those that begin at 296 and 200.
    assert {int(row["minx"]) % 400 for row in rows} == {296}
    assert {int(row["miny"]) % 400 for row in rows} == {200}
    document = json.loads((folder / "tiles.geojson").read_bytes())
    assert document["biopsia"]["origin"] == [301, 202]
    boxes = [shapely.geometry.shape(each["geometry"]).bounds for each in document["features"]]
    places = [(int(row["minx"]) - 301, int(row["miny"]) - 202) for row in rows]
    np.testing.assert_allclose([box[:2] for box in boxes], places, atol=0.5)
    right, bottom = np.max(boxes, axis=0)[2:]
    assert right <= 5000
    assert bottom <= 4000
    foci = json.loads((folder / "foci.geojson").read_bytes())["features"]
    assert len(foci) == len(result.region.foci) > 0
    for annotation, focus in zip(foci, result.region.foci, strict=True):
        ring = np.array(annotation["geometry"]["coordinates"][0])
        np.testing.assert_allclose(ring, np.array(focus.polygon[0]) - (301, 202), atol=0.5)
        assert set((np.array(focus.polygon[0])[:, 0] - 296) % 400) <= {0.0, 5005.0 % 400}
