"""The demo and its endpoints while a region is scored."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from hf_space.messages.catalogue import text
from hf_space.schemas.prediction import PredictionResult
from tests.bundle_factory import encode, plain_image, write_bundle
from tests.demo_page import Page, uploaded
from tests.server import RunningServer, running_server

OF_THE_MOMENT = {"id", "created_at", "timing_ms"}
COLUMNS, ROWS = 20, 10


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The service with the tiny network."""
    bundle = write_bundle(tmp_path_factory.mktemp("bundle") / "model")
    with running_server(BIOPSIA_MODEL_DIR=str(bundle)) as server:
        yield server


@pytest.fixture(scope="module")
def program(server: RunningServer) -> Client:
    return Client(server.url, verbose=False)


def written(folder: Path, *colour: int, width: int = 50 * COLUMNS, height: int = 50 * ROWS) -> Path:
    path = folder / "image.png"
    path.write_bytes(encode(plain_image(*colour, width=width, height=height)))
    return path


def lasting(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in OF_THE_MOMENT}


@pytest.mark.parametrize("endpoint", ["/predict", "/predict_region"])
def test_a_submitted_job_yields_events_and_then_the_result(
    program: Client, tmp_path: Path, endpoint: str
) -> None:
    image = handle_file(str(written(tmp_path, 200, 120, 190)))
    job = program.submit(image, microns_per_pixel=4, api_name=endpoint)
    first, tissue, *scored, result = list(job)
    names = [step["event"] for step in (first, tissue, *scored)]
    assert names == ["image", "tissue", *["tiles"] * len(scored)]
    assert (first["width"], first["height"], first["kind"]) == (1000, 500, "region")
    assert np.array(tissue["tissue"]).shape == (ROWS, COLUMNS)
    told = {(row, column): p for step in scored for row, column, p in step["tiles"]}
    raw = PredictionResult.model_validate(result).region
    assert raw is not None
    assert told == {(r, c): raw.tiles_raw[r][c] for r in range(ROWS) for c in range(COLUMNS)}
    whole = program.predict(image, microns_per_pixel=4, api_name=endpoint)
    assert lasting(whole) == lasting(result) == lasting(job.result())


def test_a_patch_yields_its_image_and_its_result(program: Client, tmp_path: Path) -> None:
    image = handle_file(str(written(tmp_path, 200, 120, 190, width=50, height=50)))
    first, result = list(program.submit(image, microns_per_pixel=4, api_name="/predict"))
    assert (first["event"], first["kind"]) == ("image", "patch")
    assert PredictionResult.model_validate(result).verdict == "malignant"


def test_an_error_after_the_first_event_is_raised(program: Client, tmp_path: Path) -> None:
    image = handle_file(str(written(tmp_path, 255, 255, 255)))
    with pytest.raises(AppError, match=r"no tissue.*\(no_tissue\)"):
        program.predict(image, microns_per_pixel=4, api_name="/predict")


def messages(server: RunningServer, handler: str, *values: object) -> list[dict[str, Any]]:
    """Return what a page is told of a call."""
    _, session = Page(server.url).join(handler, *values)
    url = f"{server.url}/gradio_api/queue/data?session_hash={session}"
    with httpx2.stream("GET", url, timeout=60) as response:
        lines = [line.removeprefix("data:") for line in response.iter_lines() if line]
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("handler", ["read", "read_1"], ids=["image", "region"])
def test_the_page_shows_the_image_then_the_map_then_the_result(
    server: RunningServer, tmp_path: Path, handler: str
) -> None:
    upload = uploaded(server, written(tmp_path, 200, 120, 190))
    asked = ("balanced", None, False, "typed", "4", False, None)
    told = messages(server, handler, upload, *asked)
    shown = [each["output"]["data"] for each in told if each["msg"] == "process_generating"]
    first = shown[0]
    assert text("progress.image", "en", width="1,000", height="500") in first[1]
    # Later values are sent as changes to earlier ones.
    changed = {json.dumps(part) for values in shown[1:] for part in values}
    counts = text("progress.scored", "en", count=ROWS * COLUMNS, done="0")
    assert any(counts in each for each in changed)
    paths = [each for each in changed if "tiles_so_far.jpg" in each]
    assert paths
    [last] = [each["output"] for each in told if each["msg"] == "process_completed"]
    assert "bp-card" in last["data"][1]
    assert "heatmap.jpg" in json.dumps(last["data"][0])


def test_the_empty_map_is_the_region_with_a_legend(server: RunningServer, tmp_path: Path) -> None:
    upload = uploaded(server, written(tmp_path, 200, 120, 190))
    asked = ("balanced", None, False, "typed", "4", False, None)
    told = json.dumps(messages(server, "read_1", upload, *asked))
    url = told.partition("tiles_so_far.jpg")[0].rpartition('"')[2] + "tiles_so_far.jpg"
    content = httpx2.get(f"{server.url}/gradio_api/file={url.rpartition('file=')[2]}").content
    with Image.open(io.BytesIO(content)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert pixels.shape[1] == 1600
    np.testing.assert_allclose(pixels[:790].mean((0, 1)), (200, 120, 190), atol=3)
