from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from hf_space.slides.errors import InUseError, failure_of
from hf_space.slides.lock import locked
from tests.server import ROOT

# Reports that it has the lock, and keeps it until it is killed.
HOLDER = """
import sys
from pathlib import Path
from hf_space.slides.lock import locked
with locked(Path(sys.argv[1]), "a.svs"):
    print("held", flush=True)
    sys.stdin.read()
"""


def try_to_lock(folder: Path, name: str = "a.svs") -> None:
    with locked(folder, name):
        pass


def test_one_at_a_time_has_a_lock_and_nothing_of_it_stays(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    with locked(out, "a.svs"):
        with pytest.raises(InUseError, match="Another run"):
            try_to_lock(out)
        try_to_lock(out, "b.svs")
        with pytest.raises(InUseError) as found:
            try_to_lock(out)
        assert [path.name for path in out.iterdir()] == [".a.svs.lock"]
    failure = failure_of(found.value)
    assert failure.code == "in_use"
    assert str(tmp_path) not in failure.message
    try_to_lock(out)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("name", ["n" * 255, "ñ" * 127])
def test_the_longest_names_have_locks_of_their_own(tmp_path: Path, name: str) -> None:
    with locked(tmp_path, name):
        with pytest.raises(InUseError):
            try_to_lock(tmp_path, name)
        try_to_lock(tmp_path, f"{name[:-1]}x")
    assert list(tmp_path.iterdir()) == []


def test_another_process_keeps_its_lock_until_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(InUseError):
                try_to_lock(tmp_path)
        finally:
            holder.kill()
    assert [path.name for path in tmp_path.iterdir()] == [".a.svs.lock"]
    try_to_lock(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_used_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(FileLock, "acquire", refuse)
    try_to_lock(tmp_path)
    monkeypatch.undo()
    try_to_lock(tmp_path)


def test_a_lock_that_cannot_be_made_is_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with pytest.raises(PermissionError):
        try_to_lock(tmp_path)
