"""The service as a process: load, hostile files, signals."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
import psutil
import pytest

from hf_space.bundle.config import OPENVINO_WEIGHTS_FILE
from hf_space.bundle.load import load_bundle
from hf_space.inference.engine import predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from hf_space.schemas.errors import ErrorReport
from hf_space.schemas.prediction import PredictionResult
from hf_space.settings import Settings
from tests.bundle_factory import encode, expected_probability, plain_image, write_bundle
from tests.hostile import corpus
from tests.server import ROOT, RunningServer, fresh_server, running_server
from tests.synthetic import encode_png, make_patches

HOSTILE = corpus()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The service with the tiny network."""
    folder = write_bundle(tmp_path_factory.mktemp("bundle") / "model")
    with fresh_server(BIOPSIA_MODEL_DIR=str(folder)) as server:
        yield server


def post(server: RunningServer, data: bytes, **options: str) -> httpx2.Response:
    url = f"{server.url}/predict/"
    return httpx2.post(url, files={"file": ("a.png", data)}, data=options, timeout=60)


def test_the_demo_and_the_api_answer_at_one_address(server: RunningServer) -> None:
    page = httpx2.get(server.url)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert httpx2.get(f"{server.url}/health").json()["status"] == "ok"


@pytest.mark.parametrize("path", ["/nowhere", "/predict/nowhere", "/health/live/x"])
def test_unknown_paths_answer_in_the_error_shape(server: RunningServer, path: str) -> None:
    response = httpx2.get(server.url + path)
    assert response.status_code == 404
    error = ErrorReport.model_validate(response.json()).error
    assert error.code == "not_found"
    assert path in error.message


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files_are_client_errors_and_do_no_harm(server: RunningServer, name: str) -> None:
    data, status, codes = HOSTILE[name]
    response = post(server, data)
    error = ErrorReport.model_validate(response.json()).error
    assert 400 <= response.status_code < 500
    assert status in {0, response.status_code}
    assert error.code in codes
    assert not re.search(r"Traceback|/tmp|site-packages|\.py\b", response.text)  # noqa: S108
    after = post(server, encode(plain_image(200, 120, 190))).json()
    assert after["probability"] == pytest.approx(expected_probability(200, 120, 190), abs=1e-5)


def test_a_large_region_works_within_bounded_memory(server: RunningServer) -> None:
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    seen = [before]
    answered = threading.Event()

    def watch() -> None:
        while not answered.wait(0.005):
            seen.append(process.memory_info().rss)

    image = plain_image(200, 120, 190, width=4000, height=3000)
    data = encode(image, "JPEG")
    watching = threading.Thread(target=watch)
    watching.start()
    try:
        response = post(server, data)
    finally:
        answered.set()
        watching.join()
    result = PredictionResult.model_validate(response.json())
    assert result.region is not None
    assert (result.region.rows, result.region.columns) == (60, 80)
    tiles = np.array(result.region.tiles, dtype=float)
    np.testing.assert_allclose(tiles, expected_probability(200, 120, 190), atol=0.01)
    # The image alone is 36 MB.
    assert max(seen) - before < 250e6


def test_five_hundred_at_once_get_the_answers_of_their_own_images() -> None:
    images, _ = make_patches(250)
    bundle = load_bundle(Settings().model_dir)
    alone = predict_patches(OpenVinoEngine(bundle), bundle.config, images, batch_size=1)
    expected = bundle.config.calibration.probability(alone.logits)

    async def ask_all(url: str) -> list[float]:
        limits = httpx2.Limits(max_connections=500)
        async with httpx2.AsyncClient(limits=limits, timeout=60) as client:

            async def ask(image: np.ndarray) -> float:
                response = await client.post(url, files={"file": ("a.png", encode_png(image))})
                assert response.status_code == 200, response.text
                return float(response.json()["probability"])

            return await asyncio.gather(*map(ask, images))

    with running_server() as server:
        found = asyncio.run(ask_all(f"{server.url}/predict/"))
        text = httpx2.get(f"{server.url}/metrics").text
    np.testing.assert_allclose(found, expected, atol=1e-3)
    passes = re.search(r"biopsia_batch_size_count (\d+)", text)
    assert passes is not None
    assert int(passes[1]) < 250


