"""Load generators: wrk for many small requests, one plain connection for large ones."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

import numpy as np

from benchmarks.processes import HOST
from benchmarks.workload import CONTENT_TYPE, PLACEHOLDER, Forms

_SCRIPT = Path(__file__).with_suffix(".lua")
_TIMEOUT_SECONDS = 120
# A quarter of the time fills the queues: counting from an idle server would cut slow servers'
# unfinished requests off at the end without having any at the beginning.
_RAMP = 0.25


@dataclass(frozen=True, slots=True)
class Load:
    """What clients saw: answers per second, latencies in milliseconds, and answers in all."""

    per_second: float
    p50_ms: float
    p99_ms: float
    answered: int


def find_wrk() -> str:
    """Return the path of wrk; raises RuntimeError where it is not installed."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("wrk, which generates the load, is not installed: apt-get install wrk")
    return wrk


def post(port: int, path: str, body: bytes) -> bytes:
    """Post one form and return the answer's body.

    Raises:
        RuntimeError: The status is not 200.
    """
    connection = HTTPConnection(HOST, port, timeout=_TIMEOUT_SECONDS)
    try:
        return _exchange(connection, path, body)
    finally:
        connection.close()


def closed_loop(port: int, path: str, forms: Forms, *, clients: int, seconds: int) -> Load:
    """Let clients post forms in turn, each waiting for its answer, all from one thread of wrk.

    Raises:
        RuntimeError: wrk is missing, a request failed, or none was answered after the ramp.
    """
    ramp = _RAMP * seconds
    command = [
        find_wrk(),
        "-t1",
        f"-c{clients}",
        f"-d{seconds}s",
        f"--timeout={_TIMEOUT_SECONDS}s",
    ]
    command += [f"-s{_SCRIPT}", f"http://{HOST}:{port}{path}", "--"]
    command += [str(forms.folder), str(forms.count), CONTENT_TYPE, f"{ramp}"]
    command += [",".join(forms.visitors), PLACEHOLDER.decode() if forms.numbered else ""]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- a command of this file
    seen = json.loads(done.stdout.splitlines()[-1])
    if seen["failed"] or not seen["counted"]:
        raise RuntimeError(f"{path}: {seen['failed']} failed, {seen['counted']} answered")
    per_second = seen["counted"] / (seen["seconds"] - ramp)
    return Load(per_second, seen["p50_ms"], seen["p99_ms"], seen["answered"])


def fixed_count(port: int, path: str, forms: Forms, *, clients: int, requests: int) -> Load:
    """Let clients post a number of forms, and wait for all answers.

    For servers that need seconds for an answer and give many at once: a fixed time would cut whole
    waves off. At a few requests per second the cost of Python here is nothing.
    """

    def exchange(index: int) -> float:
        begun = time.perf_counter()
        post(port, path, forms.body(index % forms.count))
        return 1e3 * (time.perf_counter() - begun)

    with ThreadPoolExecutor(clients) as pool:
        started = time.perf_counter()
        latencies = list(pool.map(exchange, range(requests)))
        elapsed = time.perf_counter() - started
    return _load(requests / elapsed, latencies)


def one_by_one(port: int, path: str, forms: Forms, *, seconds: float, items: int) -> Load:
    """Post large forms over one connection until the time is up, at least twice.

    Args:
        port: Where the server listens.
        path: Where to post.
        forms: The bodies, in turn.
        seconds: No request begins later.
        items: What each request counts as in the rate.
    """
    bodies = [forms.body(index) for index in range(forms.count)]
    connection = HTTPConnection(HOST, port, timeout=_TIMEOUT_SECONDS)
    latencies: list[float] = []
    try:
        until = time.perf_counter() + seconds
        for index in count():
            started = time.perf_counter()
            if started >= until and index >= 2:
                break
            _exchange(connection, path, bodies[index % len(bodies)])
            latencies.append(1e3 * (time.perf_counter() - started))
    finally:
        connection.close()
    return _load(1e3 * items / float(np.mean(latencies)), latencies)


def _load(per_second: float, latencies: list[float]) -> Load:
    p50, p99 = np.percentile(latencies, (50, 99))
    return Load(per_second, float(p50), float(p99), len(latencies))


def _exchange(connection: HTTPConnection, path: str, body: bytes) -> bytes:
    connection.request("POST", path, body, {"Content-Type": CONTENT_TYPE})
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        raise RuntimeError(f"{path} answered {response.status}: {content[:500]!r}")
    return content
