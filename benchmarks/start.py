"""The time from the service's start to its first answer, compared with a bare import of Gradio."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.processes import ROOT, running
from benchmarks.subjects import SERVE_BIN, service


@dataclass(frozen=True, slots=True)
class Start:
    """Medians in seconds."""

    ready_seconds: float
    import_gradio_seconds: float


def measure_start(log: Path, *, repeats: int) -> Start:
    """Alternate both, so that a noisy machine affects both equally."""
    pairs = [(_service(log), import_gradio()) for _ in range(repeats)]
    return Start(median(pair[0] for pair in pairs), median(pair[1] for pair in pairs))


def _service(log: Path) -> float:
    subject = service()
    (variant,) = subject.variants
    with running(variant.command, variant.environment, health=subject.health, log=log) as server:
        return server.seconds_to_ready


def import_gradio() -> float:
    """Return how many seconds a process takes that imports Gradio and does nothing else."""
    started = time.perf_counter()
    command = [str(SERVE_BIN / "python"), "-c", "import gradio"]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 -- a command of this file
    return time.perf_counter() - started
