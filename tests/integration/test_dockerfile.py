"""What the Dockerfile copies and runs, in a folder of this machine instead of a container."""

from __future__ import annotations

import compileall
import signal
import subprocess
from pathlib import Path

import httpx2
import numpy as np
import pytest

from hf_space.bundle.load import load_bundle
from hf_space.inference.engine import predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from tests.image import read_image
from tests.server import ROOT, free_port, running_app
from tests.serving_environment import make_environment
from tests.synthetic import draw_patch, encode_png

IMAGE = read_image()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's folder with the service, compiled."""
    folder = tmp_path_factory.mktemp("app")
    IMAGE.copy_to(folder)
    assert compileall.compile_dir(folder / "hf_space", quiet=1)
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's interpreter with its packages."""
    requirements = ROOT / "hf_space" / "requirements.txt"
    return make_environment(requirements, tmp_path_factory.mktemp("opt") / "venv")


def is_healthy(python: Path, **environment: str) -> bool:
    command = [str(python), *IMAGE.health_command[1:]]
    return subprocess.run(command, env=environment, capture_output=True).returncode == 0  # noqa: S603


def contents(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_the_image_holds_what_serving_needs_and_nothing_else(app: Path, python: Path) -> None:
    assert {path.name for path in app.iterdir()} == {"LICENSE", "app.py", "hf_space"}
    packages = {path.name for path in python.parents[1].glob("lib/*/site-packages/*")}
    assert "openvino" in packages
    assert not {"tensorflow", "keras", "pytest", "pip", "setuptools"} & packages


def test_it_answers_and_writes_nowhere_but_where_it_may(
    app: Path, python: Path, tmp_path: Path
) -> None:
    patch = draw_patch(np.random.default_rng(0), label=1)
    bundle = load_bundle(ROOT / "hf_space" / "model")
    outputs = predict_patches(OpenVinoEngine(bundle), bundle.config, patch[None], batch_size=1)
    inside = {
        name: value.replace("/data", str(tmp_path)) for name, value in IMAGE.environment.items()
    }
    before = contents(app)
    away = str(free_port())
    assert not is_healthy(python, PORT=away)
    with running_app(app, python, inside, BIOPSIA_DATA_DIR=inside["BIOPSIA_DATA_DIR"]) as service:
        here = str(service.port)
        assert is_healthy(python, PORT=here)
        # As the service does it: see the port in `Settings`.
        assert is_healthy(python, PORT=here, BIOPSIA_PORT="")
        assert is_healthy(python, PORT=away, BIOPSIA_PORT=here)
        assert not is_healthy(python, PORT=here, BIOPSIA_PORT=away)
        # Railway uses its own host name.
        named = {"Host": "healthcheck.railway.app"}
        health = httpx2.get(f"{service.url}/health/", headers=named)
        files = {"file": encode_png(patch)}
        answer = httpx2.post(f"{service.url}/predict/", files=files, timeout=60)
        # As the first process of a container it cannot die of the signal, and returns 0 instead.
        assert service.stop() in {0, -signal.SIGTERM}
        log = service.log.read_text("utf-8")
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert answer.json()["probability"] == pytest.approx(
        float(bundle.config.calibration.probability(outputs.logits)[0]), abs=1e-3
    )
    assert "Application shutdown complete." in log
    assert "ERROR" not in log
    assert (tmp_path / "history" / "history.sqlite3").stat().st_size > 0
    assert contents(app) == before
