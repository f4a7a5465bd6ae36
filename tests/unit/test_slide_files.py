"""Files of a slide's tiles and foci: the table, the objects for QuPath, and the heat map."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, ClassVar, cast

import geopandas
import numpy as np
import openslide
import pytest
import shapely
import tifffile
from numpy.typing import NDArray

from hf_space.exports.slides import tiles as tiles_module
from hf_space.exports.slides.content import SlideContent
from hf_space.exports.slides.formats import SLIDE_FORMATS
from hf_space.exports.slides.heatmap import MOST, REDUCTIONS, write_heatmap
from hf_space.exports.slides.tiles import SlideTile
from tests.slide_results import drawn_slide, slide_content, slide_grid

NONE = np.nan
FILES = {name: write for each in SLIDE_FORMATS.values() for name, write in each.files.items()}
# Three by four tiles; a ring with a hole, and one more that touches it at a corner only.
RING = np.array(
    [
        [0.9, 0.8, 0.7, NONE],
        [0.5, 0.1, 0.6, 0.3],
        [0.95, 0.42, 0.9, 0.41],
        [NONE, 0.2, 0.1, 0.5],
    ]
)


@pytest.fixture(scope="module")
def drawn() -> SlideContent:
    return drawn_slide()


def ring(**options: Any) -> SlideContent:
    """Tiles of 400 px that begin at 1000, 600; the last ones are cut."""
    return slide_content(slide_grid(1500, 1570, left=1000, top=600), RING, **options)


def written(content: SlideContent, name: str, folder: Path) -> Path:
    path = folder / name
    FILES[name](content, path)
    return path


def table(content: SlideContent, folder: Path) -> list[dict[str, str]]:
    with written(content, "tiles.csv", folder).open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def features(content: SlideContent, name: str, folder: Path) -> list[dict[str, Any]]:
    document = json.loads(written(content, name, folder).read_bytes())
    assert document["type"] == "FeatureCollection"
    return cast("list[dict[str, Any]]", document["features"])


def shapes(found: list[dict[str, Any]]) -> list[shapely.Polygon]:
    return [cast("shapely.Polygon", shapely.geometry.shape(each["geometry"])) for each in found]


def test_the_table_has_the_columns_of_wsinfer_and_then_ours(tmp_path: Path) -> None:
    raw = np.where(np.isnan(RING), np.nan, 0.25)
    lines = written(ring(raw=raw), "tiles.csv", tmp_path).read_bytes().split(b"\r\n")
    # No byte order mark, and no column for an index.
    assert lines[:3] == [
        b"minx,miny,width,height,prob_no_idc,prob_idc,prob_raw,verdict",
        b"1000,600,400,400,0.1,0.9,0.25,malignant",
        b"1400,600,400,400,0.2,0.8,0.25,malignant",
    ]
    # Cut at the right and lower edges of the bounds; on the uncertain band.
    assert lines[-2] == b"2200,1800,300,370,0.5,0.5,0.25,uncertain"
    assert len(lines) == 1 + np.count_nonzero(~np.isnan(RING)) + 1


def test_tiles_of_the_table_lie_side_by_side_in_whole_pixels(tmp_path: Path) -> None:
    # 200 µm are 793.65 and 813.01 px.
    grid = slide_grid(6000, 5000, left=37, top=11, microns_per_pixel=(0.252, 0.246))
    rows = table(slide_content(grid, np.full((grid.rows, grid.columns), 0.6)), tmp_path)
    boxes = np.array(
        [[int(row[key]) for key in ("minx", "miny", "width", "height")] for row in rows]
    )
    for place, (x, y, width, height) in enumerate(boxes):
        exact = grid.box(*divmod(place, grid.columns))
        assert np.abs(np.array([x, y, x + width, y + height]) - exact).max() <= 0.5
    assert int((boxes[:, 2] * boxes[:, 3]).sum()) == 6000 * 5000
    assert [float(row["prob_idc"]) + float(row["prob_no_idc"]) for row in rows] == [1.0] * len(rows)


def test_tiles_for_qupath_begin_at_the_bounds(tmp_path: Path) -> None:
    raw = np.where(np.isnan(RING), np.nan, 0.25)
    found = features(ring(raw=raw), "tiles.geojson", tmp_path)
    assert found[0] == {
        "type": "Feature",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[0, 0], [400, 0], [400, 400], [0, 400], [0, 0]]],
        },
        "properties": {
            "objectType": "tile",
            "name": "row 1, column 1",
            "classification": {"name": "Suggests IDC", "color": [190, 88, 20]},
            "measurements": {"probability": 0.9, "probability_raw": 0.25},
        },
    }
    last = found[-1]
    assert shapes([last])[0].bounds == (1200, 1200, 1500, 1570)
    assert last["properties"]["name"] == "row 4, column 4"
    assert last["properties"]["classification"]["name"] == "Inconclusive"
    names = {each["properties"]["classification"]["name"] for each in found}
    assert names == {"Suggests IDC", "Inconclusive", "Does not suggest IDC"}


def test_foci_for_qupath_are_annotations_with_holes(tmp_path: Path) -> None:
    content = ring()
    larger, smaller = features(content, "foci.geojson", tmp_path)
    outline, hole = larger["geometry"]["coordinates"]
    assert shapely.Polygon(outline).equals(shapely.box(0, 0, 1200, 1200))
    assert shapely.Polygon(hole).equals(shapely.box(400, 400, 800, 800))
    assert shapes([smaller])[0].bounds == (1200, 1200, 1500, 1570)
    assert larger["properties"] == {
        "objectType": "annotation",
        "name": "focus 1",
        "classification": {"name": "Suggests IDC", "color": [190, 88, 20]},
        "measurements": {
            "area_mm2": 0.32,
            "largest_dimension_mm": pytest.approx(0.6 * 2**0.5, abs=1e-6),
            "peak_probability": 0.95,
        },
    }
    assert smaller["properties"]["classification"]["name"] == "Inconclusive"
    # The result has them in level 0.
    whole = [shapely.Polygon(focus.polygon[0]).bounds for focus in content.result.region.foci]
    assert whole == [(1000, 600, 2200, 1800), (2200, 1800, 2500, 2170)]


def test_a_collection_names_its_result_and_where_it_begins(tmp_path: Path) -> None:
    content = ring()
    for name in ("tiles.geojson", "foci.geojson"):
        document = json.loads(written(content, name, tmp_path).read_bytes())
        assert document["biopsia"] == {
            "id": str(content.result.id),
            "verdict": "not_assessable",
            "reasons": ["slide_uncalibrated"],
            "origin": [1000, 600],
        }


def test_geopandas_reads_foci_that_cover_the_tiles_above_the_threshold(
    drawn: SlideContent, tmp_path: Path
) -> None:
    tiles = geopandas.read_file(written(drawn, "tiles.geojson", tmp_path))
    foci = geopandas.read_file(written(drawn, "foci.geojson", tmp_path))
    probabilities = np.array([each["probability"] for each in map(parsed, tiles["measurements"])])
    positive = tiles.geometry[probabilities >= drawn.tiles.point.threshold]
    assert len(positive) > 400
    assert foci.geometry.is_valid.all()
    assert foci.geometry.union_all().symmetric_difference(positive.union_all()).area == 0
    # Each tile lies where the table has it, from the bounds on.
    lines = table(drawn, tmp_path)
    left, top, _, _ = drawn.tiles.grid.bounds
    corners = [(int(line["minx"]) - left, int(line["miny"]) - top) for line in lines]
    assert np.abs(tiles.geometry.bounds[["minx", "miny"]].to_numpy() - corners).max() < 1


def parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


class CountedTile(SlideTile):
    """A tile that knows how many there are."""

    alive: ClassVar[int] = 0
    made: ClassVar[int] = 0
    most: ClassVar[int] = 0

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        type(self).made += 1
        type(self).alive += 1
        type(self).most = max(self.most, self.alive)

    def __del__(self) -> None:
        type(self).alive -= 1


@pytest.mark.parametrize("name", ["tiles.csv", "tiles.geojson"])
def test_a_hundred_thousand_tiles_are_written_one_by_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: type[CountedTile] = type("Counted", (CountedTile,), {})
    monkeypatch.setattr(tiles_module, "SlideTile", counted)
    grid = slide_grid(400 * 400, 250 * 400)
    content = slide_content(grid, np.full((250, 400), 0.2))
    path = written(content, name, tmp_path)
    assert counted.made == 100_000
    assert counted.most <= 3
    with path.open("rb") as file:
        assert sum(1 for _ in file) >= 100_000


def levels(path: Path) -> list[NDArray[np.uint8]]:
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        (series,) = file.series
        assert file.pages.first.subifds is not None
        return [np.asarray(level.asarray()) for level in series.levels]


def decoded(samples: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.where(samples == 0, np.nan, (samples.astype(float) - 1.0) / MOST)


def test_the_smallest_level_of_the_heat_map_has_a_pixel_for_each_tile(
    drawn: SlideContent, tmp_path: Path
) -> None:
    found = levels(written(drawn, "heatmap.ome.tif", tmp_path))
    assert [level.shape for level in found] == [(480, 600), (240, 300), (120, 150), (60, 75)]
    np.testing.assert_allclose(decoded(found[-1]), drawn.tiles.probabilities, atol=0.5 / MOST)
    for level, reduction in zip(found, REDUCTIONS, strict=True):
        side = REDUCTIONS[-1] // reduction
        whole = np.repeat(np.repeat(found[-1], side, axis=0), side, axis=1)
        np.testing.assert_array_equal(level, whole)


def test_no_tissue_is_not_a_probability_of_none(tmp_path: Path) -> None:
    content = slide_content(slide_grid(1200, 400), np.array([[0.0, NONE, 1.0]]))
    samples = levels(written(content, "heatmap.ome.tif", tmp_path))[-1]
    assert samples.tolist() == [[1, 0, 255]]


def test_the_heat_map_covers_whole_tiles_at_their_physical_size(tmp_path: Path) -> None:
    grid = slide_grid(9990, 4005, left=500, top=70, microns_per_pixel=(0.5, 0.25))
    content = slide_content(grid, np.full((grid.rows, grid.columns), 0.5))
    path = written(content, "heatmap.ome.tif", tmp_path)
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        assert isinstance(page, tifffile.TiffPage)
        pixels = tifffile.xml2dict(file.ome_metadata or "")["OME"]["Image"]["Pixels"]
        down, across = page.shape
        resolution = page.get_resolution("micrometer")
    assert (pixels["PhysicalSizeX"], pixels["PhysicalSizeXUnit"]) == (25.0, "µm")
    assert (pixels["PhysicalSizeY"], pixels["PhysicalSizeYUnit"]) == (25.0, "µm")
    assert resolution == pytest.approx((1 / 25, 1 / 25))
    # 9990 px of 0.5 µm are 24.975 tiles, 4005 px of 0.25 µm 5.006.
    assert (across, down) == (8 * 25, 8 * 6)
    # Exactly halved, so that sizes give the same scales as the resolution.
    shapes = [level.shape for level in levels(path)]
    assert shapes == [(48, 200), (24, 100), (12, 50), (6, 25)]


def test_openslide_opens_the_heat_map(drawn: SlideContent, tmp_path: Path) -> None:
    with openslide.OpenSlide(written(drawn, "heatmap.ome.tif", tmp_path)) as slide:
        assert slide.dimensions == (600, 480)
        assert float(slide.properties[openslide.PROPERTY_NAME_MPP_X]) == 25.0
        grey = np.asarray(slide.read_region((0, 0), 0, slide.dimensions))[4::8, 4::8, 0]
    np.testing.assert_allclose(decoded(grey), drawn.tiles.probabilities, atol=0.5 / MOST)


def test_the_heat_map_ends_with_the_grid(tmp_path: Path) -> None:
    # Rounding to whole pixels of the model may leave a hair of the bounds without a row.
    whole = slide_grid(800, 800)
    grid = type(whole)(2, 2, (0, 0, 800, 803), 400.0, 400.0, (0.5, 0.5))
    content = slide_content(grid, np.full((2, 2), 0.5))
    write_heatmap(content, tmp_path / "map.tif")
    assert levels(tmp_path / "map.tif")[0].shape == (16, 16)


BAD = {
    "no focus": np.full((2, 3), 0.1),
    "no tissue": np.full((2, 3), NONE),
    "one tile": np.array([[0.9]]),
    "certain": np.array([[0.0, 1.0]]),
}


@pytest.mark.parametrize("probabilities", BAD.values(), ids=BAD)
def test_every_file_is_written_whatever_the_slide_holds(
    probabilities: NDArray[np.float64], tmp_path: Path
) -> None:
    rows, columns = probabilities.shape
    content = slide_content(slide_grid(columns * 400 - 100, rows * 400 - 50), probabilities)
    count = int(np.count_nonzero(~np.isnan(probabilities)))
    assert len(table(content, tmp_path)) == count
    assert len(features(content, "tiles.geojson", tmp_path)) == count
    assert len(features(content, "foci.geojson", tmp_path)) == len(content.result.region.foci)
    found = decoded(levels(written(content, "heatmap.ome.tif", tmp_path))[-1])
    np.testing.assert_allclose(found, probabilities, atol=0.5 / MOST)
    for name in ("overview.png", "report.pdf"):
        assert written(content, name, tmp_path).stat().st_size > 1000


def test_the_same_slide_gives_the_same_files(tmp_path: Path) -> None:
    content = drawn_slide(rows=12, columns=15)
    for name in set(FILES) - {"features.parquet"}:
        once = written(content, name, tmp_path).read_bytes()
        assert written(content, name, tmp_path).read_bytes() == once, name


def test_all_files_but_the_features_are_written_by_default() -> None:
    assert [name for name, each in SLIDE_FORMATS.items() if each.on_request] == ["features"]
    assert list(FILES) == [
        "tiles.csv",
        "tiles.geojson",
        "foci.geojson",
        "heatmap.ome.tif",
        "overview.png",
        "report.pdf",
        "features.parquet",
    ]
