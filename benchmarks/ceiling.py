"""OpenVINO's own `benchmark_app`: the speed of the network alone on this machine."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from benchmarks.processes import ROOT
from benchmarks.subjects import WORK_BIN

_MODEL = ROOT / "hf_space" / "model" / "openvino_model.xml"
_RATE = r"Throughput:\s+([\d.]+) FPS"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Images per second by batch size, and the time of a single image in milliseconds."""

    batch_1_per_second: float
    batch_8_per_second: float
    latency_ms: float

    @property
    def per_second(self) -> float:
        """The better of both."""
        return max(self.batch_1_per_second, self.batch_8_per_second)


def measure_ceiling(precision: str, *, seconds: int) -> Ceiling:
    """Run the network in the service's number format, with nothing around it."""
    one, eight, alone = (
        _run(hint, (batch, 128), precision, seconds)
        for hint, batch in (("throughput", 1), ("throughput", 8), ("latency", 1))
    )
    latency = _find(r"Median:\s+([\d.]+) ms", alone)
    return Ceiling(_find(_RATE, one), _find(_RATE, eight), latency)


def eights_per_second(side: int, precision: str, *, seconds: int) -> float:
    """Run the network on eight images of a side at once, and return images per second."""
    return _find(_RATE, _run("throughput", (8, side), precision, seconds))


def _run(hint: str, shape: tuple[int, int], precision: str, seconds: int) -> str:
    batch, side = shape
    command = [str(WORK_BIN / "benchmark_app"), "-m", str(_MODEL), "-d", "CPU", "-hint", hint]
    command += ["-data_shape", f"[{batch},{side},{side},3]", "-infer_precision", precision]
    command += ["-t", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- a command of this file
    return done.stdout


def _find(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"benchmark_app printed no {pattern}:\n{text[-2000:]}")
    return float(found[1])
