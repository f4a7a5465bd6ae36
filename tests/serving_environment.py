"""A virtual environment that holds what requirements ask for, and nothing else.

Its packages are links to those that are installed here, so that making it needs neither a network
nor time. Whether an installer finds the pinned versions is seen wherever the project is set up.
"""

from __future__ import annotations

import sys
import venv
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def make_environment(requirements: Path, folder: Path) -> Path:
    """Make an environment, and return its interpreter.

    Args:
        requirements: A requirements file that refers to no other.
        folder: Where to make it; created if needed.

    Raises:
        PackageNotFoundError: A requirement, direct or not, is not installed here.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    lines = (line.partition("#")[0].strip() for line in requirements.read_text("utf-8").split("\n"))
    for found in _with_dependencies(_applying(filter(None, lines), "")):
        _link(found, packages)
    return folder / "bin" / Path(sys.executable).name


def _with_dependencies(waiting: list[Requirement]) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    followed: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        for extra in {"", *wanted.extras} - {extra for known, extra in followed if known == name}:
            followed.add((name, extra))
            found.setdefault(name, distribution(name))
            waiting.extend(_applying(found[name].requires or [], extra))
    return list(found.values())


def _applying(lines: Iterable[str], extra: str) -> list[Requirement]:
    """Return the requirements that count on this machine, for those who ask for an extra."""
    requirements = map(Requirement, lines)
    return [one for one in requirements if not one.marker or one.marker.evaluate({"extra": extra})]


def _link(installed: Distribution, packages: Path) -> None:
    for file in installed.files or []:
        # Programs lie outside, above the packages; the service calls none.
        if file.parts[0] != "..":
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(Path(str(file.locate())))
