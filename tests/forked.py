"""Processes of the service that are forked from one which has imported it: that spares its start.

Each is a process of its own all the same, with its own environment, signals and exit code. Only
what depends on a fresh interpreter, as limits of memory do, needs a real start.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO

_ROOT = Path(__file__).parents[1]
_END_SECONDS = 30
# Tests start several processes at once.
_STARTING = Lock()
# Of variables that Gradio, the Hub's client and the interpreter may read before the fork.
_READ_EARLY = ("GRADIO_", "HF_", "OMP_", "PYTHON")


class Forked:
    """A forked process; its methods are those of `subprocess.Popen`.

    Attributes:
        pid: Its number.
    """

    def __init__(self, replies: IO[bytes]) -> None:
        """Take the pipe by which the process's parent tells of it.

        Raises:
            RuntimeError: There is no such process; standard error holds the reason.
        """
        self._replies = replies
        self._code: int | None = None
        number = replies.readline()
        if not number:
            replies.close()
            raise RuntimeError("no process was forked")
        self.pid = int(number)

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs."""
        return self._wait(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the exit code.

        Raises:
            subprocess.TimeoutExpired: It did not come in so many seconds.
        """
        code = self._wait(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("app.py", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _wait(self, timeout: float | None) -> int | None:
        if self._code is None and select.select([self._replies], [], [], timeout)[0]:
            with self._replies:
                self._code = int(self._replies.readline())
        return self._code


def can_fork(environment: Mapping[str, str]) -> bool:
    """Tell whether a process with this environment may be forked.

    Otherwise it differs in what was read before the fork.
    """
    return _read_early(environment) == usual_variables()


def fork(environment: Mapping[str, str], output: IO[bytes]) -> Forked:
    """Fork a process that runs `app.py`.

    Args:
        environment: All its variables.
        output: For its standard output and error.
    """
    mine, its = os.pipe()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as request:
        json.dump(dict(environment), request)
        request.seek(0)
        with _STARTING:
            control = _server()
        socket.send_fds(control, [b"1"], [request.fileno(), output.fileno(), its])
    os.close(its)
    return Forked(os.fdopen(mine, "rb", buffering=0))


@cache
def _server() -> socket.socket:
    """Start the process that forks, once, and return the way to it."""
    mine, its = socket.socketpair()
    with its:
        process = subprocess.Popen(  # noqa: S603 -- our own code
            [sys.executable, "-m", "tests.fork_server"],
            cwd=_ROOT,
            stdin=its.fileno(),
            stdout=subprocess.DEVNULL,
            # The tests end it, and not the terminal's Ctrl-C.
            start_new_session=True,
        )

    def end() -> None:
        mine.close()
        process.wait(_END_SECONDS)

    atexit.register(end)
    return mine


@cache
def usual_variables() -> dict[str, str]:
    """Return what may be read before the fork, as it was at the first call.

    `tests.conftest` asks before a test can change any.
    """
    return _read_early(os.environ)


def _read_early(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_READ_EARLY)}
