"""Files of results: guarded cells, outlines for QuPath, and unique names."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from pydantic import ValidationError

from hf_space.exports.csv import Table, guarded
from hf_space.exports.folder import ExportFolder, file_names
from hf_space.exports.formats import FORMATS, ExportFormat
from hf_space.exports.history import HISTORY_TABLE
from hf_space.exports.predictions import BATCH_TABLE, RESULT_COLUMNS
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.errors import ErrorBody
from hf_space.schemas.prediction import Focus, PredictionResult, RegionResult

FIRST = UUID("01a20ed8-412e-75c8-ba12-098ff3f9901d")


def patch_result(**changes: Any) -> PredictionResult:
    """A benign patch of 50 x 50 px at the model's scale."""
    image = {"sha256": "44" * 32, "width": 50, "height": 50, "microns_per_pixel": 4.0}
    times = dict.fromkeys(("decode", "queue", "inference", "render", "total"), 1.0)
    content = {
        "id": FIRST,
        "created_at": datetime(2026, 11, 24, 18, 36, tzinfo=UTC),
        "kind": "patch",
        "verdict": "benign",
        "reasons": [],
        "probability": 0.25,
        "threshold": 0.42,
        "operating_point": "balanced",
        "uncertain_band": [0.3, 0.55],
        "predictions": [],
        "gradcam": {"rows": 1, "columns": 1, "grid": [[-1.0]]},
        "region": None,
        "image": image | {"scale_source": "request"},
        "warnings": [
            {"code": code, "message": "", "severity": "caution"} for code in ("blank", "blurred")
        ],
        "model": {"name": "tiny", "revision": "r1"},
        "cached": False,
        "saved": True,
        "timing_ms": times,
    }
    return PredictionResult.model_validate(content | changes)


def region_result() -> PredictionResult:
    """A region of 220 x 130 px at 2 µm/px: 110 x 65 px at the model's scale, 3 x 2 tiles."""
    image = patch_result().image.model_copy(
        update={"width": 220, "height": 130, "microns_per_pixel": 2.0}
    )
    region = RegionResult(
        rows=2,
        columns=3,
        tile_size_pixels=50,
        microns_per_pixel=4.0,
        tiles=[[0.1, 0.42, None], [0.9, 0.9, 0.3]],
        tiles_raw=[[0.05, 0.3, None], [0.97, 0.95, 0.2]],
        heatmap=None,
        tissue_fraction=0.9,
        malignant_fraction=0.5,
        malignant_area_mm2=0.05,
    )
    return patch_result(kind="region", image=image, region=region)


def withheld(result: PredictionResult) -> PredictionResult:
    """The same image of unknown scale, read at the model's."""
    warning = {"code": "scale_unknown", "message": "", "severity": "withholds"}
    image = result.image.model_dump() | {"microns_per_pixel": 4.0, "scale_source": "assumed"}
    region = result.region and result.region.model_copy(update={"malignant_area_mm2": None})
    content = result.model_dump() | {
        "verdict": "not_assessable",
        "reasons": ["scale_unknown"],
        "warnings": [warning],
        "image": image,
        "region": region and region.model_dump(),
    }
    return PredictionResult.model_validate(content)


def exported(suffix: str, result: PredictionResult) -> bytes:
    return b"".join(FORMATS[suffix].chunks(result))


def features(result: PredictionResult) -> list[dict[str, Any]]:
    document = json.loads(exported("geojson", result))
    assert document["type"] == "FeatureCollection"
    return cast("list[dict[str, Any]]", document["features"])


def rows(content: bytes) -> list[dict[str, str]]:
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        *((f"{sign}1", f"'{sign}1") for sign in "=+-@＝＋－＠"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("  =1", "'  =1"),
        ("\u3000\u00a0＝1", "'\u3000\u00a0＝1"),
        ("\0=1", "'\0=1"),
        ('"=1"', '\'"=1"'),
        ("a;=1", "a;'=1"),
        ("a; \t+1;-2", "a;' \t+1;'-2"),
        # Doubled in the file, the quotes would be empty text before a formula.
        ('a;"=1"', 'a;\'"=1"'),
        ("a\n=1", "a\n'=1"),
        ("a\r\n@b", "a\r\n'@b"),
        ("a=1+1-2@b, =1", "a=1+1-2@b, =1"),
        ("a;b\nc", "a;b\nc"),
        ("", ""),
    ],
    ids=ascii,
)
def test_no_part_of_a_cell_is_a_formula(text: str, cell: str) -> None:
    assert guarded(text) == cell


