"""The commands of `python -m training` in the test's own process."""

from __future__ import annotations

import sys

import pytest

from training import cli


def run_training(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run a command, and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["training", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)