def test_a_tampered_model_is_never_ready(tmp_path: Path) -> None:
    weights = write_bundle(tmp_path) / OPENVINO_WEIGHTS_FILE
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    with running_server(BIOPSIA_MODEL_DIR=str(tmp_path)) as server:
        health = httpx2.get(f"{server.url}/health/")
        assert (health.status_code, health.json()["status"]) == (503, "unavailable")
        assert health.json()["model"]["reason"] == "unusable"
        assert httpx2.get(f"{server.url}/health/live").status_code == 200
        assert httpx2.get(server.url).status_code == 200
        refused = post(server, encode(plain_image(1, 2, 3)))
        assert refused.json()["error"]["code"] == "model_unavailable"
        assert str(tmp_path) not in refused.text
        assert "was altered" in server.log.read_text("utf-8")


def test_a_termination_signal_loses_no_accepted_request() -> None:
    images, _ = make_patches(100)

    async def terminate_under_load(server: RunningServer) -> list[int]:
        limits = httpx2.Limits(max_connections=200)
        async with httpx2.AsyncClient(limits=limits, timeout=60) as client:
            asked = [
                asyncio.create_task(
                    client.post(f"{server.url}/predict/", files={"file": encode_png(image)})
                )
                for image in images
            ]
            # The first answers come while the other requests wait for the engine.
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            server.process.send_signal(signal.SIGTERM)
            return [(await task).status_code for task in asked]

    with fresh_server() as server:
        statuses = asyncio.run(terminate_under_load(server))
        server.process.wait(30)
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{server.url}/health/live")
    assert statuses == [200] * 200


def test_an_open_page_does_not_hold_up_the_end() -> None:
    with fresh_server() as server:
        beat = httpx2.stream("GET", f"{server.url}/gradio_api/heartbeat/page", timeout=60)
        with beat as response:
            assert next(response.iter_lines()) == "data: ALIVE"
            server.process.send_signal(signal.SIGTERM)
            # Well within the time for running requests.
            server.process.wait(10)


def test_connections_outlive_those_that_proxies_keep() -> None:
    # A request on a connection that is just being closed is lost. Load balancers keep them 60 s.
    code = (
        "import app; "
        "app._Server.run = lambda self: print(self.config.timeout_keep_alive); "
        "app.main()"
    )
    done = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout.splitlines()[-1]) > 60


def test_batch_lines_arrive_as_they_are_ready(server: RunningServer) -> None:
    files = [("files", (f"{red}.png", encode(plain_image(red, 9, 9)))) for red in range(64)]
    url = f"{server.url}/predict/batch/"
    with httpx2.stream("POST", url, files=files, timeout=60) as response:
        pieces = list(response.iter_raw())
    assert len(pieces) > 4
    lines = [json.loads(line) for line in b"".join(pieces).splitlines()]
    assert {line["index"] for line in lines} == set(range(64))


def test_clients_that_hang_up_are_no_errors(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "model")
    data = encode(plain_image(200, 120, 190, width=3000, height=3000), "JPEG")
    with running_server(BIOPSIA_MODEL_DIR=str(folder)) as server:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(f"{server.url}/predict/", files={"file": data}, timeout=0.2)
        # The region's memory is free again, so this one does not wait.
        assert post(server, encode(plain_image(200, 120, 190))).status_code == 200
        text = httpx2.get(f"{server.url}/metrics").text
        log = server.log.read_text("utf-8")
    assert 'route="/predict/",status="499"' in text
    assert "Traceback" not in log
    assert "ERROR" not in log
