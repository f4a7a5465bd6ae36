"""Whole slides: the command compared with the network alone, and its memory by slide size."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.ceiling import eights_per_second
from benchmarks.extraction import Extraction, measure_extraction, render_extraction
from benchmarks.processes import ROOT, largest_resident_mb
from benchmarks.results import environment
from benchmarks.summary import Bar, at_least, at_most
from benchmarks.table import render_bars, render_table
from hf_space.bundle.load import load_bundle
from hf_space.slides.checkpoint import WORK_FOLDER
from hf_space.slides.record import RunRecord
from tests.drawn_slide import DrawnSlide
from tests.slides import write_svs

MODEL: Final = ROOT / "hf_space" / "model"
# Pixels of level 0 at 0.25 µm; each has twice the area of the one before, and the last one more
# than 100,000 x 80,000.
SIZES: Final = ((67_000, 40_000), (67_000, 80_000), (134_000, 80_000))
_SECONDS: Final = 10
_POLL_SECONDS: Final = 0.01
_BARS: Final = {
    "share_of_benchmark_app": (
        "tiles per second of the whole command, over `benchmark_app` on the same network by eights",
        "at least",
        "",
    ),
    "first_strip_seconds": ("start of the command to the first finished strip", "at most", " s"),
    "peak_mb": ("largest resident set", "at most", " MB"),
    "memory_growth": (
        "largest resident set, at four times the area over that at one",
        "at most",
        "",
    ),
}


@dataclass(frozen=True, slots=True)
class SlideRun:
    """One run of the command.

    Attributes:
        width: Of level 0, in pixels.
        height: Of level 0, in pixels.
        tiles: With tissue.
        seconds: From the start of the process to its end.
        first_strip_seconds: Until the first strip was on the disk.
        peak_mb: Largest resident set.
        network_per_second: What `benchmark_app` did just before and just after, on average.
    """

    width: int
    height: int
    tiles: int
    seconds: float
    first_strip_seconds: float
    peak_mb: float
    network_per_second: float

    @property
    def share(self) -> float:
        """Tiles per second over the network's own rate."""
        return self.tiles / self.seconds / self.network_per_second


def measure_slides() -> dict[str, Any]:
    """Draw slides, and score each by the command, with all its files.

    The network alone is measured before and after each run, so that a noisy machine affects both.
    The largest slide's tiles are cut once more without the network, beside TIAToolbox.
    """
    runs: list[SlideRun] = []
    programs: list[Extraction] = []
    before = _network_per_second()
    for width, height in SIZES:
        with TemporaryDirectory(prefix="biopsia-bench-") as name:
            path = Path(name) / "slide.svs"
            write_svs(path, DrawnSlide(width, height, microns_per_pixel=(0.25, 0.25)))
            tiles, seconds, first, peak = _score(path, Path(name) / "out")
            if (width, height) == SIZES[-1]:
                programs = measure_extraction(path)
        after = _network_per_second()
        rate = (before + after) / 2
        runs.append(SlideRun(width, height, tiles, seconds, first, peak, rate))
        before = after
    held = {name: asdict(bar) for name, bar in bars(runs).items()}
    return environment() | {
        "runs": [asdict(run) for run in runs],
        "extraction": [asdict(program) for program in programs],
        "bars": held,
    }


def bars(runs: list[SlideRun]) -> dict[str, Bar]:
    """Compare the largest slide, and the largest figures of all, with their limits."""
    return {
        "share_of_benchmark_app": at_least(0.85, runs[-1].share),
        "first_strip_seconds": at_most(3, max(run.first_strip_seconds for run in runs)),
        "peak_mb": at_most(1000, max(run.peak_mb for run in runs)),
        "memory_growth": at_most(1.1, runs[-1].peak_mb / runs[0].peak_mb),
    }


def render_slides(figures: dict[str, Any]) -> str:
    """Return the bars, and a row for each slide, as Markdown."""
    runs = [SlideRun(**run) for run in figures["runs"]]
    machine = (
        f"{figures['date']}, {figures['cores']} cores of {figures['processor']}, "
        f"Python {figures['python']}."
    )
    rows = [
        f"| {run.width:,} x {run.height:,} | {run.tiles:,} | {run.seconds:.1f} s "
        f"| {run.tiles / run.seconds:.0f} | {run.network_per_second:.0f} "
        f"| {run.first_strip_seconds:.2f} s | {run.peak_mb:.0f} MB |"
        for run in runs
    ]
    header = (
        "| slide, px at 0.25 µm | tissue tiles | command | tiles/s | network alone "
        "| first strip | memory |"
    )
    programs = [Extraction(**program) for program in figures["extraction"]]
    parts = [render_bars(_BARS, figures["bars"]), render_table(header, rows)]
    return "\n\n".join([machine, *parts, render_extraction(programs)])


def _network_per_second() -> float:
    config = load_bundle(MODEL).config
    side = config.input_size + 2 * config.margin_pixels
    return eights_per_second(side, "f32", seconds=_SECONDS)


def _score(path: Path, out: Path) -> tuple[int, float, float, float]:
    """Run the command, and return tiles, seconds, those until the first strip, and the peak."""
    command = [sys.executable, "-m", "hf_space", "slides", str(path), "--out", str(out)]
    variables = os.environ | {"BIOPSIA_MODEL_DIR": str(MODEL)}
    folder, first, peak = out / path.name, 0.0, 0.0
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.DEVNULL)  # noqa: S603 -- our own code
    while process.poll() is None:
        time.sleep(_POLL_SECONDS)
        if not first and any((folder / WORK_FOLDER).glob("[0-9]*.npz")):
            first = time.perf_counter() - started
        peak = max(peak, largest_resident_mb(process.pid))
    seconds = time.perf_counter() - started
    record = RunRecord.load(folder)
    if process.returncode or record is None:
        raise RuntimeError(f"the command ended with {process.returncode}")
    return record.tiles, seconds, first, peak
