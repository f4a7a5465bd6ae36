"""The service makes no network requests of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.server import ROOT

# Python tells its audit hooks of every name that is looked up and every address connected to.
_START = """
import sys

def tell(event, arguments):
    if event in ("socket.getaddrinfo", "socket.connect"):
        print(event, arguments[-1] if event == "socket.connect" else arguments[0])

sys.addaudithook(tell)
from fastapi.testclient import TestClient
from app import app

with TestClient(app) as client:
    assert client.get("/health/").json()["model"]["state"] == "ready"
    assert client.get("/").status_code == 200
"""


def test_a_start_asks_no_other_host_and_leaves_nothing_at_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # As in a Space, and without what tells libraries that this is a test.
    around = {"HOME": str(home), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)}
    space = {"SYSTEM": "spaces", "SPACE_ID": "owner/biopsia"}
    done = subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-c", _START],
        cwd=ROOT,
        env={**around, **space, "BIOPSIA_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout == ""
    assert list(home.rglob("*")) == []
