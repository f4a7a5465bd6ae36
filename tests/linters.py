"""Linters that come with the development environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.server import ROOT


def complaints(program: str, *arguments: str) -> str:
    """Run a linter from the project's root, and return what it has to say, or nothing."""
    command = [str(Path(sys.executable).parent / program), *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603
    return f"{done.stdout}{done.stderr}" if done.returncode else ""
