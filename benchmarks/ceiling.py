"""OpenVINO's own `benchmark_app`: what the network alone can do on this machine."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from benchmarks.processes import ROOT
from benchmarks.subjects import WORK_BIN

_MODEL = ROOT / "hf_space" / "model" / "openvino_model.xml"


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
        _run(hint, batch, precision, seconds)
        for hint, batch in (("throughput", 1), ("throughput", 8), ("latency", 1))
    )
    rate = r"Throughput:\s+([\d.]+) FPS"
    return Ceiling(_find(rate, one), _find(rate, eight), _find(r"Median:\s+([\d.]+) ms", alone))


def _run(hint: str, batch: int, precision: str, seconds: int) -> str:
    command = [str(WORK_BIN / "benchmark_app"), "-m", str(_MODEL), "-d", "CPU", "-hint", hint]
    command += ["-data_shape", f"[{batch},128,128,3]", "-infer_precision", precision]
    command += ["-t", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- a command of this file
    return done.stdout


def _find(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"benchmark_app printed no {pattern}:\n{text[-2000:]}")
    return float(found[1])
