"""The examples of the README and the pages for callers do what they show, word for word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.server import ROOT, RunningServer, running_server
from tests.services import require

PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("api", "api-history", "api-limits", "python")),
]
_BLOCK = re.compile(r"```(bash|python|js)\n(.*?)```", re.DOTALL)
_ADDRESS = "http://localhost:7860"
# The command line's own environment, which `make run` builds.
_PYTHON = ".venv-serve/bin/python"
# The site's development packages, which `make setup` installs.
_NODE_MODULES = ROOT / "frontend" / "node_modules"


def examples() -> list[tuple[str, str]]:
    """Return language and text of each example that asks the service or the model something."""
    return [
        (language, code)
        for page in PAGES
        for language, code in _BLOCK.findall(page.read_text(encoding="utf-8"))
        if any(word in code for word in (_ADDRESS, "-m hf_space ", "import hf_space\n"))
        # `test_generated_client.py` runs it.
        and "openapi-python-client" not in code
    ]


def javascript_missing() -> str | None:
    """Return why no JavaScript can ask the service here, or None."""
    if (_NODE_MODULES / "@gradio" / "client").is_dir():
        return None
    return "NO JAVASCRIPT EXAMPLES: @gradio/client missing; install Node.js 20.9, make setup"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """The service with the shipped model."""
    with running_server() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an example runs: it names files of the repository, and may write some of its own."""
    (tmp_path / "hf_space").symlink_to(ROOT / "hf_space")
    (tmp_path / "node_modules").symlink_to(_NODE_MODULES)
    return tmp_path


def run(language: str, code: str, server: RunningServer, folder: Path) -> str:
    """Run an example against a service that listens elsewhere, and return what it printed."""
    text = code.replace(_ADDRESS, server.url).replace(_PYTHON, sys.executable)
    command = {
        "bash": ["bash", "-euc", text],
        "python": [sys.executable, "-c", text],
        "js": ["node", "--input-type=module", "--eval", text],
    }[language]
    done = subprocess.run(  # noqa: S603 -- our own documentation
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_is_an_example_of_each_kind() -> None:
    text = "".join(code for _, code in examples())
    for word in (
        "curl",
        "base64",
        "gradio_client",
        "httpx2",
        "/predict/batch/",
        "-m hf_space ",
        "hf_space.load(",
    ):
        assert word in text


@pytest.mark.parametrize(("language", "client"), [("python", "gradio_client"), ("js", "@gradio/")])
def test_every_named_endpoint_is_called_in_both_languages(
    server: RunningServer, language: str, client: str
) -> None:
    named = httpx2.get(f"{server.url}/gradio_api/info").json()["named_endpoints"]
    code = "".join(code for tongue, code in examples() if tongue == language and client in code)
    assert set(re.findall(r'"(/\w+)"', code)) == set(named)


@pytest.mark.parametrize(("language", "code"), examples())
def test_the_example_runs(server: RunningServer, folder: Path, language: str, code: str) -> None:
    if language == "js":
        require(javascript_missing())
    printed = run(language, code, server, folder)
    assert '"error":{' not in printed
    words = r"malignant|benign|uncertain|[Ss]uggests? IDC|suspicious|\bready\b|`BIOPSIA_"
    assert re.search(words, printed), printed
    # Examples also show how each language reports an error.
    if "operating_point" in code and language != "bash":
        assert "unknown_operating_point | The model has no operating point 'strict'" in printed


def test_both_clients_get_the_same_answers(server: RunningServer, folder: Path) -> None:
    require(javascript_missing())

    def told(language: str) -> list[str]:
        [code] = [code for tongue, code in examples() if tongue == language and "_batch" in code]
        # Python's client first prints its address.
        return run(language, code, server, folder).splitlines()[-4:]

    assert told("js") == told("python")
    assert len(told("js")) == 4
