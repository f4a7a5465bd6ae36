"""The worked examples of docs/development.md, applied to a copy of the project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import ROOT

# How many files of the service each of them may touch.
MOST_FILES = {"An image reader": 3, "An export format": 2, "A REST resource": 3}

PAGE = (ROOT / "docs" / "development.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
FILES = re.compile(r"`([\w/]+\.py)`:\n\n```(python|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the service and its tests."""
    for name in ("hf_space", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def applied(code: str, diff: str) -> str:
    """Return a file's text after a change, whose parts are each found in one place."""
    for part in re.split(r"^@@\n", diff, flags=re.MULTILINE):
        lines = part.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] != "+")
        after = "".join(line[1:] for line in lines if line[0] != "-")
        assert code.count(before) == 1, f"{before!r} is there {code.count(before)} times"
        code = code.replace(before, after)
    return code


def write(path: Path, kind: str, text: str) -> None:
    if kind == "python":
        assert not path.exists()
    path.write_text(applied(path.read_text("utf-8"), text) if kind == "diff" else text, "utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_works_as_it_stands(name: str, project: Path) -> None:
    files = FILES.findall(EXAMPLES[name])
    for path, kind, text in files:
        write(project / path, kind, text)
    (test,) = (path for path, _, _ in files if path.startswith("tests/"))
    assert len(files) - 1 <= MOST_FILES[name]
    done = subprocess.run(  # noqa: S603 -- the project's own page
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_change_that_fits_nowhere_is_an_error() -> None:
    with pytest.raises(AssertionError, match="0 times"):
        applied("a\nb\n", " a\n-c\n")


def test_the_page_has_examples() -> None:
    assert set(EXAMPLES) == set(MOST_FILES)