def test_names_that_are_no_utf8_are_escaped() -> None:
    table = Table[str]({"name": lambda name: name})
    assert table.line("bad\udcffname.svs") == b"bad\\udcffname.svs\r\n"
    assert table.line("caf\u00e9") == "caf\u00e9\r\n".encode()


def test_cells_are_guarded_and_numbers_stay_numbers() -> None:
    values = {
        "text": "=1;a",
        "path": Path("-x"),
        "number": -0.5,
        "whole": -3,
        "flag": False,
        "time": datetime(2026, 1, 2, tzinfo=UTC),
        "none": None,
        "quoted": 'é "b", c',
    }
    columns: dict[str, Callable[[None], object]] = {
        name: lambda _, value=value: value  # type: ignore[misc]
        for name, value in values.items()
    }
    content = b"".join(Table(columns).file([None])).decode()
    assert content == (
        "\ufefftext,path,number,whole,flag,time,none,quoted\r\n"
        '\'=1;a,\'-x,-0.5,-3,false,2026-01-02T00:00:00+00:00,,"é ""b"", c"\r\n'
    )


def test_a_batch_has_a_line_for_each_image_with_or_without_a_result() -> None:
    error = ErrorBody(code="corrupt_image", message="=cut off", details={})
    items = [
        BatchItem(index=0, name="=a.png", result=region_result()),
        BatchItem(index=1, name="b;-c.png", error=error),
    ]
    good, bad = rows(b"".join(BATCH_TABLE.file(items)))
    assert list(good) == ["index", "name", *RESULT_COLUMNS, "error", "message"]
    assert (good["name"], good["kind"], good["error"]) == ("'=a.png", "region", "")
    assert (good["malignant_area_mm2"], good["warnings"]) == ("0.05", "blank blurred")
    assert (bad["index"], bad["name"]) == ("1", "b;'-c.png")
    assert (bad["error"], bad["message"]) == ("corrupt_image", "'=cut off")
    assert not any(bad[column] for column in RESULT_COLUMNS)


def test_the_history_begins_with_the_columns_of_a_result() -> None:
    assert list(HISTORY_TABLE.columns)[: len(RESULT_COLUMNS)] == list(RESULT_COLUMNS)


def test_a_patch_is_one_line_of_csv() -> None:
    (row,) = rows(exported("csv", patch_result()))
    assert list(row) == list(RESULT_COLUMNS)
    assert (row["id"], row["image_sha256"]) == (str(FIRST), "44" * 32)
    assert (row["probability"], row["threshold"], row["verdict"]) == ("0.25", "0.42", "benign")
    assert (row["uncertain_low"], row["uncertain_high"], row["reasons"]) == ("0.3", "0.55", "")
    assert (row["model"], row["revision"]) == ("tiny", "r1")


def test_every_file_says_that_a_verdict_is_withheld() -> None:
    (row,) = rows(exported("csv", withheld(patch_result())))
    assert (row["verdict"], row["reasons"]) == ("not_assessable", "scale_unknown")
    document = json.loads(exported("geojson", withheld(region_result())))
    assert document["biopsia"] == {
        "id": str(FIRST),
        "verdict": "not_assessable",
        "reasons": ["scale_unknown"],
    }
    (patch,) = features(withheld(patch_result()))
    assert patch["properties"]["classification"]["name"] == "Not assessable"
    assert patch["properties"]["measurements"]["probability"] == 0.25
    tiles = features(withheld(region_result()))
    assert {tile["properties"]["classification"]["name"] for tile in tiles} == {"Not assessable"}
    lines = rows(exported("csv", withheld(region_result())))
    assert {line["verdict"] for line in lines} == {"not_assessable"}
    assert [line["probability"] for line in lines] == ["0.1", "0.42", "0.9", "0.9", "0.3"]


def test_an_assumed_scale_yields_no_lengths_and_no_areas() -> None:
    lines = rows(exported("csv", withheld(region_result())))
    assert {(line["x_um"], line["y_um"]) for line in lines} == {("", "")}
    item = BatchItem(index=0, name="a.png", result=withheld(region_result()))
    (row,) = rows(b"".join(BATCH_TABLE.file([item])))
    assert row["malignant_area_mm2"] == ""


