"""Files of a great many small parts take no memory of the service, whichever way they come."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.bundle_factory import write_bundle
from tests.crowded import READ, REFUSED
from tests.server import NO_RATE_LIMIT, RunningServer, fresh_server

# As in `test_bombs.py`: what the process may take besides the pixels of images.
ELSE = 96 << 20
FILES = {name: make() for name, make in READ.items()} | {
    name: make() for name, (make, _) in REFUSED.items()
}
CODES = {name: code for name, (_, code) in REFUSED.items()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    bundle = write_bundle(tmp_path_factory.mktemp("bundle") / "model")
    with fresh_server(BIOPSIA_MODEL_DIR=str(bundle), **NO_RATE_LIMIT) as server:
        yield server


def peak(server: RunningServer) -> int:
    """Return the most memory that the process has had, in bytes."""
    with open(f"/proc/{server.process.pid}/status") as status:  # noqa: PTH123 -- no file
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def ask(server: RunningServer, path: str, name: str, file: bytes) -> httpx2.Response:
    form = {} if path == "/preview/" else {"save": "false", "explain": "false"}
    return httpx2.post(f"{server.url}{path}", files={"file": (name, file)}, data=form, timeout=60)


@pytest.mark.parametrize("path", ["/predict/", "/preview/"])
def test_they_take_little_memory_all_at_once(path: str, server: RunningServer) -> None:
    warm = ask(server, path, "a.png", FILES["texts"])
    assert warm.status_code == 200
    before = peak(server)
    with ThreadPoolExecutor(8) as pool:
        asked = {name: pool.submit(ask, server, path, name, FILES[name]) for name in FILES}
        answers = {name: answer.result() for name, answer in asked.items()}
    for name, answer in answers.items():
        if name in CODES:
            assert answer.json()["error"]["code"] == CODES[name], name
        else:
            assert answer.status_code == 200, name
    assert peak(server) - before < ELSE


def test_they_take_little_memory_in_a_zip(server: RunningServer) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in FILES.items():
            archive.writestr(f"{name}.png", content)
    before = peak(server)
    answer = ask(server, "/predict/batch/", "a.zip", file.getvalue())
    lines = answer.text.splitlines()
    assert len(lines) == len(FILES)
    assert sum('"corrupt_image"' in line or '"unsupported_image"' in line for line in lines) == len(
        CODES
    )
    assert peak(server) - before < ELSE
