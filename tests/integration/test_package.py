"""The project as a package: built, installed into an environment of its own, and used there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import hf_space
from hf_space.schemas.batch import BatchItem
from tests.server import ROOT
from tests.serving_environment import make_environment

PATCH = ROOT / "hf_space" / "examples" / "drawn_crowded.png"


def sources() -> list[str]:
    """Return what git knows of the two packages."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(  # noqa: S603 -- our own arguments
        [*command, "hf_space", "training"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, from a copy: building leaves folders behind."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for name in [*sources(), "pyproject.toml", "README.md", "LICENSE"]:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    # Local files that must not be packaged.
    (copy / "hf_space" / ".env").write_text("SECRET=1")
    (copy / "hf_space" / "model" / "history.sqlite3").touch()
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--wheel-dir"]
    done = subprocess.run(  # noqa: S603 -- our own arguments
        [*command, str(out), "--no-build-isolation", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with the package and what it requires."""
    environment = tmp_path_factory.mktemp("environment") / "venv"
    python = make_environment(ROOT / "hf_space" / "requirements.txt", environment)
    install = ["--python", str(python), "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([sys.executable, "-m", "pip", *install, str(wheel)], check=True)  # noqa: S603
    return python.parent


def run(folder: Path, *command: str | Path) -> str:
    """Run a command where the project is not."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603 -- our own package
        [str(word) for word in command],
        cwd=folder,
        env=inherited,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_holds_what_git_knows_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        told = archive.read(metadata).decode()
    assert files == set(sources())
    assert f"\nVersion: {hf_space.__version__}\n" in told
    assert "\nRequires-Dist: openvino==" in told
    assert "tensorflow==" in told.split("Provides-Extra: training")[1]


def test_the_command_and_python_find_the_model(programs: Path, tmp_path: Path) -> None:
    assert run(tmp_path, programs / "biopsia", "--version") == f"biopsia {hf_space.__version__}\n"
    scored = run(
        tmp_path, programs / "biopsia", "predict", PATCH, "--microns-per-pixel", "4", "--json"
    )
    result = BatchItem.model_validate_json(scored).result
    assert result is not None
    code = (
        "import json, hf_space; from pathlib import Path; model = hf_space.load(); "
        f"result = model.predict({str(PATCH)!r}, microns_per_pixel=4); "
        "print(json.dumps([result.verdict, result.probability, hf_space.__file__]))"
    )
    verdict, probability, place = json.loads(run(tmp_path, programs / "python", "-c", code))
    assert verdict == result.verdict == "malignant"
    assert probability == pytest.approx(result.probability)
    assert Path(place).is_relative_to(programs.parent)
