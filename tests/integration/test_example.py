"""The result of the drawn region, which pages show as an example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from hf_space.inference.probe import DRAWN_REGION
from tests.stores import Store, Visitor, client_of, error_of

OWN = ("id", "created_at", "timing_ms", "cached")
"""Fields that differ between two results of the same image."""


def same(result: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in result.items() if field not in OWN}


def drawn(visitor: Visitor) -> dict[str, Any]:
    """Ask for the drawn region's result as anybody can, which is not saved."""
    options = {"microns_per_pixel": 4.0, "explain": False, "save": False}
    return visitor.predict(DRAWN_REGION.read_bytes(), **options)


def test_it_is_the_current_model_s_result(bundled_client: TestClient) -> None:
    result = bundled_client.get("/example/").json()
    assert same(result) == same(drawn(Visitor(bundled_client)))
    assert result["verdict"] == "malignant"
    assert result["kind"] == "region"
    assert result["image"]["scale_source"] == "request"
    assert result["region"]["malignant_area_mm2"] > 0.3


def test_its_operating_point_is_the_service_s(store: Store) -> None:
    with client_of(store.settings(operating_point="high_sensitivity")) as client:
        result = client.get("/example/").json()
        assert result["operating_point"] == "high_sensitivity"
        assert same(result) == same(drawn(Visitor(client)))


def test_it_is_computed_once_and_in_no_history(module_client: TestClient, visitor: Visitor) -> None:
    module_client.get("/example/")
    found = [visitor.get("/example/") for _ in range(2)]
    results = [response.json() for response in found]
    assert [result["cached"] for result in results] == [True, True]
    assert [result["saved"] for result in results] == [False, False]
    assert results[0]["id"] != results[1]["id"]
    assert same(results[0]) == same(results[1])
    assert visitor.ids() == []
    assert visitor.get(f"/history/{results[0]['id']}").status_code == 404


def test_anybody_s_cache_may_keep_it_for_a_minute(module_client: TestClient) -> None:
    response = module_client.get("/example")
    assert response.headers["Cache-Control"] == "public, max-age=60"
    # A token in it would be shared by all visitors.
    assert "X-Biopsia-Visitor" not in response.headers
    assert "Set-Cookie" not in response.headers
    with_pictures = module_client.get("/example/", params={"explain": "true"})
    assert error_of(with_pictures) == (422, "invalid_options")


def test_it_counts_towards_the_limit(tmp_path: Path) -> None:
    with client_of(Store(tmp_path).settings(address_images_per_minute=2)) as client:
        answers = [client.get("/example/") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert error_of(answers[2]) == (429, "rate_limited")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"model_dir": Path("nowhere")}, (503, "model_unavailable")),
        ({"max_pixels": 1000}, (413, "too_many_pixels")),
    ],
)
def test_its_errors_are_those_of_a_prediction(
    tmp_path: Path, settings: dict[str, Any], error: tuple[int, str]
) -> None:
    with client_of(Store(tmp_path).settings(**settings)) as client:
        response = client.get("/example/")
        assert error_of(response) == error
        assert "Cache-Control" not in response.headers
