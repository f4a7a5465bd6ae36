"""Wheels made anew of what is installed here, for installing it elsewhere without a network."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.tags import Tag, parse_tag, sys_tags
from packaging.utils import canonicalize_name

# Of an installation, not of a wheel; an installer writes its own.
_INSTALLERS_FILES = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}


def write_wheels(requirements: Path, folder: Path) -> None:
    """Write a wheel of each installed distribution that requirements ask for, directly or not.

    Args:
        requirements: A requirements file that refers to no other.
        folder: Where to write; created if needed.

    Raises:
        PackageNotFoundError: One of them is not installed here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = (line.partition("#")[0].strip() for line in requirements.read_text("utf-8").split("\n"))
    for found in _with_dependencies(_applying((line for line in lines if line), "")):
        _write_wheel(found, folder)


def _with_dependencies(waiting: list[Requirement]) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    followed: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        for extra in {"", *wanted.extras}:
            if (name, extra) not in followed:
                followed.add((name, extra))
                found.setdefault(name, distribution(name))
                waiting.extend(_applying(found[name].requires or [], extra))
    return list(found.values())


def _applying(lines: Iterable[str], extra: str) -> list[Requirement]:
    """Return the requirements that count on this machine, for those who ask for an extra."""
    requirements = map(Requirement, lines)
    return [
        requirement
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra})
    ]


def _write_wheel(installed: Distribution, folder: Path) -> None:
    files = {str(path): path for path in installed.files or [] if _is_packed(path)}
    info = next(path.parent for path in files.values() if path.name == "METADATA")
    name = f"{info.name.removesuffix('.dist-info')}-{_tag(installed)}.whl"
    with ZipFile(folder / name, "w") as wheel:
        for path, file in files.items():
            wheel.write(file.locate(), path)
        wheel.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in files))


def _is_packed(path: PackagePath) -> bool:
    # Programs lie outside, above the packages; pip makes them anew from the entry points.
    outside = path.parts[0] == ".."
    return not outside and path.suffix != ".pyc" and path.name not in _INSTALLERS_FILES


def _tag(installed: Distribution) -> Tag:
    lines = (installed.read_text("WHEEL") or "").splitlines()
    texts = [line.removeprefix("Tag: ") for line in lines if line.startswith("Tag: ")]
    own = {tag for text in texts for tag in parse_tag(text)}
    return next(tag for tag in sys_tags() if tag in own)
