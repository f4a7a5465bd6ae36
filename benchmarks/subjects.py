"""The servers that are compared: how each is started and called."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.processes import HOST, ROOT

BENCH_BIN: Final = ROOT / ".venv-bench" / "bin"
WORK_BIN: Final = Path(sys.executable).parent
SERVE_BIN: Final = ROOT / ".venv-serve" / "bin"
SERVICE: Final = "service"
_QUIET: Final = {"BENTOML_DO_NOT_TRACK": "true", "TF_CPP_MIN_LOG_LEVEL": "2"}


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to run a server; the fastest of a server's variants is compared."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """A server under test.

    Attributes:
        key: Its name in the results.
        title: Its name in the table.
        variants: Ways to run it.
        health: Path that answers 200 when it is ready.
        paths: Where to post, with and without the explanation.
        part: Name of the form's part that holds an image.
        fields: Text parts of the form beside ``explain``.
        slow: It answers a few requests per second, and is measured by count instead of time.
        native: It takes batches and regions whole; others get the images or tiles one by one.
    """

    key: str
    title: str
    variants: tuple[Variant, ...]
    health: str
    paths: Mapping[bool, str]
    part: str = "file"
    fields: Mapping[str, str] = field(default_factory=dict)
    slow: bool = False
    native: bool = False


def service_command() -> tuple[str, ...]:
    """Return how the service is started, from its own environment."""
    return (str(SERVE_BIN / "python"), "app.py")


def service() -> Subject:
    """Return this service; no cache, as the same images come again and again."""
    environment = {"BIOPSIA_CACHE_BYTES": "0", "BIOPSIA_HOST": HOST, "BIOPSIA_LOG_LEVEL": "warning"}
    return Subject(
        key=SERVICE,
        title="this service",
        variants=(Variant("as it is", service_command(), environment),),
        health="/health/",
        paths={True: "/predict/", False: "/predict/"},
        fields={"microns_per_pixel": "4", "save": "true"},
        native=True,
    )


def competitors(precision: str) -> tuple[Subject, ...]:
    """Return the other servers, running the network in the service's number format."""
    return (_tutorial(), _litserve(precision), _bentoml(precision))


def _tutorial() -> Subject:
    def variant(style: str, endpoint: str, workers: int) -> Variant:
        command = (
            *(str(WORK_BIN / "uvicorn"), "benchmarks.servers.tutorial:app", "--no-access-log"),
            *("--host", HOST, "--port", "{port}", "--workers", str(workers)),
        )
        environment = _QUIET | {"BENCH_STYLE": style, "BENCH_ENDPOINT": endpoint}
        return Variant(f"{style}, {endpoint}, {workers} workers", command, environment)

    return Subject(
        key="tutorial",
        title="tutorial (FastAPI, TensorFlow)",
        variants=(
            variant("predict", "threads", 1),
            variant("predict", "async", 1),
            variant("predict", "async", 2),
            variant("direct", "async", 2),
        ),
        health="/health",
        paths={True: "/predict", False: "/predict"},
        slow=True,
    )


def _litserve(precision: str) -> Subject:
    def variant(workers: int, wait: str, queue: str) -> Variant:
        command = (str(BENCH_BIN / "python"), "-m", "benchmarks.servers.lit")
        environment = _framework(workers, precision) | {"BENCH_WAIT": wait, "BENCH_QUEUE": queue}
        return Variant(f"{workers} workers, wait {wait} s, {queue} queue", command, environment)

    return Subject(
        key="litserve",
        title="LitServe",
        variants=(
            variant(1, "0", "default"),
            variant(1, "0.002", "default"),
            variant(1, "0.002", "fast"),
            variant(2, "0.002", "default"),
        ),
        health="/health",
        paths={True: "/predict", False: "/predict"},
    )


def _bentoml(precision: str) -> Subject:
    def variant(workers: int) -> Variant:
        command = (
            *(str(BENCH_BIN / "bentoml"), "serve", "benchmarks.servers.bento:Patches"),
            *("--host", HOST, "--port", "{port}"),
        )
        return Variant(f"{workers} workers", command, _framework(workers, precision))

    return Subject(
        key="bentoml",
        title="BentoML",
        variants=(variant(1), variant(2)),
        health="/readyz",
        paths={True: "/explained", False: "/plain"},
        part="files",
    )


def _framework(workers: int, precision: str) -> dict[str, str]:
    # Each worker runs one pass at a time: alone it needs all cores for it, beside another one.
    hint = "LATENCY" if workers == 1 else "THROUGHPUT"
    return _QUIET | {
        "BENCH_WORKERS": str(workers),
        "BENCH_HINT": hint,
        "BENCH_PRECISION": precision,
    }
