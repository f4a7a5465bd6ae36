"""Many slides: one worker and two, Ray beside them, and the memory of a thousand slides."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil

from benchmarks.bulk_table import BulkRun, Memory, by_round
from benchmarks.processes import ROOT
from benchmarks.results import environment
from benchmarks.summary import Bar, at_least, at_most
from hf_space.bundle.load import load_bundle
from hf_space.settings import Settings
from hf_space.slides.fleet.nodes import NodeFleet
from hf_space.slides.fleet.processes import ProcessFleet
from hf_space.slides.fleet.scorer import FleetScorer
from hf_space.slides.fleet.work import Fleet, Work
from hf_space.slides.options import SlideOptions
from hf_space.slides.outcome import Outcome
from hf_space.slides.outputs import BY_DEFAULT
from hf_space.slides.results import FolderResults
from hf_space.slides.run import record_outcomes
from hf_space.slides.scan import FoundSlide, find_slides
from tests.drawn_slide import DrawnSlide
from tests.slides import write_ome_tiff, write_svs
from tests.web_files import running_web_files

MODEL: Final = ROOT / "hf_space" / "model"
ROUNDS: Final = 2
SLIDES: Final = 12
MANY: Final = 1000
# Pixels at 4 µm: some 400 tiles, and for memory as few as make a slide.
_SIDE: Final = 1000
_SMALL_SIDE: Final = 200
# Pixels at 0.25 µm.
_LARGE: Final = (20_000, 16_000)
_EVERY: Final = 100
_BAD: Final = 500
# Ray's settings: no usage reports, and no search for accelerators.
_VARIABLES: Final = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_STORE_BYTES: Final = 200 << 20


class _Silent:
    """A `Watcher` that does nothing."""

    def note(self, message: str) -> None:
        """Take a sentence."""

    def begin(self, total: int, done: int) -> None:
        """Take the tiles."""

    def advance(self, tiles: int) -> None:
        """Take some more tiles."""


def measure_bulk() -> dict[str, Any]:
    """Score the same slides in turn by each subject, in rounds; then a thousand small ones."""
    with TemporaryDirectory(prefix="biopsia-bench-") as name:
        slides = _drawn(Path(name) / "slides", _SIDE, SLIDES)
        runs = [
            _run(subject, slides, Path(name) / "out") for _ in range(ROUNDS) for subject in SUBJECTS
        ]
        store = _read_from_store(Path(name))
        small = _drawn(Path(name) / "small", _SMALL_SIDE, MANY)
        small[_BAD].path.write_text("no slide")
        memory, states = _memory(small, Path(name) / "many")
    held = {name: asdict(bar) for name, bar in bars(runs, memory, states).items()}
    return environment() | {
        "runs": [asdict(run) for run in runs],
        "memory": [asdict(each) for each in memory],
        "states": states,
        "store": store,
        "bars": held,
    }


def bars(runs: list[BulkRun], memory: list[Memory], states: dict[str, int]) -> dict[str, Bar]:
    """Compare within each round, and take the median of the rounds.

    Args:
        runs: Round by round.
        memory: As slides were done.
        states: How many slides are in each state.
    """
    rates = {name: by_round(runs, name, "per_minute") for name in SUBJECTS}

    def share(first: str, second: str) -> float:
        return median(a / b for a, b in zip(rates[first], rates[second], strict=True))

    overhead = median(by_round(runs, "ray_2", "overhead_seconds"))
    return {
        "ray_over_workers": at_least(0.9, share("ray_2", "workers_2")),
        "ray_overhead_seconds": at_most(1.0, overhead),
        "memory_growth": at_most(1.1, memory[-1].resident_mb / memory[1].resident_mb),
        "done_beside_a_bad_one": at_least(MANY - 1, states.get("done", 0)),
    }


def _run(subject: str, slides: list[FoundSlide], out: Path) -> BulkRun:
    shutil.rmtree(out, ignore_errors=True)
    ends: list[tuple[float, Outcome]] = []
    with SUBJECTS[subject](_work(out)) as (fleet, workers):
        started = time.perf_counter()
        results = FolderResults(out)
        for outcome in record_outcomes(slides, results, FleetScorer(fleet), _Silent()):
            ends.append((time.perf_counter() - started, outcome))
    if any(outcome.state != "done" for _, outcome in ends):
        raise RuntimeError(f"{subject}: {[outcome.message for _, outcome in ends]}")
    first, last = ends[0][0], ends[-1][0]
    rate = (len(ends) - 1) / (last - first)
    own = median(outcome.seconds for _, outcome in ends)
    return BulkRun(
        subject=subject,
        start_seconds=first - ends[0][1].seconds,
        per_minute=60 * rate,
        overhead_seconds=workers / rate - own,
        tiles=sum(outcome.record.tiles for _, outcome in ends if outcome.record),
    )


def _memory(slides: list[FoundSlide], out: Path) -> tuple[list[Memory], dict[str, int]]:
    memory: list[Memory] = []
    states: dict[str, int] = {}
    scorer = FleetScorer(ProcessFleet(_work(out, frozenset({"csv", "json"})), 2))
    outcomes = record_outcomes(slides, FolderResults(out), scorer, _Silent())
    for done, outcome in enumerate(outcomes, 1):
        states[outcome.state] = states.get(outcome.state, 0) + 1
        if done % _EVERY == 0:
            children = psutil.Process().children(recursive=True)
            memory.append(Memory(done, sum(each.memory_info().rss for each in children) / 1e6))
    return memory, states


def _read_from_store(folder: Path) -> dict[str, int]:
    """Score a slide on a web server, and count the bytes that are asked for."""
    write_svs(folder / "large.svs", DrawnSlide(*_LARGE, microns_per_pixel=(0.25, 0.25)))
    with running_web_files() as web:
        web.files["/large.svs"] = (folder / "large.svs").read_bytes()
        (slide,) = find_slides([], None, [f"{web.address}/large.svs"]).slides
        scorer = FleetScorer(ProcessFleet(_work(folder / "large"), 1))
        results = FolderResults(folder / "large")
        (outcome,) = record_outcomes([slide], results, scorer, _Silent())
        if outcome.record is None:
            raise RuntimeError(outcome.message)
        size = len(web.files["/large.svs"])
        return {
            "file_bytes": size,
            "read_bytes": web.sent,
            "result_bytes": _bytes_below(folder / "large"),
            "tiles": outcome.record.tiles,
        }


def _work(out: Path, formats: frozenset[str] = BY_DEFAULT) -> Work:
    config = load_bundle(MODEL).config
    point = config.thresholds["balanced"]
    options = SlideOptions(point, "balanced", formats)
    return Work.of(Settings(model_dir=MODEL), FolderResults(out), options, config.revision)


def _drawn(folder: Path, side: int, count: int) -> list[FoundSlide]:
    folder.mkdir()
    drawn = DrawnSlide(width=side, height=side, microns_per_pixel=(4.0, 4.0))
    first = folder / "0.ome.tif"
    write_ome_tiff(first, drawn, downsamples=(1, 4))
    paths = [folder / f"{number}.ome.tif" for number in range(count)]
    for path in paths[1:]:
        shutil.copy(first, path)
    return [FoundSlide(path, (path,), path.name) for path in paths]


def _bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def _processes(work: Work, workers: int) -> Iterator[tuple[Fleet, int]]:
    yield ProcessFleet(work, workers), workers


@contextmanager
def _ray(work: Work, workers: int) -> Iterator[tuple[Fleet, int]]:
    """Start a cluster of one node, whose start does not count."""
    from ray.cluster_utils import Cluster

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ.update(_VARIABLES, PATH=path)
    node = {"num_cpus": 2, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    try:
        yield NodeFleet(work, cluster.address, workers), workers
    finally:
        cluster.shutdown()


SUBJECTS: Final[dict[str, Callable[[Work], Any]]] = {
    "workers_1": lambda work: _processes(work, 1),
    "workers_2": lambda work: _processes(work, 2),
    "ray_1": lambda work: _ray(work, 1),
    "ray_2": lambda work: _ray(work, 2),
}
"""The subjects: `--workers` 1 and 2, and Ray on one node with the same number."""