def test_a_region_has_a_line_for_each_tile_with_tissue() -> None:
    assert exported("csv", region_result()).decode("utf-8-sig").split("\r\n") == [
        "row,column,x_px,y_px,x_um,y_um,width_px,height_px,probability,probability_raw,"
        "at_or_above_threshold,verdict",
        "1,1,0.0,0.0,0.0,0.0,100.0,100.0,0.1,0.05,false,benign",
        "1,2,100.0,0.0,200.0,0.0,100.0,100.0,0.42,0.3,true,uncertain",
        "2,1,0.0,100.0,0.0,200.0,100.0,30.0,0.9,0.97,true,malignant",
        "2,2,100.0,100.0,200.0,200.0,100.0,30.0,0.9,0.95,true,malignant",
        "2,3,200.0,100.0,400.0,200.0,20.0,30.0,0.3,0.2,false,uncertain",
        "",
    ]


def test_a_tile_is_an_object_for_qupath_in_pixels_of_the_source_image() -> None:
    found = features(region_result())
    assert len(found) == 5
    assert found[1] == {
        "type": "Feature",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[100, 0], [200, 0], [200, 100], [100, 100], [100, 0]]],
        },
        "properties": {
            "objectType": "tile",
            "name": "row 1, column 2",
            "classification": {"name": "Inconclusive", "color": [104, 100, 120]},
            "measurements": {"probability": 0.42},
        },
    }
    names = [tile["properties"]["classification"]["name"] for tile in found]
    assert names[0] == "Does not suggest IDC"
    assert names[2:] == ["Suggests IDC", "Suggests IDC", "Inconclusive"]
    # The last one is cut at the image's edges.
    assert found[4]["geometry"]["coordinates"][0][2] == [220, 130]


def test_a_focus_is_an_annotation_beside_the_tiles() -> None:
    outline = [(0.0, 0.0), (200.0, 0.0), (200.0, 130.0), (0.0, 130.0), (0.0, 0.0)]
    hole = [(50.0, 50.0), (50.0, 60.00049), (60.0, 60.0), (50.0, 50.0)]
    focus = Focus(
        polygon=[outline, hole],
        area_mm2=0.1,
        largest_dimension_mm=0.477,
        peak_probability=0.9,
    )
    weak = focus.model_copy(update={"peak_probability": 0.5})
    unmeasured = focus.model_copy(update={"area_mm2": None, "largest_dimension_mm": None})
    region = region_result().region
    assert region is not None
    with_foci = region.model_copy(update={"foci": [focus, weak, unmeasured]})
    result = region_result().model_copy(update={"region": with_foci})
    tiles, foci = features(result)[:5], features(result)[5:]
    assert tiles == features(region_result())
    assert foci[0] == {
        "type": "Feature",
        "geometry": {
            "type": "Polygon",
            "coordinates": [
                [list(point) for point in outline],
                [[50.0, 50.0], [50.0, 60.0], [60.0, 60.0], [50.0, 50.0]],
            ],
        },
        "properties": {
            "objectType": "annotation",
            "name": "focus 1",
            "classification": {"name": "Suggests IDC", "color": [190, 88, 20]},
            "measurements": {
                "area_mm2": 0.1,
                "largest_dimension_mm": 0.477,
                "peak_probability": 0.9,
            },
        },
    }
    assert foci[1]["properties"]["classification"]["name"] == "Inconclusive"
    assert foci[2]["properties"]["measurements"] == {"peak_probability": 0.9}
    names = [each["properties"]["classification"]["name"] for each in features(withheld(result))]
    assert names == ["Not assessable"] * 8


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_result_that_is_sent_back_has_foci_at_finite_places(number: float) -> None:
    with pytest.raises(ValidationError):
        Focus(
            polygon=[[(number, 0.0)]],
            area_mm2=None,
            largest_dimension_mm=None,
            peak_probability=0.9,
        )


def test_a_result_saved_before_foci_were_found_has_none() -> None:
    saved = region_result().model_dump()
    del saved["region"]["foci"]
    assert PredictionResult.model_validate(saved) == region_result()


def test_a_patch_is_one_annotation_for_qupath() -> None:
    (found,) = features(patch_result())
    assert found["geometry"]["coordinates"] == [[[0, 0], [50, 0], [50, 50], [0, 50], [0, 0]]]
    assert found["properties"] == {
        "objectType": "annotation",
        "name": f"biopsia {FIRST}",
        "classification": {"name": "Does not suggest IDC", "color": [0, 118, 128]},
        "measurements": {"probability": 0.25, "threshold": 0.42},
    }


