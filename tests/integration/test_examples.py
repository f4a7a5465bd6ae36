"""The examples of the README and the API's page do what they show, word for word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import ROOT, RunningServer, running_server

PAGES = (ROOT / "README.md", ROOT / "docs" / "api.md")
_BLOCK = re.compile(r"```(bash|python)\n(.*?)```", re.DOTALL)
_ADDRESS = "http://localhost:7860"
# The command line's own environment, which `make run` builds.
_PYTHON = ".venv-serve/bin/python"


def examples() -> list[tuple[str, str]]:
    """Return language and text of each example that asks the service something."""
    return [
        (language, code)
        for page in PAGES
        for language, code in _BLOCK.findall(page.read_text(encoding="utf-8"))
        if _ADDRESS in code or "-m hf_space" in code
    ]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """The service with the shipped model."""
    with running_server() as server:
        yield server


def test_there_is_an_example_of_each_kind() -> None:
    text = "".join(code for _, code in examples())
    for word in ("curl", "base64", "gradio_client", "httpx2", "/predict/batch/", "-m hf_space"):
        assert word in text


@pytest.mark.parametrize(("language", "code"), examples())
def test_the_example_runs(server: RunningServer, tmp_path: Path, language: str, code: str) -> None:
    # Examples name files of the repository, and may write some of their own.
    (tmp_path / "hf_space").symlink_to(ROOT / "hf_space")
    text = code.replace(_ADDRESS, server.url).replace(_PYTHON, sys.executable)
    command = [sys.executable, "-c", text] if language == "python" else ["bash", "-euc", text]
    done = subprocess.run(  # noqa: S603 -- our own documentation
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert '"error":{' not in done.stdout
    assert re.search(r"malignant|benign|uncertain|ready", done.stdout), done.stdout
