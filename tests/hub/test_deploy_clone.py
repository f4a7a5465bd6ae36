"""The clone that tests deploy is a separate repository, also when git runs the tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.hub.clone import Clone, outside_git


def test_a_hook_of_git_does_not_lead_the_clone_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, folder = tmp_path / "other", tmp_path / "clone"
    subprocess.run(["git", "init", "--quiet", str(other)], env=outside_git(), check=True)  # noqa: S603, S607 -- our own arguments
    before = {path: path.read_bytes() for path in other.rglob("*") if path.is_file()}
    # As git sets them for its hooks.
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    clone = Clone.make(folder)
    assert (folder / ".git" / "refs" / "heads").is_dir()
    assert clone.deploy("--dry-run", tmp_path / "dry").code == 0
    assert (tmp_path / "dry" / "app.py").is_file()
    assert {path: path.read_bytes() for path in other.rglob("*") if path.is_file()} == before