@pytest.mark.parametrize("result", [patch_result(), region_result()], ids=["patch", "region"])
def test_rings_are_closed_and_counterclockwise(result: PredictionResult) -> None:
    for feature in features(result):
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        assert len(ring) == 5
        # Twice the area by the shoelace formula; RFC 7946 wants it positive.
        assert sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairwise(ring)) > 0


def test_a_region_without_tissue_is_an_empty_collection() -> None:
    region = region_result().region
    assert region is not None
    empty = region.model_copy(update={"tiles": [[None, None, None]] * 2})
    assert features(region_result().model_copy(update={"region": empty})) == []


def test_tiles_lie_where_the_rescaled_image_was_cut() -> None:
    # 403 px at 1 µm/px are 101 px at the model's scale, of 3.99 px each.
    image = region_result().image.model_copy(
        update={"width": 403, "height": 101, "microns_per_pixel": 1.0}
    )
    region = region_result().region
    assert region is not None
    tiles = [[None, None, 0.5]]
    cut = region.model_copy(update={"rows": 1, "columns": 3, "tiles": tiles, "tiles_raw": tiles})
    result = region_result().model_copy(update={"image": image, "region": cut})
    (feature,) = features(result)
    assert feature["geometry"]["coordinates"][0][:3] == [[399.01, 0], [403, 0], [403, 101]]


def test_the_json_is_the_result_itself() -> None:
    content = exported("json", region_result())
    assert PredictionResult.model_validate_json(content) == region_result()
    assert not content.startswith("\ufeff".encode())


def test_files_are_named_for_the_format_and_the_random_end_of_the_id() -> None:
    names = [each.file_name(patch_result()) for each in FORMATS.values()]
    assert names == [f"biopsia_098ff3f9901d.{suffix}" for suffix in ("json", "csv", "geojson")]


def test_many_small_pieces_are_sent_as_few_chunks() -> None:
    drawn: list[int] = []

    def write(_: PredictionResult) -> Any:
        for number in range(1000):
            drawn.append(number)
            yield b"x" * 200

    chunks = ExportFormat("x", "X", "text/x", write).chunks(patch_result())
    first = next(chunks)
    # The rest is generated on demand.
    assert len(drawn) < 400
    assert 65_536 <= len(first) < 66_000
    assert sum(map(len, chunks)) + len(first) == 200_000


@pytest.mark.parametrize(
    ("images", "names"),
    [
        (["/s/a.png", "/s/b.png"], ["a.png.x", "b.png.x"]),
        (["/s/a.png", "/s/a.tif"], ["a.png.x", "a.tif.x"]),
        (["/s/a.png", "/t/a.png", "/t/b.png"], ["s_a.png.x", "t_a.png.x", "b.png.x"]),
        (["/s/u/a.png", "/t/u/a.png"], ["s_u_a.png.x", "t_u_a.png.x"]),
        (["/s/a.png", "/t/A.PNG"], ["s_a.png.x", "t_A.PNG.x"]),
        (["/s/a.png", "/t/a.png", "/v/s_a.png"], ["s_a.png.x", "t_a.png.x", "v_s_a.png.x"]),
    ],
)
def test_images_of_equal_names_are_told_apart_by_their_folders(
    images: list[str], names: list[str]
) -> None:
    assert file_names([Path(image) for image in images], "x") == names


@pytest.mark.parametrize("images", [["/s/a.png", "/s/a.png"], ["/s/a.png", "/s/../s/a.png"]])
def test_one_image_is_not_written_twice(images: list[str]) -> None:
    with pytest.raises(ValueError, match="name each image once"):
        file_names([Path(image) for image in images], "x")


def test_a_folder_overwrites_nothing_and_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    def fail(_: PredictionResult) -> Any:
        yield b"begun"
        raise OSError("full")

    folder, image = tmp_path / "new" / "out", tmp_path / "a.png"
    failing = ExportFolder(folder, ExportFormat("geojson", "", "", fail), [image])
    with pytest.raises(OSError, match="full"):
        failing.write(0, patch_result())
    assert list(folder.iterdir()) == []
    export = ExportFolder(folder, FORMATS["geojson"], [image])
    export.write(0, patch_result())
    written = folder / "a.png.geojson"
    assert written.read_bytes() == exported("geojson", patch_result())
    with pytest.raises(FileExistsError):
        export.write(0, region_result())
    with pytest.raises(ValueError, match="a.png.geojson exists and is not overwritten"):
        ExportFolder(folder, FORMATS["geojson"], [image])
    assert written.read_bytes() == exported("geojson", patch_result())
