"""The size of a Space's environment, and the time until its folder responds."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.processes import HOST, Server, running
from benchmarks.results import environment
from benchmarks.start import import_gradio
from benchmarks.subjects import SERVE_BIN, service_command
from benchmarks.summary import Bar, at_most
from benchmarks.table import render_bars, render_table
from benchmarks.workload import CONTENT_TYPE, encode_form
from hf_space.deploy.folder import write_space
from hf_space.inference.probe import DRAWN_PATCH

_REPEATS: Final = 9
_BARS: Final = {
    "answer_seconds": (
        "start to first prediction; limit: twice `import gradio` plus 2 s",
        "at most",
        " s",
    ),
    "installed_mb": ("installed environment", "at most", " MB"),
}


@dataclass(frozen=True, slots=True)
class SpaceStart:
    """Seconds of one start, and of a bare import beside it.

    Attributes:
        ready: Until `/health/` said so.
        answer: Until the first prediction was there.
        import_gradio: A process that does nothing else.
    """

    ready: float
    answer: float
    import_gradio: float


def measure_space() -> dict[str, Any]:
    """Start, repeatedly, the folder that `hf_space.deploy` would upload.

    Starts and bare imports alternate, so that a noisy machine affects both equally.
    """
    with TemporaryDirectory(prefix="biopsia-bench-") as name:
        folder = Path(name) / "space"
        write_space(folder, None)
        starts = [_start(folder, Path(name)) for _ in range(_REPEATS)]
    megabytes = installed_mb(SERVE_BIN.parent)
    held = {name: asdict(bar) for name, bar in bars(starts, megabytes).items()}
    return environment() | {"starts": [asdict(start) for start in starts], "bars": held}


def installed_mb(venv: Path) -> float:
    """Return the size of all files of an environment, in MB; links lead outside, and count 0."""
    files = (path for path in venv.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


def bars(starts: list[SpaceStart], megabytes: float) -> dict[str, Bar]:
    """Compare the medians, and the size of the environment, with their limits."""
    limit = 2 * median(start.import_gradio for start in starts) + 2
    return {
        "answer_seconds": at_most(limit, median(start.answer for start in starts)),
        "installed_mb": at_most(900, megabytes),
    }


def render_space(figures: dict[str, Any]) -> str:
    """Return the bars, and the starts, as Markdown."""
    starts = [SpaceStart(**start) for start in figures["starts"]]
    machine = (
        f"{figures['date']}, {figures['cores']} cores of {figures['processor']}, "
        f"Python {figures['python']}, {len(starts)} starts."
    )
    rows = [
        f"| {title} | {median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f} |"
        for title, seconds in (
            ("start to ready", [start.ready for start in starts]),
            ("start to first prediction", [start.answer for start in starts]),
            ("`import gradio`", [start.import_gradio for start in starts]),
        )
    ]
    table = render_table("| seconds | median | fastest | slowest |", rows)
    return "\n\n".join([machine, render_bars(_BARS, figures["bars"]), table])


def _start(folder: Path, scratch: Path) -> SpaceStart:
    variables = {
        "BIOPSIA_HOST": HOST,
        "BIOPSIA_LOG_LEVEL": "warning",
        "BIOPSIA_DATA_DIR": str(scratch / "data"),
        "SYSTEM": "spaces",
        "SPACE_ID": "owner/biopsia",
    }
    command, log = service_command(), scratch / "log"
    with running(command, variables, health="/health/", log=log, folder=folder) as server:
        ready = time.perf_counter()
        _predict(server)
        answer = server.seconds_to_ready + time.perf_counter() - ready
    return SpaceStart(server.seconds_to_ready, answer, import_gradio())


def _predict(server: Server) -> None:
    """Send one patch; raises RuntimeError unless the answer is a 200."""
    form = encode_form([DRAWN_PATCH.read_bytes()], part="file", fields={"microns_per_pixel": "4"})
    connection = HTTPConnection(HOST, server.port, timeout=30)
    try:
        connection.request("POST", "/predict/", form, {"Content-Type": CONTENT_TYPE})
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise RuntimeError(f"/predict/ answered {response.status}")
