"""The file with all figures, and the machine they come from."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

from benchmarks.load import find_wrk
from benchmarks.processes import ROOT

RESULTS: Final = Path(__file__).parent / "results.json"
_PACKAGES: Final = {
    ".venv": ("keras", "openvino", "tensorflow"),
    ".venv-serve": ("fastapi", "gradio", "openvino", "uvicorn"),
    ".venv-bench": ("bentoml", "fastapi", "litserve", "openvino", "uvicorn"),
    ".venv-tiles": ("openslide-python", "tiatoolbox"),
}


def read_results() -> dict[str, Any]:
    """Return what was measured so far, by benchmark."""
    if not RESULTS.exists():
        return {}
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return results


def merge_results(name: str, figures: dict[str, Any]) -> None:
    """Replace one benchmark's figures and keep the others'."""
    merged = read_results() | {name: figures}
    RESULTS.write_text(json.dumps(merged, indent=2) + "\n", encoding="utf-8")


def environment() -> dict[str, Any]:
    """Describe the machine and the software of a run."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "load_average_at_start": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "wrk": _wrk_version(),
        "packages": {name: _versions(name, wanted) for name, wanted in _PACKAGES.items()},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def _wrk_version() -> str:
    # It prints its version with its usage, and exits with 1.
    done = subprocess.run([find_wrk(), "-v"], capture_output=True, text=True, check=False)  # noqa: S603 -- a command of this file
    return done.stdout.split(" [")[0].removeprefix("wrk ")


def _versions(name: str, wanted: tuple[str, ...]) -> dict[str, str]:
    folders = [str(folder) for folder in (ROOT / name).glob("lib/python*/site-packages")]
    found = {each.name.lower(): each.version for each in distributions(path=folders)}
    return {package: found[package] for package in wanted if package in found}
