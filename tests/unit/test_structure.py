"""The structure of the project: imports between its parts, and sizes."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median

import grimp
import pytest
from grimp import ImportGraph, Layer

ROOT = Path(__file__).parents[2]
# From above; parts of one rank do not import one another.
SERVICE = [
    Layer("ui", "cli", "deploy"),
    Layer("api"),
    Layer("slides"),
    Layer("prediction"),
    Layer("inference", "history", "access", "exports"),
    Layer("imaging", "schemas"),
    Layer("bundle", "cache"),
    Layer("settings"),
    Layer("errors", "explain", "observability"),
    Layer("messages"),
]
TRAINING = [
    Layer("cli"),
    Layer("release"),
    Layer("evaluation"),
    Layer("fitting"),
    Layer("data"),
    Layer("metrics", "errors"),
]
RANKED = [("hf_space", SERVICE), ("training", TRAINING)]

MOST_PARTS = 19
MOST_PAIRS = 85
MOST_LINES = 300
MOST_LINES_OF_A_MEDIAN_FUNCTION = 8

LIGHT = ["access", "history", "schemas", "bundle"]
HEAVY = {"cv2", "gradio", "openvino"}


def graph_of(package: str, *, at_runtime: bool = False) -> ImportGraph:
    """Read all imports of a package, those within functions too."""
    return grimp.build_graph(package, exclude_type_checking_imports=at_runtime, cache_dir=None)


def parts_of(graph: ImportGraph, package: str) -> set[str]:
    return {module.partition(".")[2] for module in graph.find_children(package)} - {"__main__"}


def pairs_of(graph: ImportGraph, package: str) -> set[tuple[str, str]]:
    """Return which part of a package imports which other one."""
    pairs = set()
    for part in parts_of(graph, package):
        for module in modules_of(graph, f"{package}.{part}"):
            for imported in graph.find_modules_directly_imported_by(module):
                pairs.add((part, imported.split(".")[1]))
    return {(part, other) for part, other in pairs if part != other}


def modules_of(graph: ImportGraph, part: str) -> set[str]:
    return {part} | graph.find_descendants(part)


def sources() -> list[Path]:
    return sorted(path for name in ("hf_space", "training") for path in (ROOT / name).rglob("*.py"))


def functions() -> Iterator[int]:
    """Yield the lines of each function, its docstring included."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno
                yield node.end_lineno - node.lineno + 1


@pytest.mark.parametrize(("package", "layers"), RANKED)
def test_every_part_has_its_rank(package: str, layers: list[Layer]) -> None:
    ranked = {part for layer in layers for part in layer.module_tails}
    assert parts_of(graph_of(package), package) <= ranked


@pytest.mark.parametrize(("package", "layers"), RANKED)
def test_imports_point_down_however_long_the_way(package: str, layers: list[Layer]) -> None:
    graph = graph_of(package)
    wrong = graph.find_illegal_dependencies_for_layers(layers=layers, containers={package})
    chains = [
        (route.heads, *route.middle, route.tails) for found in wrong for route in found.routes
    ]
    assert chains == []


@pytest.mark.parametrize("package", ["hf_space", "training"])
def test_no_part_imports_itself_by_way_of_another(package: str) -> None:
    assert graph_of(package).nominate_cycle_breakers(package) == set()


@pytest.mark.parametrize("package", ["hf_space", "training"])
def test_no_module_needs_itself_to_be_imported(package: str) -> None:
    graph = graph_of(package, at_runtime=True)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()


def test_the_service_has_few_parts_with_few_ties() -> None:
    graph = graph_of("hf_space")
    assert len(parts_of(graph, "hf_space")) <= MOST_PARTS
    assert len(pairs_of(graph, "hf_space")) <= MOST_PAIRS


def test_no_file_is_long() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_functions_are_short() -> None:
    assert median(functions()) <= MOST_LINES_OF_A_MEDIAN_FUNCTION


@pytest.mark.parametrize("part", LIGHT)
def test_what_is_light_loads_no_heavy_library(part: str) -> None:
    modules = sorted(modules_of(graph_of("hf_space"), f"hf_space.{part}"))
    code = (
        "import importlib, sys; "
        f"[importlib.import_module(name) for name in {modules}]; "
        f"print(sorted({HEAVY} & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_predictions_become_pictures_in_one_place_only() -> None:
    encoders = ("base64", "imencode", "JPEG", "WEBP", "data:image")
    found = {
        path.name
        for path in (ROOT / "hf_space" / "prediction").glob("*.py")
        if any(word in path.read_text("utf-8") for word in encoders)
    }
    assert found == {"response.py"}


def test_tests_sleep_in_one_place_only() -> None:
    waiting = ROOT / "tests" / "waiting.py"
    assert sleeping(waiting)
    found = {path for path in (ROOT / "tests").rglob("*.py") if path != waiting and sleeping(path)}
    assert found == set()


def sleeping(path: Path) -> bool:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    named = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    imported = {node.name for node in nodes if isinstance(node, ast.alias)}
    return "sleep" in named | imported


def test_uploads_never_reach_openslide() -> None:
    graph = graph_of("hf_space")
    for part in ("api", "ui", "prediction"):
        found = graph.find_shortest_chain(
            importer=f"hf_space.{part}",
            imported="hf_space.imaging.readers.openslide",
            as_packages=True,
        )
        assert found is None
