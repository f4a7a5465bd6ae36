"""A server process that tests can stop, kill, hang and start again."""

from __future__ import annotations

import os
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from tests.server import free_port
from tests.waiting import comes_true

_START_SECONDS = 60
_STOP_SECONDS = 30
_PORTS_TRIED = 5


class Service(ABC):
    """A server on a port of 127.0.0.1 that can go away and come back with its data.

    Ending, pausing or resuming does nothing while it does not run.

    Attributes:
        port: The port it listens on, the same after each start.
        log: File with its standard output and error since the last start.
    """

    account: str | None = None
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        """Keep everything in a folder."""
        self.port = free_port()
        self.log = folder / "log"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def _command(self) -> list[str]:
        """Return what starts it in the foreground."""

    @abstractmethod
    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Tell whether this process, and no other on the port, accepts connections."""

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, or let it go on after a pause, and wait until it accepts connections.

        Raises:
            RuntimeError: It did not come up; the message holds its log.
        """
        if self.running:
            return self.resume()
        with self.log.open("wb") as output:
            self._process = self._spawn(self._command(), output)
        try:
            self._wait_until_ready(self._process)
        except RuntimeError:
            self.kill()
            raise

    def stop(self) -> None:
        """End it in an orderly way, without waiting for its clients."""
        if self._process is not None:
            self.resume()
            self._process.send_signal(self.stop_signal)
            self._process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """End it and its children at once, as a power cut would."""
        self.pause()
        family = self._family()
        _each(family, psutil.Process.kill)
        comes_true(lambda: not any(map(_works, family)), _STOP_SECONDS)
        if self._process is not None:
            self._process.wait()

    def pause(self) -> None:
        """Let it hang: it can be connected to, and answers nothing."""
        # Held first, it can neither start further children nor replace those that die.
        _each(self._family()[:1], psutil.Process.suspend)
        _each(self._family()[1:], psutil.Process.suspend)

    def resume(self) -> None:
        """Let it go on after a pause."""
        _each(self._family(), psutil.Process.resume)

    def end(self) -> None:
        """End it for good: in an orderly way, or else by force."""
        try:
            self.stop()
        finally:
            self.kill()

    def start_on_any_port(self) -> None:
        """Start it on another port when someone else was faster to take the free one."""
        for _ in range(_PORTS_TRIED - 1):
            try:
                return self.start()
            except RuntimeError as error:
                if "Address already in use" not in str(error):
                    raise
                self.port = free_port()
        return self.start()

    def _spawn(self, command: list[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        # In a session of its own it does not hear the terminal's Ctrl-C: the tests end it.
        return subprocess.Popen(  # noqa: S603 -- our own commands
            command,
            cwd=self._folder,
            env=_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=self.account,
            group=self.account,
            extra_groups=[] if self.account else None,
        )

    def _family(self) -> list[psutil.Process]:
        if self._process is None or not self.running:
            return []
        process = psutil.Process(self._process.pid)
        return [process, *process.children(recursive=True)]

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        def is_settled() -> bool:
            return process.poll() is not None or self._is_ready(process)

        if not comes_true(is_settled, _START_SECONDS) or process.poll() is not None:
            log = self.log.read_text("utf-8", "replace")
            raise RuntimeError(f"{type(self).__name__} did not start:\n{log}")


def _each(processes: list[psutil.Process], action: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            action(process)


def _works(process: psutil.Process) -> bool:
    # Orphans stay zombies until the system's first process looks after them, which can take long.
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _environment() -> dict[str, str]:
    # Without the developer's PGPORT and the like, and with messages in English.
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return inherited | {"LC_ALL": "C"}
