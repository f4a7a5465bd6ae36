"""The bundled model's results for drawn inputs stay the same, to four decimals."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.drawn_inputs import DrawnInput, drawn_inputs

EXPECTED = Path(__file__).with_name("unchanged_results.json")
INPUTS = drawn_inputs()
# JPEG is decoded and scaled a little differently from one library to another.
OVERLAY_LEVELS = 1.0


@pytest.fixture(scope="module")
def client(bundled_client: TestClient) -> TestClient:
    return bundled_client


def ask(client: TestClient, drawn: DrawnInput) -> dict[str, Any]:
    answer = client.post(
        "/predict/",
        files={"file": drawn.data},
        data={key: str(value) for key, value in {"save": False, **drawn.options}.items()},
    )
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def summary(result: dict[str, Any]) -> dict[str, Any]:
    """Return what must not change; drawings by their size and mean colour."""
    region = result["region"]
    return {
        "kind": result["kind"],
        "verdict": result["verdict"],
        "probability": result["probability"],
        "threshold": result["threshold"],
        "operating_point": result["operating_point"],
        "predictions": result["predictions"],
        "image": result["image"],
        "warnings": [warning["code"] for warning in result["warnings"]],
        "evidence": _grid(result["gradcam"]),
        "overlay": _picture(result["gradcam"]["overlay"]),
        "region": region and region | {"heatmap": _picture(region["heatmap"])},
    }


def _grid(gradcam: dict[str, Any]) -> dict[str, Any]:
    values = np.array(gradcam["grid"], dtype=float)
    assert values.shape == (gradcam["rows"], gradcam["columns"])
    return {
        "shape": values.shape,
        "empty": int(np.isnan(values).sum()),
        "row_means": [float(np.nanmean(row)) for row in values if not np.isnan(row).all()],
        "highest": float(np.nanmax(values)),
        "lowest": float(np.nanmin(values)),
    }


def _picture(data_url: str | None) -> dict[str, Any] | None:
    if data_url is None:
        return None
    content = base64.b64decode(data_url.removeprefix("data:image/jpeg;base64,"))
    with Image.open(io.BytesIO(content)) as picture:
        pixels = np.asarray(picture.convert("RGB"), dtype=float)
    return {"size": picture.size, "colour": pixels.mean(axis=(0, 1)).tolist()}


def flattened(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every leaf of a JSON value by its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flattened(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from flattened(inner, f"{path}[{index}]")
    else:
        yield path, value


def test_there_are_thirty_inputs_of_distinct_names() -> None:
    assert len({drawn.name for drawn in INPUTS}) == len(INPUTS) == 30


@pytest.mark.parametrize("drawn", INPUTS, ids=[drawn.name for drawn in INPUTS])
def test_a_result_is_what_it_was(client: TestClient, drawn: DrawnInput) -> None:
    expected = dict(flattened(json.loads(EXPECTED.read_text("utf-8"))[drawn.name]))
    found = dict(flattened(summary(ask(client, drawn))))
    assert found.keys() == expected.keys()
    for path, value in expected.items():
        if isinstance(value, float):
            bound = OVERLAY_LEVELS if ".colour" in path else 5e-5
            assert found[path] == pytest.approx(value, abs=bound), path
        else:
            assert found[path] == value, path
