"""Room for uploads: what lies in the folder is counted while other uploads come and go."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import anyio
import pytest

from hf_space.errors import BusyError
from hf_space.ui.gradio_app.upload_room import UploadRoom

KIB = 1024


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that uploads arrive in."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


async def hold(room: UploadRoom, size: int, times: int = 1) -> None:
    for _ in range(times):
        async with room.held(size, "192.0.2.1"):
            pass


def test_files_that_lie_there_take_their_room(folder: Path) -> None:
    (folder / "another").mkdir()
    (folder / "another" / "upload.png").write_bytes(bytes(60 * KIB))
    room = UploadRoom(100 * KIB)
    anyio.run(hold, room, 20 * KIB)
    with pytest.raises(BusyError):
        anyio.run(hold, room, 40 * KIB)


def test_uploads_that_go_while_they_are_counted_are_passed_over(folder: Path) -> None:
    done = Event()

    def come_and_go(number: int) -> None:
        while not done.is_set():
            own = folder / f"upload-{number}"
            own.mkdir()
            (own / "upload.png").write_bytes(b"x")
            shutil.rmtree(own)

    with ThreadPoolExecutor(3) as pool:
        others = [pool.submit(come_and_go, number) for number in range(3)]
        try:
            anyio.run(hold, UploadRoom(KIB * KIB), 1, 500)
        finally:
            done.set()
        for other in others:
            other.result()
