"""A streamed prediction: its lines agree with its result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import TypeAdapter

from hf_space.schemas.stream import StreamEvent
from tests.bundle_factory import encode, expected_probability, plain_image

MALIGNANT = (200, 120, 190)
BENIGN = (120, 200, 190)
GLASS = (255, 255, 255)
LINE: TypeAdapter[Any] = TypeAdapter(StreamEvent)
# They differ from one computation of a result to the next.
OF_THE_MOMENT = ("id", "created_at", "timing_ms")


def mosaic(colours: list[list[tuple[int, int, int]]]) -> bytes:
    """Return a PNG of 50x50 px tiles of one colour each."""
    pixels = np.repeat(np.repeat(np.array(colours, np.uint8), 50, axis=0), 50, axis=1)
    return encode(pixels)


REGION = mosaic([[MALIGNANT, BENIGN, GLASS] * 4, [GLASS, BENIGN, MALIGNANT] * 4])


def post(client: TestClient, data: bytes, accept: str, **options: str) -> Response:
    return client.post(
        "/predict/",
        files={"file": data},
        data={"microns_per_pixel": "4"} | options,
        headers={"Accept": accept},
    )


def stream(client: TestClient, data: bytes, **options: str) -> list[dict[str, Any]]:
    """Return the lines of a response, each of which is what OpenAPI says."""
    response = post(client, data, "application/x-ndjson", **options)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/x-ndjson")
    assert response.text.endswith("\n")
    lines = [LINE.validate_json(line) for line in response.text.splitlines()]
    return [line.model_dump(mode="json") for line in lines]


def lasting(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in OF_THE_MOMENT}


def test_a_region_comes_as_image_tissue_tiles_and_result(client: TestClient) -> None:
    image, tissue, *scored, last = stream(client, REGION, save="false")
    names = [line["event"] for line in (image, tissue, *scored, last)]
    assert names == ["image", "tissue", *["tiles"] * len(scored), "result"]
    assert scored
    assert (image["width"], image["height"], image["kind"]) == (600, 100, "region")
    assert (image["microns_per_pixel"], image["scale_source"]) == (4.0, "request")
    result = last["result"]
    assert image["warnings"] == []
    assert tissue["warnings"] == result["warnings"]
    region = result["region"]
    assert (tissue["rows"], tissue["columns"], tissue["tile_size_pixels"]) == (2, 12, 50)
    assert tissue["microns_per_pixel"] == region["microns_per_pixel"]
    assert tissue["tissue"] == [[p is not None for p in row] for row in region["tiles_raw"]]
    assert tissue["total"] == 16


def test_the_tiles_of_all_lines_are_the_raw_tiles_of_the_result(client: TestClient) -> None:
    _, tissue, *scored, last = stream(client, REGION, save="false")
    told = [tile for line in scored for tile in line["tiles"]]
    raw = last["result"]["region"]["tiles_raw"]
    expected = {
        (row, column, p)
        for row, of_row in enumerate(raw)
        for column, p in enumerate(of_row)
        if p is not None
    }
    assert {tuple(tile) for tile in told} == expected
    assert len(told) == len(expected)
    counts = np.cumsum([len(line["tiles"]) for line in scored]).tolist()
    assert [line["done"] for line in scored] == counts
    assert {line["total"] for line in scored} == {tissue["total"]} == {counts[-1]}


@pytest.mark.parametrize("data", [REGION, mosaic([[MALIGNANT]])], ids=["region", "patch"])
def test_the_last_line_is_what_the_response_is_without_streaming(
    client: TestClient, data: bytes
) -> None:
    streamed = stream(client, data, save="false")[-1]["result"]
    whole = post(client, data, "application/json", save="false").json()
    assert lasting(streamed) == lasting(whole)


def test_a_patch_comes_as_image_and_result(client: TestClient) -> None:
    image, last = stream(client, mosaic([[MALIGNANT]]), save="false")
    assert (image["event"], image["kind"], last["event"]) == ("image", "patch", "result")
    expected = expected_probability(*MALIGNANT)
    assert last["result"]["probability"] == pytest.approx(expected, abs=1e-4)


def test_a_patch_that_is_read_as_a_region_has_its_tile(client: TestClient) -> None:
    lines = stream(client, mosaic([[MALIGNANT]]), save="false", mode="region")
    assert [line["event"] for line in lines] == ["image", "tissue", "tiles", "result"]
    [[row, column, p]] = lines[2]["tiles"]
    assert (row, column) == (0, 0)
    assert p == pytest.approx(expected_probability(*MALIGNANT), abs=1e-4)


@pytest.mark.parametrize("data", [REGION, mosaic([[MALIGNANT]])], ids=["region", "patch"])
def test_a_cached_result_comes_as_image_and_result(client: TestClient, data: bytes) -> None:
    computed = stream(client, data, save="true")
    image, last = stream(client, data, save="true")
    facts = {name: value for name, value in image.items() if name != "warnings"}
    assert facts == {name: value for name, value in computed[0].items() if name != "warnings"}
    assert image["warnings"] == computed[-1]["result"]["warnings"]
    assert (last["result"]["cached"], last["result"]["saved"]) == (True, True)
    assert lasting(last["result"]) == lasting(computed[-1]["result"]) | {"cached": True}


def test_a_header_without_a_scale_is_warned_of_at_once(client: TestClient) -> None:
    files = {"file": REGION}
    headers = {"Accept": "application/x-ndjson"}
    response = client.post("/predict/", files=files, headers=headers)
    image = LINE.validate_json(response.text.splitlines()[0]).model_dump(mode="json")
    assert (image["scale_source"], image["microns_per_pixel"]) == ("assumed", 4.0)
    assert [warning["code"] for warning in image["warnings"]] == ["scale_unknown"]


@pytest.mark.parametrize(
    ("data", "code", "names"),
    [
        (mosaic([[GLASS] * 3]), "no_tissue", ["image", "error"]),
        (encode(np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8))[:60_000],
         "corrupt_image", ["image", "error"]),
    ],
    ids=["glass", "truncated"],
)  # fmt: skip
def test_an_error_after_the_first_line_is_the_last_one(
    client: TestClient, data: bytes, code: str, names: list[str]
) -> None:
    lines = stream(client, data)
    assert [line["event"] for line in lines] == names
    whole = post(client, data, "application/json")
    assert whole.status_code == 422
    assert lines[-1]["error"] == whole.json()["error"]
    assert lines[-1]["error"]["code"] == code


@pytest.mark.parametrize(
    ("data", "options", "code", "status"),
    [
        (REGION, {"operating_point": "strict"}, "unknown_operating_point", 422),
        (REGION, {"mode": "patch"}, "not_a_patch", 422),
        (REGION, {"microns_per_pixel": "40"}, "scale_out_of_range", 422),
        (REGION, {"microns_per_pixel": "30"}, "too_many_pixels", 413),
        (REGION, {"colour": "red"}, "invalid_options", 422),
        (b"text", {}, "unsupported_image", 415),
        (encode(plain_image(1, 2, 3, width=1001, height=1000)), {}, "too_many_pixels", 413),
    ],
)
def test_an_error_before_the_first_line_has_its_status(
    client: TestClient, data: bytes, options: dict[str, str], code: str, status: int
) -> None:
    streamed = post(client, data, "application/x-ndjson", **options)
    whole = post(client, data, "application/json", **options)
    assert (streamed.status_code, streamed.json()["error"]["code"]) == (status, code)
    assert streamed.headers["content-type"] == "application/json"
    assert (whole.status_code, whole.json()) == (status, streamed.json())


def test_a_busy_service_refuses_before_the_first_line(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    # A closed engine accepts no jobs.
    app.state.predictor.close()
    refused = post(client, mosaic([[MALIGNANT]]), "application/x-ndjson")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
    assert int(refused.headers["retry-after"]) > 0
    # A region waits for the engine batch by batch, and learns of it later.
    lines = stream(client, REGION)
    assert [line["event"] for line in lines] == ["image", "tissue", "error"]
    assert lines[-1]["error"]["code"] == "busy"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*", "text/html, */*"])
def test_without_the_accept_header_a_result_is_one_object(client: TestClient, accept: str) -> None:
    response = post(client, REGION, accept, save="false")
    assert response.headers["content-type"] == "application/json"
    assert response.json()["region"]["columns"] == 12


@pytest.mark.parametrize("accept", ["Application/X-NDJSON;q=1", "text/plain, application/x-ndjson"])
def test_lines_are_asked_for_by_name(client: TestClient, accept: str) -> None:
    response = post(client, REGION, accept, save="false")
    assert response.headers["content-type"].startswith("application/x-ndjson")


def test_no_proxy_holds_lines_back_and_a_new_visitor_gets_a_token(client: TestClient) -> None:
    response = post(client, REGION, "application/x-ndjson", save="true")
    assert response.headers["cache-control"] == "no-store, no-transform"
    assert response.headers["x-accel-buffering"] == "no"
    token = {"X-Biopsia-Visitor": response.headers["x-biopsia-visitor"]}
    result = LINE.validate_json(response.text.splitlines()[-1]).model_dump(mode="json")["result"]
    client.cookies.clear()
    assert client.get(f"/history/{result['id']}", headers=token).status_code == 200


def test_the_openapi_document_describes_the_lines(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    content = document["paths"]["/predict/"]["post"]["responses"]["200"]["content"]
    assert content["application/json"]["schema"]["$ref"].endswith("/PredictionResult")
    assert content["application/x-ndjson"]["schema"]["$ref"].endswith("/StreamEvent")
    mapping = document["components"]["schemas"]["StreamEvent"]["discriminator"]["mapping"]
    assert set(mapping) == {"image", "tissue", "tiles", "result", "error"}
