"""One saved result as a file, on every pair of stores."""

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
from tests.stores import Visitor, patch


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
    measured = [each["properties"]["measurements"]["probability"] for each in features]
    assert measured == pytest.approx(expected, abs=1e-6)
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
