"""The demo's named endpoints and routes, called like programs do."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from hf_space.schemas.batch import BatchItem
from hf_space.schemas.model import ModelReport
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import PredictionResult
from tests.bundle_factory import encode, expected_probability, plain_image, write_bundle
from tests.server import RunningServer, running_server
from tests.traces import found_in_files

COLOUR = (200, 120, 190)
MAX_UPLOAD, MAX_BATCH = 200_000, 500_000


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps uploads."""
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, uploads: Path) -> Iterator[RunningServer]:
    """The service with the tiny network."""
    with running_server(
        BIOPSIA_MODEL_DIR=str(write_bundle(tmp_path_factory.mktemp("bundle") / "model")),
        BIOPSIA_MAX_UPLOAD_BYTES=str(MAX_UPLOAD),
        BIOPSIA_MAX_BATCH_BYTES=str(MAX_BATCH),
        GRADIO_TEMP_DIR=str(uploads),
    ) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client that looks at the endpoints once."""
    downloads = tmp_path_factory.mktemp("downloads")
    client = Client(server.url, verbose=False, download_files=str(downloads))
    yield client
    client.close()


@pytest.fixture
def patch(tmp_path: Path) -> Path:
    """A patch of one colour."""
    return write_image(tmp_path / "patch.png", *COLOUR)


def write_image(path: Path, *colour: int, side: int = 50) -> Path:
    path.write_bytes(encode(plain_image(*colour, width=side, height=side)))
    return path


def names_below(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def call(server: RunningServer, endpoint: str, file: object) -> str:
    """Call an endpoint without the client, which would not send what an attacker sends."""
    values = {
        "model_info": [],
        "predict_region": [file, None, None, None, True, None],
    }.get(endpoint, [file, None, None, None, True, None, "auto"])
    url = f"{server.url}/gradio_api/call/{endpoint}"
    event = httpx2.post(url, json={"data": values}).json()["event_id"]
    return httpx2.get(f"{url}/{event}", timeout=30).text


def test_predict_gives_the_result_contract(client: Client, patch: Path) -> None:
    answer = client.predict(handle_file(patch), microns_per_pixel=4, api_name="/predict")
    result = PredictionResult.model_validate(answer)
    assert result.probability == pytest.approx(expected_probability(*COLOUR), abs=1e-4)
    assert result.kind == "patch"
    assert result.operating_point == "balanced"
    assert (result.gradcam.overlay or "").startswith("data:image/jpeg;base64,")


def test_predict_takes_every_option(client: Client, patch: Path) -> None:
    options = {"threshold": 0.9, "microns_per_pixel": 4.0, "explain": False}
    answer = client.predict(image=handle_file(patch), **options, api_name="/predict")
    result = PredictionResult.model_validate(answer)
    assert (result.threshold, result.operating_point) == (0.9, None)
    assert result.gradcam.overlay is None
    assert result.image.scale_source == "request"


def test_predict_region_reads_tiles(client: Client, tmp_path: Path) -> None:
    image = write_image(tmp_path / "region.png", *COLOUR, side=120)
    answer = client.predict(handle_file(image), "high_sensitivity", api_name="/predict_region")
    result = PredictionResult.model_validate(answer)
    assert result.operating_point == "high_sensitivity"
    assert result.region is not None
    assert (result.region.rows, result.region.columns) == (3, 3)
    assert result.region.heatmap is not None


def test_predict_batch_answers_each_file(client: Client, patch: Path, tmp_path: Path) -> None:
    bad = tmp_path / "notes.txt"
    bad.write_text("no image")
    files = [handle_file(patch), handle_file(bad)]
    good, failed = map(BatchItem.model_validate, client.predict(files, api_name="/predict_batch"))
    assert (good.index, good.name, good.error) == (0, "patch.png", None)
    assert good.result is not None
    assert good.result.probability == pytest.approx(expected_probability(*COLOUR), abs=1e-4)
    assert failed.error is not None
    assert (failed.name, failed.error.code) == ("notes.txt", "unsupported_image")


def test_predict_batch_opens_a_zip(client: Client, patch: Path, tmp_path: Path) -> None:
    archive = tmp_path / "patches.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(patch, "one.png")
        file.write(patch, "two.png")
    items = client.predict([handle_file(archive)], api_name="/predict_batch")
    assert [item["name"] for item in items] == ["one.png", "two.png"]
    assert all(item["result"] for item in items)


def test_model_info_reports_the_model(client: Client) -> None:
    report = ModelReport.model_validate(client.predict(api_name="/model_info"))
    assert report.inference.name == "tiny"
    assert report.limits.max_upload_bytes == MAX_UPLOAD


def test_only_the_named_endpoints_are_public(client: Client) -> None:
    info = client.view_api(return_format="dict", print_info=False)
    named = {"/predict", "/predict_region", "/predict_batch", "/model_info"}
    assert isinstance(info, dict)
    assert set(info["named_endpoints"]) == named
    assert not info["unnamed_endpoints"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"operating_point": "none"}, "unknown_operating_point"),
        ({"threshold": 2.0}, "invalid_options"),
        ({"threshold": 0.5, "operating_point": "balanced"}, "invalid_options"),
        ({"microns_per_pixel": -1.0}, "invalid_options"),
        ({"mode": "slide"}, "invalid_options"),
        ({"save": True}, "save: to save the result, send a visitor's token"),
    ],
    ids=["no such point", "threshold above one", "two rules", "scale", "mode", "save for nobody"],
)
def test_bad_options_are_told_in_words(
    client: Client, patch: Path, options: dict[str, Any], code: str
) -> None:
    with pytest.raises(AppError, match=code) as raised:
        client.predict(handle_file(patch), **options, api_name="/predict")
    assert "Traceback" not in str(raised.value)


def test_api_uploads_are_deleted_after_use(client: Client, tmp_path: Path, uploads: Path) -> None:
    good = write_image(tmp_path / "good-once.png", 10, 200, 30)
    bad = tmp_path / "bad-once.png"
    bad.write_bytes(b"no image")
    client.predict(handle_file(good), api_name="/predict")
    client.predict([handle_file(good), handle_file(bad)], api_name="/predict_batch")
    for options in ({}, {"threshold": 7}):
        with pytest.raises(AppError):
            client.predict(handle_file(bad), **options, api_name="/predict")
    assert not names_below(uploads) & {good.name, bad.name}
    markers = {path.name: path.read_bytes() for path in (good, bad)}
    assert found_in_files(uploads, markers) == set()


def test_many_may_send_the_same_image_at_once(
    server: RunningServer, patch: Path, uploads: Path
) -> None:
    # Each with its own client: the calls of one client share a stream, and it cancels calls that
    # are sent while the idle stream is being closed.
    def predict(_: int) -> list[float]:
        client = Client(server.url, verbose=False)
        try:
            calls = [client.predict(handle_file(patch), api_name="/predict") for _ in range(3)]
            return [float(answer["probability"]) for answer in calls]
        finally:
            client.close()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(predict, range(8)))
    assert found == [[found[0][0]] * 3] * 8
    assert patch.name not in names_below(uploads)
    assert found_in_files(uploads, {"patch": patch.read_bytes()}) == set()


def test_an_upload_equal_to_an_example_leaves_the_example(client: Client, uploads: Path) -> None:
    example = Path(__file__).parents[2] / "hf_space/examples/drawn_loose.png"
    client.predict(handle_file(example), api_name="/predict")
    assert example.name in names_below(uploads)


@pytest.mark.parametrize("meta", [{"meta": {"_type": "gradio.FileData"}}, {}], ids=["meta", "bare"])
@pytest.mark.parametrize("endpoint", ["predict", "predict_region", "predict_batch"])
def test_paths_of_the_server_are_refused(
    server: RunningServer, endpoint: str, meta: dict[str, Any], tmp_path: Path, uploads: Path
) -> None:
    secret = write_image(tmp_path / "secret.png", *COLOUR)
    for path in (secret, "/etc/passwd", "app.py", uploads / ".." / secret.name, "hf_space"):
        payload: Any = {"path": str(path)} | meta
        answer = call(server, endpoint, [payload] if endpoint == "predict_batch" else payload)
        assert answer.startswith("event: error"), answer
        assert "probability" not in answer
        assert "root:" not in answer
    assert secret.exists()
    assert not names_below(uploads) & {"secret.png", "passwd", "app.py"}


@pytest.mark.parametrize("value", [None, "", "a.png", {}, {"path": 3}, [], 7])
def test_what_is_no_file_is_a_missing_image(server: RunningServer, value: object) -> None:
    answer = call(server, "predict", value)
    assert answer.startswith("event: error")
    assert "missing_image" in answer


def test_addresses_are_not_fetched(server: RunningServer) -> None:
    for address in (f"{server.url}/health/", "https://example.org/a.png"):
        payload = {"path": address, "meta": {"_type": "gradio.FileData"}}
        answer = call(server, "predict", payload)
        assert answer.startswith("event: error")
        assert "not its address" in answer
        relayed = httpx2.get(f"{server.url}/gradio_api/file={address}")
        assert relayed.status_code == 404


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "app.py", "hf_space/model/inference.json", "hf_space/ui/demo.py"]
)
def test_files_of_the_server_are_not_served(server: RunningServer, path: str) -> None:
    for folder in ("", f"{Path(__file__).parents[2]}/"):
        answer = httpx2.get(f"{server.url}/gradio_api/file={folder}{path}")
        assert answer.status_code in {403, 404}


def test_a_large_file_is_refused_in_words(client: Client, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(b"0" * (MAX_UPLOAD + 1))
    with pytest.raises(AppError, match="payload_too_large"):
        client.predict(handle_file(large), api_name="/predict")


def test_monitoring_and_run_history_are_off(server: RunningServer) -> None:
    assert httpx2.get(f"{server.url}/monitoring").status_code in {403, 404}
    config = httpx2.get(f"{server.url}/config").json()
    assert config["analytics_enabled"] is False
    assert "runs" not in json.dumps(config.get("footer_links"))


def test_without_a_model_the_page_loads_and_calls_say_why(tmp_path: Path, patch: Path) -> None:
    folder = write_bundle(tmp_path / "model")
    (folder / "openvino_model.bin").unlink()
    with running_server(BIOPSIA_MODEL_DIR=str(folder)) as server:
        assert httpx2.get(server.url).status_code == 200
        with io.BytesIO(patch.read_bytes()) as file:
            url = f"{server.url}/gradio_api/upload"
            [path] = httpx2.post(url, files={"files": ("a.png", file)}).json()
        payload = {"path": path, "meta": {"_type": "gradio.FileData"}}
        for answer in (call(server, "predict", payload), call(server, "model_info", None)):
            assert answer.startswith("event: error")
            assert "model_unavailable" in answer
            assert str(tmp_path) not in answer


@pytest.mark.parametrize("endpoint", ["predict", "predict_region", "predict_batch"])
def test_the_endpoints_offer_the_options_of_the_api(client: Client, endpoint: str) -> None:
    info = client.view_api(return_format="dict", print_info=False)
    assert isinstance(info, dict)
    _image, *parameters = info["named_endpoints"][f"/{endpoint}"]["parameters"]
    assert all(each["parameter_has_default"] for each in parameters)
    offered = {each["parameter_name"]: each["parameter_default"] for each in parameters}
    defaults = {name: field.default for name, field in PredictOptions.model_fields.items()}
    if endpoint == "predict_region":
        del defaults["mode"]
    assert offered == defaults


def test_an_endpoint_gives_what_the_api_gives(
    client: Client, server: RunningServer, tmp_path: Path
) -> None:
    image = write_image(tmp_path / "region.png", *COLOUR, side=120)
    options = {"threshold": 0.3, "mode": "region", "save": False}

    def without_clock(result: dict[str, Any]) -> dict[str, Any]:
        changing = {"id", "created_at", "timing_ms"}
        return {name: value for name, value in result.items() if name not in changing}

    form = {name: str(value) for name, value in options.items()}
    with image.open("rb") as file:
        answer = httpx2.post(f"{server.url}/predict/", files={"file": file}, data=form).json()
    assert (answer["verdict"], answer["reasons"]) == ("not_assessable", ["scale_unknown"])
    one = client.predict(handle_file(image), **options, api_name="/predict")
    [item] = client.predict([handle_file(image)], **options, api_name="/predict_batch")
    del options["mode"]
    region = client.predict(handle_file(image), **options, api_name="/predict_region")
    for result in (one, item["result"], region):
        assert without_clock(result) == without_clock(answer)


def test_an_unknown_operating_point_of_a_batch_is_told_once(client: Client, patch: Path) -> None:
    with pytest.raises(AppError, match="unknown_operating_point"):
        client.predict([handle_file(patch)], operating_point="none", api_name="/predict_batch")
