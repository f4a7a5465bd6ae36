"""Reading a slide's tiles without the network: by this project, and by TIAToolbox if installed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.processes import ROOT, largest_resident_mb
from benchmarks.table import render_table

_POLL_SECONDS: Final = 0.01
TILES_BIN: Final = ROOT / ".venv-tiles" / "bin"
_HERE: Final = (sys.executable, "-m", "benchmarks.extractors.own")
_TIATOOLBOX: Final = (str(TILES_BIN / "python"), "benchmarks/extractors/with_tiatoolbox.py")


@dataclass(frozen=True, slots=True)
class Extraction:
    """Time and memory of one program that cuts the tiles of a slide.

    Attributes:
        program: Its name.
        tiles: With tissue, as the program finds it.
        ready_seconds: To open the slide and to find the tissue.
        seconds: To cut the tiles.
        process_seconds: From the start of the process to its end.
        peak_mb: Largest resident set.
    """

    program: str
    tiles: int
    ready_seconds: float
    seconds: float
    process_seconds: float
    peak_mb: float


def measure_extraction(slide: Path) -> list[Extraction]:
    """Cut the tiles of a slide by each program that is installed, one after the other."""
    programs = {"Biopsia": _HERE, "TIAToolbox": _TIATOOLBOX}
    return [
        _run(name, (*command, str(slide)))
        for name, command in programs.items()
        if Path(command[0]).exists()
    ]


def render_extraction(programs: list[Extraction]) -> str:
    """Return a row for each program, as Markdown."""
    rows = [
        f"| {each.program} | {each.tiles:,} | {each.ready_seconds:.1f} s | {each.seconds:.1f} s "
        f"| {each.tiles / each.seconds:,.0f} | {each.process_seconds:.1f} s "
        f"| {each.peak_mb:.0f} MB |"
        for each in programs
    ]
    header = "| cutting alone | tiles | tissue | cutting | tiles/s | whole process | memory |"
    return render_table(header, rows)


def _run(program: str, command: tuple[str, ...]) -> Extraction:
    started, peak = time.perf_counter(), 0.0
    # It prints one line, which fits into the pipe's buffer until it is read.
    with subprocess.Popen(  # noqa: S603 -- programs of this folder
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            time.sleep(_POLL_SECONDS)
            peak = max(peak, largest_resident_mb(process.pid))
        seconds = time.perf_counter() - started
        assert process.stdout is not None  # noqa: S101 -- a pipe was asked for
        printed = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{program} ended with {process.returncode}")
    return Extraction(program, process_seconds=seconds, peak_mb=peak, **json.loads(printed))
