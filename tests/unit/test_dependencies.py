"""Serving needs no training library, and requirements pin what is imported."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
# Imported by name, and only where the settings ask for it.
OPTIONAL_ENGINE = ROOT / "hf_space" / "inference" / "tensorflow_engine.py"
# Imported where `slides --ray` asks for it; it has requirements of its own.
RAY = ROOT / "hf_space" / "slides" / "fleet" / "nodes.py"
SERVING = sorted({*(ROOT / "hf_space").rglob("*.py"), *ROOT.glob("app.py")} - {OPTIONAL_ENGINE})
TRAINING = sorted((ROOT / "training").rglob("*.py"))
ALL = (
    "requirements.txt",
    *(f"hf_space/requirements{name}.txt" for name in ("", "-ray", "-remote")),
    "training/requirements.txt",
)
FORBIDDEN_IN_SERVING = {"training", "tests", "tensorflow", "keras", "datasets", "sklearn", "pandas"}


def _imported(path: Path) -> Iterator[str]:
    """Yield the top-level package of every import in a file, at any depth."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def _required(*files: str) -> dict[str, str]:
    """Read pinned requirements: normalised distribution name to version."""
    pins = {}
    for file in files:
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
            requirement = re.split("[#;]", line)[0].strip()
            if requirement and not requirement.startswith("-r"):
                name, _, version = re.sub(r"\[.*\]", "", requirement).partition("==")
                pins[_normalised(name)] = version
    return pins


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _unpinned(paths: list[Path], pins: dict[str, str]) -> set[str]:
    """Name third-party packages that files import but no requirement pins."""
    own = {"hf_space", "training", "tests", "benchmarks", "app"}
    packages = {name for path in paths for name in _imported(path)}
    third_party = packages - set(sys.stdlib_module_names) - own
    providers = packages_distributions()
    return {
        package
        for package in third_party
        if not {_normalised(name) for name in providers.get(package, [package])} & set(pins)
    }


@pytest.mark.parametrize("path", SERVING, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_service_imports_neither_training_nor_its_libraries(path: Path) -> None:
    assert not set(_imported(path)) & FORBIDDEN_IN_SERVING


def test_the_service_imports_only_what_its_requirements_pin() -> None:
    without_ray = [path for path in SERVING if path != RAY]
    assert _unpinned(without_ray, _required("hf_space/requirements.txt")) == set()
    of_ray = _required("hf_space/requirements.txt", "hf_space/requirements-ray.txt")
    assert _unpinned([RAY], of_ray) == set()


def test_nothing_needs_ray_to_be_imported() -> None:
    for path in SERVING:
        at_import = [
            node.module
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.ImportFrom)
        ]
        assert "hf_space.slides.fleet.nodes" not in at_import, path


def test_training_imports_only_what_the_requirements_pin() -> None:
    pins = _required("hf_space/requirements.txt", "training/requirements.txt")
    assert _unpinned(TRAINING, pins) == set()


def test_nothing_imports_the_optional_engine() -> None:
    assert OPTIONAL_ENGINE.is_file()
    for path in SERVING:
        text = path.read_text(encoding="utf-8")
        assert re.search(r"^\s*(from|import) .*tensorflow_engine", text, re.MULTILINE) is None


@pytest.mark.parametrize("file", ALL)
def test_requirements_are_pinned_exactly(file: str) -> None:
    assert all(re.fullmatch(r"\d[\w.]*", version) for version in _required(file).values())


def test_no_requirement_is_pinned_twice() -> None:
    assert len(_required(*ALL)) == sum(len(_required(file)) for file in ALL)


def test_serving_requirements_have_no_tensorflow() -> None:
    assert not {"tensorflow", "keras"} & set(_required("hf_space/requirements.txt"))


@pytest.mark.parametrize(
    ("lock", "files"),
    [
        ("requirements.lock.txt", ALL),
        ("hf_space/requirements.lock.txt", ("hf_space/requirements.txt",)),
    ],
)
def test_what_is_required_is_locked_with_hashes_and_with_all_that_it_needs(
    lock: str, files: tuple[str, ...]
) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))
    wanted = _required(*files)
    assert {name: locked.get(name) for name in wanted} == wanted, "run make lock"
    assert len(re.findall(r"^[\w.-]+==.* \\\n    --hash=sha256:", text, re.MULTILINE)) == len(
        locked
    )
    # The registry is chosen at installation.
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=)", text, re.MULTILINE)
    assert _needed(wanted) <= set(locked)


def test_tests_run_what_is_served() -> None:
    everything, serving = (
        set(re.findall(r"^[\w.-]+==\S+", (ROOT / lock).read_text("utf-8"), re.MULTILINE))
        for lock in ("requirements.lock.txt", "hf_space/requirements.lock.txt")
    )
    assert serving <= everything


def _needed(names: Iterable[str]) -> set[str]:
    """Return what is needed here, directly or not, of what is installed."""
    found: set[str] = set()
    waiting = [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        name = _normalised(wanted.name)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        if name not in found:
            found.add(name)
            with suppress(PackageNotFoundError):
                waiting += [Requirement(line) for line in requires(name) or []]
    return found
