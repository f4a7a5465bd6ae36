"""The Dockerfile, without an engine: its steps are run in order, and the service as its user."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
import numpy as np
import pytest

from hf_space.bundle.load import load_bundle
from hf_space.inference.engine import predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from tests.docker_steps import Build, Stage
from tests.server import ROOT, free_port
from tests.services import require
from tests.slim_root import chroot_missing, remove, write_slim_root
from tests.synthetic import draw_patch, encode_png
from tests.wheelhouse import write_wheels

_START_SECONDS = 60


@pytest.fixture(scope="module")
def image() -> Iterator[Stage]:
    """The built image."""
    require(chroot_missing())
    with tempfile.TemporaryDirectory(prefix="biopsia-image-") as name:
        folder = Path(name)
        # Accounts other than this one look for files in it.
        folder.chmod(0o755)
        wheels, stages = folder / "wheels", folder / "stages"
        write_wheels(ROOT / "hf_space" / "requirements.txt", wheels)
        stages.mkdir()
        try:
            yield Build(ROOT, partial(write_slim_root, wheels=wheels), stages).run()
        finally:
            remove(stages)


@dataclass(frozen=True)
class Container:
    """The image's command, started.

    Attributes:
        image: What it was started from.
        port: The port it was told to listen on.
        process: Its process.
        log: File with its standard output and error.
    """

    image: Stage
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def is_healthy(self) -> bool:
        """Run the image's own health check."""
        check = self.image.run(*self.image.health_command, PORT=str(self.port))
        return check.returncode == 0

    def wait_until_healthy(self) -> None:
        """Run the image's own health check until it succeeds."""
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_healthy():
            assert self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < deadline, self.log.read_text("utf-8")
            time.sleep(0.2)


@contextmanager
def started(image: Stage, log: Path) -> Iterator[Container]:
    port = free_port()
    words = image.words(image.command, PORT=str(port))
    with log.open("wb") as output:
        process = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603
    try:
        yield Container(image, port, process, log)
    finally:
        process.kill()
        process.wait()


def refusal(image: Stage, path: str) -> str:
    """Try to write a file as the image's user, and return what was wrong with that."""
    code = f"open({path!r}, 'a').close()"
    return image.run("python", "-c", code).stderr.strip().rpartition("\n")[2]


def test_it_answers_as_its_own_user_and_ends_when_told_to(image: Stage, tmp_path: Path) -> None:
    patch = draw_patch(np.random.default_rng(0), label=1)
    bundle = load_bundle(ROOT / "hf_space" / "model")
    outputs = predict_patches(OpenVinoEngine(bundle), bundle.config, patch[None], batch_size=1)
    with started(image, tmp_path / "log") as container:
        assert not container.is_healthy()
        container.wait_until_healthy()
        # Railway asks under a name of its own.
        named = {"Host": "healthcheck.railway.app"}
        health = httpx2.get(f"{container.url}/health/", headers=named)
        files = {"file": encode_png(patch)}
        answer = httpx2.post(f"{container.url}/predict/", files=files, timeout=60)
        container.process.send_signal(signal.SIGTERM)
        code = container.process.wait(30)
        assert not container.is_healthy()
    assert health.status_code == 200
    assert health.json()["status"] == "ok"
    assert answer.json()["probability"] == pytest.approx(
        float(bundle.config.calibration.probability(outputs.logits)[0]), abs=1e-3
    )
    # As the first process of a container it cannot die of the signal, and returns 0 instead.
    assert code in {0, -signal.SIGTERM}
    log = container.log.read_text("utf-8")
    assert "Application shutdown complete." in log
    assert "ERROR" not in log
    assert (image.root / "data" / "history" / "history.sqlite3").stat().st_size > 0


def test_its_user_is_nobody_special(image: Stage) -> None:
    identity = image.run("python", "-c", "import os; print(os.getuid(), os.getgid())")
    assert identity.stdout.split() == ["1000", "1000"]


def test_the_service_can_write_its_data_but_not_its_code(image: Stage) -> None:
    for path in (
        "app.py",
        "new.py",
        "hf_space/prediction/predictor.py",
        "/opt/venv/new",
        "/usr/local/bin/new",
    ):
        assert refusal(image, path).startswith("PermissionError"), path
    for path in ("/data/new", "/tmp/new"):  # noqa: S108 -- of the image
        assert refusal(image, path) == ""


def test_it_holds_what_serving_needs_and_nothing_else(image: Stage) -> None:
    assert {path.name for path in image.inside(".").iterdir()} == {"LICENSE", "app.py", "hf_space"}
    packages = {path.name for path in image.root.glob("opt/venv/lib/*/site-packages/*")}
    assert "openvino" in packages
    assert not {"tensorflow", "keras", "pytest", "pip", "setuptools"} & packages
    absent = image.run("python", "-c", "import tensorflow")
    assert "No module named 'tensorflow'" in absent.stderr


def test_its_code_is_compiled_since_its_user_cannot_do_it_later(image: Stage) -> None:
    sources = set(image.inside("hf_space").rglob("*.py"))
    compiled = {
        path.parents[1] / f"{path.name.partition('.')[0]}.py"
        for path in image.inside("hf_space").rglob("*.pyc")
    }
    assert compiled == sources
