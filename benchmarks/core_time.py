"""Where the service spends a core's time on an image: in its event loop, or in the network."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.ceiling import measure_ceiling
from benchmarks.load import closed_loop
from benchmarks.processes import Server, running
from benchmarks.subjects import service
from benchmarks.workload import patch_files, write_forms

_CLIENTS: Final = 16
_SECONDS: Final = 8
_ANSWERED: Final = re.compile(
    r'biopsia_requests_total\{method="POST",route="/predict/",status="200"\} ([\d.]+)'
)


@dataclass(frozen=True, slots=True)
class CoreTime:
    """Milliseconds of a core for each image, user and system, at 16 clients."""

    event_loop_ms: float
    other_threads_ms: float


def measure_core_time() -> dict[str, dict[str, float]]:
    """Load the service with and without the explanation, and read its threads' clocks.

    Returns:
        For ``overlay`` and ``plain`` the times of `CoreTime`; for ``benchmark_app`` what the bare
        network takes of all cores by eights, measured just after.

    Raises:
        RuntimeError: The service did not start, or a request failed.
    """
    own = service()
    command, environment = own.variants[0].command, own.variants[0].environment
    with TemporaryDirectory(prefix="biopsia-bench-") as name:
        folder = Path(name)
        with running(command, environment, health=own.health, log=folder / "log") as server:
            precision = server.get_json(own.health)["model"]["precision"]
            times = {
                kind: _measure(server, folder / kind, explain=kind == "overlay")
                for kind in ("overlay", "plain")
            }
    cores = len(os.sched_getaffinity(0))
    bare = 1000.0 * cores / measure_ceiling(precision, seconds=_SECONDS).batch_8_per_second
    found = {
        kind: {
            "event_loop_ms": round(time.event_loop_ms, 2),
            "other_threads_ms": round(time.other_threads_ms, 2),
        }
        for kind, time in times.items()
    }
    return found | {"benchmark_app": {"all_cores_ms": round(bare, 2)}}


def render_core_time(found: dict[str, dict[str, float]]) -> str:
    """Return the figures as a table."""
    lines = ["| core time of an image, ms | event loop | other threads |", "| --- | --- | --- |"]
    for kind, title in (("overlay", "with overlay"), ("plain", "without")):
        times = found[kind]
        cells = (times["event_loop_ms"], times["other_threads_ms"])
        lines.append(f"| this service, {title} | {cells[0]:.2f} | {cells[1]:.2f} |")
    bare = found["benchmark_app"]["all_cores_ms"]
    return "\n".join([*lines, f"| `benchmark_app`, by eights | | {bare:.2f} |"])


def _measure(server: Server, folder: Path, *, explain: bool) -> CoreTime:
    fields = {"microns_per_pixel": "4", "explain": str(explain).lower(), "save": "true"}
    forms = write_forms(folder, [[patch] for patch in patch_files()], part="file", fields=fields)
    closed_loop(server.port, "/predict/", forms, clients=_CLIENTS, seconds=2)
    server.settle(3.0)
    answered, before = _answered(server), _thread_seconds(server.pid)
    closed_loop(server.port, "/predict/", forms, clients=_CLIENTS, seconds=_SECONDS)
    # Requests that wrk left behind count as images too.
    server.settle(3.0)
    images, after = _answered(server) - answered, _thread_seconds(server.pid)
    spent = {thread: after[thread] - before.get(thread, 0.0) for thread in after}
    loop = spent.pop(server.pid)
    return CoreTime(1000.0 * loop / images, 1000.0 * sum(spent.values()) / images)


def _answered(server: Server) -> float:
    found = _ANSWERED.search(server.get("/metrics").decode())
    return float(found[1]) if found else 0.0


def _thread_seconds(pid: int) -> dict[int, float]:
    """Return the user and system time of each thread, which the kernel counts in ticks."""
    ticks = os.sysconf("SC_CLK_TCK")
    seconds = {}
    for thread in Path(f"/proc/{pid}/task").iterdir():
        # The name may hold spaces; it ends with the last parenthesis.
        fields = (thread / "stat").read_text().rpartition(")")[2].split()
        seconds[int(thread.name)] = (int(fields[11]) + int(fields[12])) / ticks
    return seconds
