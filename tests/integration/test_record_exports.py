"""One result as a file, saved or sent back, on every pair of stores."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from hf_space.exports.formats import FORMATS
from hf_space.exports.predictions import RESULT_COLUMNS
from hf_space.schemas.prediction import PredictionResult
from tests.stores import Store, Visitor, client_of, error_of, patch


@pytest.fixture(params=[50, 120], ids=["patch", "region"])
def result(request: pytest.FixtureRequest, visitor: Visitor) -> dict[str, Any]:
    """A saved result."""
    return visitor.predict(patch(130, width=request.param), microns_per_pixel=4)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_record_is_a_file_of_every_format(
    visitor: Visitor, result: dict[str, Any], suffix: str
) -> None:
    response = visitor.get(f"/history/{result['id']}/export.{suffix}")
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == FORMATS[suffix].media_type
    name = f"biopsia_{result['id'][-12:]}.{suffix}"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    record = visitor.read(f"/history/{result['id']}", explain="false")["result"]
    saved = PredictionResult.model_validate(record)
    assert response.content == b"".join(FORMATS[suffix].write(saved))
    assert visitor.get(f"/history/{result['id']}/export.{suffix}/").content == response.content


def test_every_format_has_the_probabilities_of_the_result(
    visitor: Visitor, result: dict[str, Any]
) -> None:
    path = f"/history/{result['id']}/export"
    region = result["region"]
    expected = [p for row in region["tiles"] for p in row] if region else [result["probability"]]
    features = visitor.read(f"{path}.geojson")["features"]
    found = [each["properties"] for each in features if each["properties"]["name"][:5] != "focus"]
    measured = [each["measurements"]["probability"] for each in found]
    assert measured == pytest.approx(expected, abs=1e-6)
    foci = [each["geometry"]["coordinates"] for each in features[len(found) :]]
    assert foci == ([focus["polygon"] for focus in region["foci"]] if region else [])
    table = visitor.get(f"{path}.csv").content
    assert table.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))
    assert [float(row["probability"]) for row in rows] == pytest.approx(expected, abs=1e-6)
    assert (list(rows[0]) == list(RESULT_COLUMNS)) == (region is None)
    exported = json.loads(visitor.get(f"{path}.json").content)
    assert exported["probability"] == result["probability"]
    assert exported["gradcam"]["overlay"] is None


@pytest.mark.parametrize("suffix", FORMATS)
def test_anothers_record_answers_as_an_unknown_one(
    visitor: Visitor, module_client: TestClient, suffix: str
) -> None:
    own = visitor.predict(patch(131))["id"]
    unknown = own[:-12] + "0" * 12
    other = Visitor(module_client)
    answers = [other.get(f"/history/{each}/export.{suffix}") for each in (own, unknown)]
    assert [answer.status_code for answer in answers] == [404, 404]
    texts = [
        answer.text.replace(each, "") for answer, each in zip(answers, (own, unknown), strict=True)
    ]
    assert texts[0] == texts[1]
    assert answers[0].json()["error"]["code"] == "unknown_record"


def test_an_unknown_format_is_not_found(visitor: Visitor) -> None:
    identifier = visitor.predict(patch(132))["id"]
    response = visitor.get(f"/history/{identifier}/export.xlsx")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert "json, csv, geojson" in response.json()["error"]["message"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_result_sent_back_is_the_same_file_as_its_record(
    visitor: Visitor, result: dict[str, Any], suffix: str
) -> None:
    record = visitor.read(f"/history/{result['id']}", explain="false")["result"]
    sent = visitor.ask("POST", f"/export.{suffix}", json=record)
    saved = visitor.get(f"/history/{result['id']}/export.{suffix}")
    assert (sent.status_code, sent.content) == (200, saved.content)
    for header in ("content-type", "content-disposition"):
        assert sent.headers[header] == saved.headers[header]


@pytest.mark.parametrize("width", [50, 120], ids=["patch", "region"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_result_that_was_not_saved_is_a_file(visitor: Visitor, width: int, suffix: str) -> None:
    result = visitor.predict(patch(133, width=width), microns_per_pixel=4, save=False)
    assert result["saved"] is False
    response = visitor.ask("POST", f"/export.{suffix}", json=result)
    expected = FORMATS[suffix].write(PredictionResult.model_validate(result))
    assert (response.status_code, response.content) == (200, b"".join(expected))
    assert visitor.ids() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"note": "unknown"}, "note"),
        ({"verdict": "healthy"}, "verdict"),
        ({"probability": 1.5}, "probability"),
        ({"region": None, "image": {}}, "image.sha256"),
        ({"threshold": 1.0, "uncertain_band": [0.0, 0.0]}, "uncertain_band"),
        ({"threshold": 0.5, "uncertain_band": [0.6, 0.4]}, "uncertain_band"),
    ],
)
def test_what_is_no_result_is_refused(
    visitor: Visitor, result: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    response = visitor.ask("POST", "/export.csv", json=result | change)
    assert error_of(response) == (422, "invalid_options")
    assert field in [each["field"] for each in response.json()["error"]["details"]["fields"]]


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("image", {"width": 0}),
        ("image", {"height": 10**400}),
        ("image", {"microns_per_pixel": 0}),
        ("region", {"microns_per_pixel": 5e-324}),
        ("region", {"tile_size_pixels": -50}),
    ],
)
def test_sizes_that_no_image_has_are_refused(
    visitor: Visitor, part: str, change: dict[str, Any]
) -> None:
    result = visitor.predict(patch(134, width=120), microns_per_pixel=4)
    altered = result | {part: result[part] | change}
    response = visitor.ask("POST", "/export.geojson", json=altered)
    assert error_of(response) == (422, "invalid_options")


def test_the_smallest_scale_has_tiles(visitor: Visitor) -> None:
    result = visitor.predict(patch(135, width=120), microns_per_pixel=4)
    image = result["image"] | {"width": 1, "height": 1, "microns_per_pixel": 5e-324}
    response = visitor.ask("POST", "/export.csv", json=result | {"image": image})
    assert response.status_code == 200


def test_a_body_that_is_no_json_is_refused(visitor: Visitor) -> None:
    response = visitor.ask("POST", "/export.json", content=b"{")
    assert error_of(response) == (422, "invalid_options")


def test_a_body_beyond_the_limit_of_uploads_is_refused(store: Store) -> None:
    with client_of(store.settings(max_upload_bytes=1000)) as client:
        response = Visitor(client).ask("POST", "/export.json", content=b"{" + b" " * 1000)
    assert error_of(response) == (413, "payload_too_large")
    assert response.json()["error"]["details"] == {"max_bytes": 1000}


def test_an_unknown_format_of_a_result_is_not_found(visitor: Visitor) -> None:
    response = visitor.ask("POST", "/export.xlsx", json={})
    assert error_of(response) == (404, "not_found")
    assert "json, csv, geojson" in response.json()["error"]["message"]


def test_sending_results_back_is_limited(store: Store) -> None:
    with client_of(store.settings(owner_images_per_minute=2)) as client:
        visitor = Visitor(client)
        result = visitor.predict(patch(136), save=False)
        answers = [visitor.ask("POST", "/export.csv", json=result) for _ in range(2)]
    assert answers[0].status_code == 200
    assert error_of(answers[1]) == (429, "rate_limited")
