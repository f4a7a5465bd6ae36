from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import kagglehub
import pytest
from datasets import load_from_disk

from tests.command_line import run_training
from tests.synthetic import write_kaggle_tree
from training import cli
from training.data import remote
from training.data.remote import is_hub_id

ROOT = Path(__file__).parents[2]


def test_prepare_writes_the_data_set_and_tells_the_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_kaggle_tree(tmp_path / "tree", ["10254"], 2)
    out = tmp_path / "out"
    assert run_training(monkeypatch, "prepare", str(tmp_path / "tree"), "--out", str(out)) == 0
    told = capsys.readouterr()
    assert f"4 patches of 1 cases written to {out}, 0 left out" in told.out
    assert re.search(r"\d+ images per second", told.out)
    assert "preparing: 100%" in told.err
    assert len(load_from_disk(out)["train"]) == 4


def test_an_error_is_one_message_without_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing.zip"
    assert run_training(monkeypatch, "prepare", str(missing), "--out", str(tmp_path / "out")) == 2
    told = capsys.readouterr()
    assert told.err.strip() == f"error: {missing} does not exist"
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_one_message_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_kaggle_tree(tmp_path / "tree", ["10254"], 1)
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    assert run_training(monkeypatch, "prepare", str(tmp_path / "tree"), "--out", str(out)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert str(tmp_path / "file") in line


def test_a_failed_kaggle_download_says_how_to_log_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(handle: str) -> str:
        raise ConnectionError(f"no route to {handle}")

    monkeypatch.setattr(kagglehub, "dataset_download", refuse)
    assert run_training(monkeypatch, "prepare", "kaggle", "--out", str(tmp_path / "out")) == 2
    message = capsys.readouterr().err
    assert remote.KAGGLE_HANDLE in message
    assert "KAGGLE_USERNAME" in message
    assert "Traceback" not in message


def test_the_word_kaggle_prepares_the_downloaded_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_kaggle_tree(tmp_path / "download", ["10255"], 1)
    monkeypatch.setattr(kagglehub, "dataset_download", lambda _: str(tmp_path / "download"))
    assert run_training(monkeypatch, "prepare", "kaggle", "--out", str(tmp_path / "out")) == 0
    assert len(load_from_disk(tmp_path / "out")["test"]) == 2


def test_an_unreachable_hub_data_set_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run_training(monkeypatch, "prepare", "nobody/nothing", "--out", str(tmp_path / "out")) == 2
    )
    message = capsys.readouterr().err
    assert "'nobody/nothing' is no existing path" in message
    assert "Traceback" not in message
    assert list(tmp_path.iterdir()) == []


def test_a_hub_id_is_owner_and_name() -> None:
    assert is_hub_id("owner/name")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("data/patches.zip", "an archive is a path"),
        ("/data/patches", "an absolute path"),
        ("./patches", "an explicit relative path"),
        ("kaggle", "no owner"),
        ("a/b/c", "too many parts"),
    ],
)
def test_a_path_is_no_hub_id(source: str, why: str) -> None:
    assert not is_hub_id(source), why


def test_an_existing_folder_wins_over_a_hub_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "owner" / "name").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert not is_hub_id("owner/name")


def test_every_command_has_help_with_an_example() -> None:
    for command in cli.app.registered_commands:
        assert command.callback is not None
        assert "Example: python -m training" in (command.callback.__doc__ or "")


def test_help_does_not_wait_for_heavy_libraries() -> None:
    code = (
        "import sys, training.cli\n"
        "heavy = {'tensorflow', 'keras', 'datasets', 'sklearn', 'pandas', 'openvino'}\n"
        "sys.exit(repr(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
