"""Servers under test: started on a free port, watched through `/proc`, always stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[1]
_START_SECONDS = 120
_STOP_SECONDS = 10
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its first process, and when it was ready."""

    pid: int
    port: int
    seconds_to_ready: float

    def peak_mb(self) -> float:
        """Return the sum of each process's largest resident set since `reset_peak`, in MB.

        The kernel keeps it (``VmHWM``), so that watching costs the measured server nothing. Pages
        that processes share count once for each.
        """
        return self._memory("VmHWM")

    def resident_mb(self) -> float:
        """Return the sum of each process's resident set, in MB."""
        return self._memory("VmRSS")

    def reset_peak(self) -> None:
        """Begin a new peak."""
        for pid in process_tree(self.pid):
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def settle(self, seconds: float) -> None:
        """Wait, for a limited time, until work for disconnected clients is done.

        Then less than a third of a core is used.
        """
        until = time.monotonic() + seconds
        before = self._cpu_seconds()
        while time.monotonic() < until:
            time.sleep(0.2)
            now = self._cpu_seconds()
            if now - before < 0.06:
                return
            before = now

    def get(self, path: str) -> bytes:
        """Return what a GET answers; raises RuntimeError unless that is a 200."""
        status, body = _get(self.port, path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        return body

    def get_json(self, path: str) -> Any:
        """Return the JSON that a GET answers; raises RuntimeError unless that is a 200."""
        return json.loads(self.get(path))

    def _memory(self, field: str) -> float:
        kilobytes = 0
        for pid in process_tree(self.pid):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            kilobytes += next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)
        return kilobytes * 1024 / 1e6

    def _cpu_seconds(self) -> float:
        ticks = 0
        for pid in process_tree(self.pid):
            # The name, in brackets, may hold spaces.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS


@contextmanager
def running(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    health: str,
    log: Path,
    folder: Path = ROOT,
) -> Iterator[Server]:
    """Start a server, wait for its first 200, and stop it with all its processes.

    Args:
        command: What to run; ``{port}`` becomes the port.
        environment: Variables beside this process's own; ``PORT`` is added.
        health: Path that answers 200 when the server is ready.
        log: File for what it prints.
        folder: Where it runs.

    Raises:
        RuntimeError: It ended, or was not ready within two minutes.
    """
    port = _free_port()
    words = [word.replace("{port}", str(port)) for word in command]
    variables = os.environ | dict(environment) | {"PORT": str(port)}
    with log.open("ab") as output:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 -- commands come from `benchmarks.subjects`
            words, env=variables, cwd=folder, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait(process, port, health, log)
        yield Server(process.pid, port, time.perf_counter() - started)
    finally:
        _stop(process)


def largest_resident_mb(pid: int) -> float:
    """Return the largest resident set that a process has had so far, in MB; 0 once it has ended.

    `ru_maxrss` is not suitable: it starts with the memory of the parent process.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def process_tree(pid: int) -> list[int]:
    """Return a process and its living descendants."""
    found = []
    try:
        children = [
            int(child)
            for thread in Path(f"/proc/{pid}/task").iterdir()
            for child in (thread / "children").read_text().split()
        ]
    except OSError:
        return []
    found.append(pid)
    for child in children:
        found += process_tree(child)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, health: str, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}; see {log}")
        if _get(port, health)[0] == 200:
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} was not ready in {_START_SECONDS} s; see {log}")


def _get(port: int, path: str) -> tuple[int | None, bytes]:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, HTTPException):
        return None, b""
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server's session, first gently, then by force; workers may outlive their parent."""
    family = process_tree(process.pid)
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in family:
        # Only processes of the server's own session: a process id may have been reused.
        try:
            if os.getsid(pid) == process.pid:
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
