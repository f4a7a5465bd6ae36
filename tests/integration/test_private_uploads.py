"""Uploads leave nothing behind: no file name, no partial upload, no dead process's files."""

from __future__ import annotations

import secrets
import socket
import stat
from pathlib import Path

import httpx2
import pytest

from hf_space.ui.gradio_app.private_folder import process_folder, root_folder, sweep
from tests.bundle_factory import write_bundle
from tests.server import RunningServer, running_server
from tests.traces import found_in_files
from tests.waiting import wait_until

NAME = "surname-1970.png"


def upload(
    server: RunningServer, field: str, content: bytes, address: str = "203.0.113.1"
) -> httpx2.Response:
    url, headers = f"{server.url}/gradio_api/upload", {"X-Forwarded-For": address}
    return httpx2.post(url, files={field: (NAME, content)}, headers=headers, timeout=30)


def broken_off(server: RunningServer, content: bytes) -> None:
    """Send half of an upload, and go away."""
    head = (
        f"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {2 * len(content)}"
        "\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: "
        f'form-data; name="files"; filename="{NAME}"\r\n\r\n'
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head + content)
        wait_until(lambda: found_in_files(server.folder, {"half": content[:64]}) == {"half"})


def test_uploads_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    bundle = str(write_bundle(tmp_path / "model"))
    half, stray, left = (secrets.token_bytes(100_000) for _ in range(3))
    markers = {"half": half[:64], "stray": stray[:64], "name": NAME.encode()}
    with running_server(BIOPSIA_MODEL_DIR=bundle) as server:
        broken_off(server, half)
        assert upload(server, "others", stray).json() == []
        (path,) = upload(server, "files", left).json()
        wait_until(lambda: found_in_files(server.folder, markers) == set())
        folder = next(server.folder.glob("biopsia-*"))
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert path.startswith(str(folder))
        assert path.endswith("/upload.png")
        server.process.kill()
        server.process.wait()
        assert Path(path).read_bytes() == left
        with running_server(BIOPSIA_MODEL_DIR=bundle, TMPDIR=str(server.folder)) as next_one:
            assert found_in_files(server.folder, {"left": left[:64]}) == set()
            # The folder of the running process.
            assert len(list(folder.glob("process-*"))) == 1
            next_one.stop()
            assert list(folder.glob("process-*")) == []


def test_uploads_do_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    bundle = str(write_bundle(tmp_path / "model"))
    limits = {"BIOPSIA_MAX_BATCH_BYTES": "500000", "BIOPSIA_MAX_UPLOAD_BYTES": "500000"}
    hops = {"BIOPSIA_TRUSTED_PROXY_HOPS": "1"}
    with running_server(BIOPSIA_MODEL_DIR=bundle, **limits, **hops) as server:
        # One address leaves half to the others.
        one = [upload(server, "files", bytes(500_000)) for _ in range(4)]
        assert [answer.status_code for answer in one] == [200] * 2 + [503] * 2
        assert upload(server, "files", b"x").status_code == 200
        for answer in one[:2]:
            Path(answer.json()[0]).unlink()
        addresses = [f"198.51.100.{number}" for number in range(6)]
        answers = [upload(server, "files", bytes(500_000), each) for each in addresses]
        # With four of them there is no room for the examples, which are in the same folder.
        assert [answer.status_code for answer in answers] == [200] * 3 + [503] * 3
        assert answers[-1].json()["error"]["code"] == "busy"
        assert "retry-after" in answers[-1].headers
        # There is room again when a file is gone.
        Path(answers[0].json()[0]).unlink()
        assert upload(server, "files", bytes(500_000), addresses[0]).status_code == 200
        # A small one has room beside those.
        assert upload(server, "files", b"x").status_code == 200


def test_a_living_process_keeps_its_folder(tmp_path: Path) -> None:
    mine, other = process_folder(tmp_path), process_folder(tmp_path)
    sweep(tmp_path)
    assert mine.is_dir()
    assert other.is_dir()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (mine, other)} == {0o700}


@pytest.mark.parametrize("kind", ["open to others", "a link"])
def test_a_folder_that_another_user_may_have_made_is_not_used(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    expected = root_folder()
    assert stat.S_IMODE(expected.stat().st_mode) == 0o700
    if kind == "a link":
        expected.rename(tmp_path / "elsewhere")
        expected.symlink_to(tmp_path / "elsewhere")
    else:
        expected.chmod(0o777)
    chosen = root_folder()
    assert chosen != expected
    assert stat.S_IMODE(chosen.stat().st_mode) == 0o700
