"""The real service in a process of its own, on a free port."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx2

from tests.forked import Forked, can_fork, fork
from tests.waiting import comes_true

ROOT = Path(__file__).parents[1]
_START_SECONDS = 120
OWN_STORES = (
    *("BIOPSIA_DATABASE_URL", "BIOPSIA_REDIS_URL", "BIOPSIA_MODEL_REPO", "BIOPSIA_MODEL_REVISION"),
    *("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_ENDPOINT", "HF_HUB_CACHE"),
)
"""Variables that may name a developer's own database, model or token, which are not for tests."""

NO_RATE_LIMIT = {
    "BIOPSIA_OWNER_IMAGES_PER_MINUTE": "0",
    "BIOPSIA_ADDRESS_IMAGES_PER_MINUTE": "0",
}
"""Settings of a service that takes any number of images."""


@dataclass(frozen=True)
class RunningServer:
    """A started service.

    Attributes:
        url: Its address, without a final slash.
        process: Its process.
        log: File with its standard output and error.
    """

    url: str
    process: subprocess.Popen[bytes] | Forked
    log: Path

    @property
    def folder(self) -> Path:
        """The folder of all its files, including temporary ones."""
        return self.log.parent

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
    """Start `app.py` with settings from the environment; it is stopped at the end.

    It is forked from a process that has imported the service, unless a variable may matter on
    import.

    Raises:
        RuntimeError: It did not come up; the message holds its log.
    """
    inherited = _inherited()
    if not can_fork(inherited | environment):
        with fresh_server(**environment) as server:
            yield server
    else:
        with _running(fork, inherited, environment) as server:
            yield server


@contextmanager
def fresh_server(**environment: str) -> Iterator[RunningServer]:
    """Start `python app.py` in a new interpreter, whose memory is all its own, or likewise.

    Raises:
        RuntimeError: It did not come up; the message holds its log.
    """
    with running_app(ROOT, Path(sys.executable), _inherited(), **environment) as server:
        yield server


@contextmanager
def running_app(
    source: Path, python: Path, inherited: Mapping[str, str], **environment: str
) -> Iterator[RunningServer]:
    """Start `python app.py` of a folder; it is stopped at the end.

    Args:
        source: The folder.
        python: The interpreter.
        inherited: Its environment, as far as it does not need a port and folders of its own.
        **environment: Variables that count all the same.

    Raises:
        RuntimeError: It did not come up; the message holds its log.
    """

    def start(variables: Mapping[str, str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 -- our own code
            [str(python), "app.py"],
            cwd=source,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    with _running(start, inherited, environment) as server:
        yield server


@contextmanager
def _running(
    start: Callable[[Mapping[str, str], IO[bytes]], subprocess.Popen[bytes] | Forked],
    inherited: Mapping[str, str],
    environment: Mapping[str, str],
) -> Iterator[RunningServer]:
    with tempfile.TemporaryDirectory(prefix="biopsia-server-") as folder:
        log = Path(folder) / "log"
        port = free_port()
        own = {
            "PORT": str(port),
            "BIOPSIA_HOST": "127.0.0.1",
            "BIOPSIA_DATA_DIR": str(Path(folder) / "data"),
            "TMPDIR": folder,
        }
        with log.open("wb") as output:
            process = start({**inherited, **own, **environment}, output)
        server = RunningServer(f"http://127.0.0.1:{port}", process, log)
        try:
            _wait_until_alive(server)
            yield server
        finally:
            process.kill()
            process.wait()


def _inherited() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in OWN_STORES}


def free_port() -> int:
    """Return a free port of 127.0.0.1.

    It is none of those that systems give to outgoing connections: these cannot take it before the
    server does, or while the server is away.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 30_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _wait_until_alive(server: RunningServer) -> None:
    def is_settled() -> bool:
        return server.process.poll() is not None or _is_alive(server)

    if not comes_true(is_settled, _START_SECONDS) or server.process.poll() is not None:
        raise RuntimeError(f"the service did not start:\n{server.log.read_text('utf-8')}")


def _is_alive(server: RunningServer) -> bool:
    # A plain connection costs almost nothing; an HTTP client uses much processor time.
    with (
        suppress(OSError, httpx2.TransportError),
        socket.create_connection(("127.0.0.1", server.port), timeout=5),
    ):
        httpx2.get(f"{server.url}/health/live", timeout=5)
        return True
    return False
