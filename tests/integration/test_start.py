"""What `python app.py` refuses before it loads a model."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hf_space.settings.listening import port_fault
from tests.server import ROOT


@contextmanager
def taken_port(host: str = "127.0.0.1") -> Iterator[int]:
    with socket.create_server((host, 0)) as server:
        yield int(server.getsockname()[1])


def started(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Start the service where it cannot start; returns the exit code and all that it said."""
    own = {"BIOPSIA_HOST": "127.0.0.1", "BIOPSIA_DATA_DIR": str(folder), "TMPDIR": str(folder)}
    done = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        env=os.environ | own | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with taken_port() as port:
        said = started(tmp_path, BIOPSIA_PORT=str(port))
    assert said == (1, f"port {port} is in use: set BIOPSIA_PORT\n")


@pytest.mark.parametrize("argument", ["--help", "--port=8000", "8000"])
def test_arguments_are_refused_in_one_line(tmp_path: Path, argument: str) -> None:
    code, said = started(tmp_path, argument)
    assert code == 1
    assert said.startswith("app.py takes no arguments: settings are environment variables")
    assert said.count("\n") == 1


def test_free_ports_have_no_fault() -> None:
    with taken_port() as port:
        assert port_fault("localhost", port) == f"port {port} is in use: set BIOPSIA_PORT"
        assert port_fault("0.0.0.0", port)  # noqa: S104 -- nothing listens
        assert port_fault("127.0.0.2", port) is None
    assert port_fault("127.0.0.1", port) is None
    assert port_fault("127.0.0.1", 0) is None
    # The server itself says what is wrong with a host.
    assert port_fault("no.such.host.invalid", port) is None
