"""The bundled model finds the drawn tumour and nothing else."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from tests.tissue.examples import EXAMPLE, FOLDERS, MICRONS
from tests.tissue.layout import make_layout
from tests.tissue.noise import Window

TILE = 50


@pytest.fixture(scope="module")
def client(bundled_client: TestClient) -> TestClient:
    return bundled_client


def ask(client: TestClient, name: str, **options: str) -> dict[str, Any]:
    file = (FOLDERS[0] / name).read_bytes()
    fields = {"microns_per_pixel": str(MICRONS), "explain": "false", "save": "false", **options}
    answer = client.post("/predict/", files={"file": file}, data=fields)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def share_of_tumour(rows: int, columns: int) -> NDArray[np.float64]:
    """Return the share of each tile of the drawn region that is tumour, 0 to 1."""
    layout = make_layout(EXAMPLE.seed, EXAMPLE.width, EXAMPLE.height)
    side = round(TILE * MICRONS / 8)
    window = Window(0, 0, columns * side, rows * side, 8.0)
    tumour = layout.within("tumour", window) > 0
    share: NDArray[np.float64] = tumour.reshape(rows, side, columns, side).mean(axis=(1, 3))
    return share


def test_the_region_has_one_clear_focus_in_its_tumour(client: TestClient) -> None:
    result = ask(client, "drawn_region.png")
    assert result["verdict"] == "malignant"
    # It is drawn, and the model tells it from tissue.
    assert [each["code"] for each in result["warnings"]] == ["unfamiliar"]
    [focus] = result["region"]["foci"]
    assert focus["peak_probability"] > result["threshold"] + 0.3
    tiles = np.array(result["region"]["tiles"], dtype=float)
    share = share_of_tumour(*tiles.shape)
    suspicious = tiles >= result["threshold"]
    assert suspicious[share > 0.9].all()
    # A tile is averaged with its neighbours, so those beside the tumour may be suspicious too.
    near = cv2.dilate(share, np.ones((3, 3)))
    assert (near[suspicious] > 0.2).all()


def test_where_specificity_counts_nothing_but_the_tumour_stands_out(client: TestClient) -> None:
    result = ask(client, "drawn_region.png", operating_point="high_specificity")
    tiles = np.array(result["region"]["tiles"], dtype=float)
    share = share_of_tumour(*tiles.shape)
    suspicious = tiles >= result["threshold"]
    assert suspicious.any()
    assert (share[suspicious] > 0.2).all()
    assert tiles[(share == 0) & ~np.isnan(tiles)].max() < result["uncertain_band"][0]


@pytest.mark.parametrize(
    ("name", "verdict"), [("drawn_crowded.png", "malignant"), ("drawn_loose.png", "benign")]
)
def test_the_patches_have_their_verdicts(client: TestClient, name: str, verdict: str) -> None:
    result = ask(client, name)
    assert result["kind"] == "patch"
    assert result["verdict"] == verdict
    assert result["warnings"] == []
