"""The folder that `deploy --dry-run` writes is all that a Space needs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import httpx2
import pytest
from gradio_client import Client, handle_file
from huggingface_hub import SpaceCard
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hf_space.inference.probe import DRAWN_PATCH
from hf_space.settings import Settings
from tests.server import ROOT, RunningServer, running_app
from tests.serving_environment import make_environment
from tests.space import SPACE_ENVIRONMENT

COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, with the shipped model."""
    folder = tmp_path_factory.mktemp("space") / "folder"
    command = [sys.executable, "-m", "hf_space.deploy", "--dry-run", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 -- our own code
    return folder


@pytest.fixture(scope="module")
def python(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the folder's requirements, and nothing else."""
    environment = tmp_path_factory.mktemp("space") / "venv"
    return make_environment(folder / "requirements.txt", environment)


@pytest.fixture(scope="module")
def space(
    folder: Path, python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The folder, started as a Space starts it."""
    home = tmp_path_factory.mktemp("home")
    around = SPACE_ENVIRONMENT | {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    with running_app(folder, python, around) as server:
        yield server


def _pins(requirements: Path) -> dict[str, str]:
    lines = (line.partition("#")[0].strip() for line in requirements.read_text("utf-8").split("\n"))
    pinned = [Requirement(line) for line in lines if line]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pinned}


def test_the_folder_holds_the_service_and_nothing_else(folder: Path) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    outside = {name for name in files if not name.startswith("hf_space/")}
    assert outside == {"app.py", "README.md", "requirements.txt", "LICENSE"}
    inside = {name for name in files - outside if not name.startswith("hf_space/model/")}
    suffixes = {Path(name).suffix for name in inside}
    assert suffixes == {".css", ".html", ".js", ".json", ".png", ".py", ".svg"}
    assert not [name for name in inside if "deploy" in name or "publishing" in name]
    assert "hf_space/history/database/migrations/versions/0001_history.py" in inside
    assert (folder / "hf_space/model/inference.json").is_file()
    for name in files - {"README.md", "requirements.txt"}:
        assert (folder / name).read_bytes() == (ROOT / name).read_bytes(), name


def test_the_card_is_one_that_the_hub_takes(folder: Path) -> None:
    data = SpaceCard((ROOT / "hf_space/README.md").read_text("utf-8")).data.to_dict()  # type: ignore[no-untyped-call]
    pins = _pins(folder / "requirements.txt")
    assert (data["sdk"], data["sdk_version"]) == ("gradio", pins["gradio"])
    assert (data["app_file"], data["license"]) == ("app.py", "apache-2.0")
    assert {data["colorFrom"], data["colorTo"]} <= COLOURS
    assert 0 < len(data["short_description"]) <= 60
    # As text, which YAML would take for a number; and as in the other place that runs the service.
    image = re.search(r"^FROM python:(\d+\.\d+)", (ROOT / "Dockerfile").read_text("utf-8"), re.M)
    assert image
    assert data["python_version"] == image[1]
    assert data["models"] == data["preload_from_hub"] == ["OWNER/biopsia-idc"]
    assert data["disable_embedding"] is False
    # Without a model on the Hub none is named.
    written = SpaceCard((folder / "README.md").read_text("utf-8"))
    assert written.data.to_dict() == {  # type: ignore[no-untyped-call]
        key: value for key, value in data.items() if key not in {"models", "preload_from_hub"}
    }
    assert written.text.strip() == SpaceCard.load(ROOT / "hf_space/README.md").text.strip()


def test_the_pins_leave_room_for_what_the_hub_installs_beside_them(folder: Path) -> None:
    pins = _pins(folder / "requirements.txt")
    # In the same call of pip: gradio[oauth,mcp], uvicorn>=0.14.0, websockets>=10.4, spaces.
    beside = [Requirement(line) for line in requires("gradio") or []]
    beside = [
        requirement
        for requirement in beside
        if requirement.marker is None
        or any(requirement.marker.evaluate({"extra": extra}) for extra in ("oauth", "mcp"))
    ]
    assert "mcp" in {requirement.name for requirement in beside}
    clashes = [
        str(requirement)
        for requirement in (*beside, Requirement("uvicorn>=0.14.0"))
        if (pin := pins.get(canonicalize_name(requirement.name)))
        and not requirement.specifier.contains(pin)
    ]
    assert clashes == []


def test_the_port_is_the_one_that_the_hub_asks() -> None:
    assert Settings.model_fields["port"].default == 7860


def test_it_is_small_and_has_no_tensorflow(python: Path) -> None:
    (packages,) = python.parents[1].glob("lib/*/site-packages")
    megabytes = sum(path.stat().st_size for path in packages.rglob("*") if path.is_file()) / 1e6
    assert 100 < megabytes <= 900
    assert not {"tensorflow", "keras"} & {path.name for path in packages.iterdir()}


def test_it_answers_a_prediction(space: RunningServer) -> None:
    assert httpx2.get(f"{space.url}/health/").json()["model"]["source"] == "bundled"
    client = Client(space.url, verbose=False)
    result = client.predict(handle_file(DRAWN_PATCH), microns_per_pixel=4, api_name="/predict")
    assert result["model"]["name"] == "biopsia-idc"
    assert result["verdict"] in {"benign", "malignant", "uncertain"}
    posted = httpx2.post(
        f"{space.url}/predict/",
        files={"file": DRAWN_PATCH.read_bytes()},
        data={"microns_per_pixel": 4},
    ).json()
    assert posted["probability"] == result["probability"]
    assert "Traceback" not in space.log.read_text("utf-8")


def test_behind_the_hubs_proxy_the_page_knows_its_own_address(space: RunningServer) -> None:
    headers = {"Host": "owner-biopsia.hf.space", "X-Forwarded-Proto": "https"}
    page = httpx2.get(f"{space.url}/config", headers=headers)
    assert json.loads(page.text)["root"] == "https://owner-biopsia.hf.space"
