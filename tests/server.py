"""The real service in a process of its own, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

ROOT = Path(__file__).parents[1]
_START_SECONDS = 60


@dataclass(frozen=True)
class RunningServer:
    """A started service.

    Attributes:
        url: Its address, without a final slash.
        process: Its process.
        log: File with its standard output and error.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rpartition(":")[2])

    def stop(self) -> int:
        """Ask the process to end as a host does, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def running_server(**environment: str) -> Iterator[RunningServer]:
    """Start `python app.py` with settings from the environment; it is stopped at the end.

    Raises:
        RuntimeError: It did not come up; the message holds its log.
    """
    with tempfile.TemporaryDirectory(prefix="biopsia-server-") as folder:
        log = Path(folder) / "log"
        port = _free_port()
        own = {"PORT": str(port), "BIOPSIA_HOST": "127.0.0.1", "TMPDIR": folder}
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 -- our own interpreter and code
                [sys.executable, "app.py"],
                cwd=ROOT,
                env=os.environ | own | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        server = RunningServer(f"http://127.0.0.1:{port}", process, log)
        try:
            _wait_until_alive(server)
            yield server
        finally:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_alive(server: RunningServer) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            httpx2.get(f"{server.url}/health/live", timeout=5)
        except httpx2.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the service did not start:\n{server.log.read_text('utf-8')}")
