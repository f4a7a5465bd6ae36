"""The bundled model finds the drawn tumour and nothing else."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.tissue.examples import EXAMPLE, FOLDERS, MICRONS
from tests.tissue.layout import make_layout
from tests.tissue.noise import Window

TILE = 50


@pytest.fixture(scope="module")
def client(bundled_client: TestClient) -> TestClient:
    return bundled_client


def ask(client: TestClient, name: str) -> dict[str, Any]:
    file = (FOLDERS[0] / name).read_bytes()
    fields = {"microns_per_pixel": str(MICRONS), "explain": "false", "save": "false"}
    answer = client.post("/predict/", files={"file": file}, data=fields)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def test_the_region_has_one_clear_focus_in_its_tumour(client: TestClient) -> None:
    result = ask(client, "drawn_region.png")
    assert result["verdict"] == "malignant"
    # It is drawn, and the model tells it from tissue.
    assert [each["code"] for each in result["warnings"]] == ["unfamiliar"]
    [focus] = result["region"]["foci"]
    assert focus["peak_probability"] > result["threshold"] + 0.3
    tiles = np.array(result["region"]["tiles"], dtype=float)
    layout = make_layout(EXAMPLE.seed, EXAMPLE.width, EXAMPLE.height)
    side = round(TILE * MICRONS / 8)
    rows, columns = tiles.shape
    window = Window(0, 0, columns * side, rows * side, 8.0)
    tumour = layout.within("tumour", window) > 0
    share = tumour.reshape(rows, side, columns, side).mean(axis=(1, 3))
    suspicious = tiles >= result["threshold"]
    assert suspicious[share > 0.9].all()
    # A tile is averaged with its neighbours, so those beside the tumour may be suspicious too.
    near = cv2.dilate(share, np.ones((3, 3)))
    assert (near[suspicious] > 0.2).all()


@pytest.mark.parametrize(
    ("name", "verdict"), [("drawn_crowded.png", "malignant"), ("drawn_loose.png", "benign")]
)
def test_the_patches_have_their_verdicts(client: TestClient, name: str, verdict: str) -> None:
    result = ask(client, name)
    assert result["kind"] == "patch"
    assert result["verdict"] == verdict
    assert result["warnings"] == []
