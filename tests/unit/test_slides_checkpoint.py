from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import nullcontext
from pathlib import Path
from threading import Event
from typing import Any

import cv2
import numpy as np
import pytest

from hf_space.slides.checkpoint import WORK_FOLDER, Checkpoint, StripScores
from hf_space.slides.errors import CancelledError, failure_of
from hf_space.slides.files import remove_parts, replacing, replacing_all
from hf_space.slides.fingerprint import content_hash, content_sha256, slide_fingerprint
from hf_space.slides.rule import WriteKey
from hf_space.slides.scores import ScoreKey

KEY = ScoreKey(
    slide="s",
    model="m",
    engine="openvino f32",
    scale=(0.25, 0.25),
    overlap=0.0,
    tile=(50, 4.0),
    features=False,
)
RULE = WriteKey(threshold=0.5, uncertain_band=None, operating_point=None)


def strip(row: int, *, features: bool = False) -> StripScores:
    rng = np.random.default_rng(row)
    return StripScores(
        row,
        np.array([1, 4, 5]),
        rng.normal(size=3).astype(np.float32),
        rng.normal(size=(3, 8)).astype(np.float32) if features else None,
        np.array([3, 1, 0]),
    )


def begun(folder: Path, key: ScoreKey = KEY, rule: WriteKey = RULE) -> Checkpoint:
    checkpoint = Checkpoint(folder)
    checkpoint.begin(key, rule)
    return checkpoint


@pytest.mark.parametrize("features", [False, True])
def test_a_strip_comes_back_as_it_was(tmp_path: Path, *, features: bool) -> None:
    begun(tmp_path).save(strip(7, features=features))
    checkpoint = Checkpoint(tmp_path)
    assert checkpoint.begin(KEY, RULE) == []
    found, expected = checkpoint.load(7), strip(7, features=features)
    assert found is not None
    assert found.row == 7
    for name in ("columns", "logits", "features", "quality"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert checkpoint.load(8) is None


def test_the_result_keeps_its_id_when_a_run_is_resumed(tmp_path: Path) -> None:
    checkpoint = begun(tmp_path)
    checkpoint.save(strip(7))
    assert begun(tmp_path).id == checkpoint.id
    other = begun(tmp_path, rule=RULE.model_copy(update={"threshold": 0.9}))
    assert other.id != checkpoint.id
    assert other.load(7) is not None
    assert begun(tmp_path).id != begun(tmp_path, KEY.model_copy(update={"model": "n"})).id


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"slide": "t"}, ["slide"]),
        ({"model": "n"}, ["model"]),
        ({"engine": "openvino bf16"}, ["engine"]),
        ({"scale": (0.5, 0.25)}, ["scale"]),
        ({"overlap": 0.5}, ["overlap"]),
        ({"tile": (64, 4.0)}, ["tile"]),
        ({"format": 0}, ["format"]),
        ({"features": True}, ["features"]),
        ({"model": "n", "scale": (1.0, 1.0)}, ["model", "scale"]),
    ],
)
def test_another_key_deletes_the_strips_and_says_why(
    tmp_path: Path, change: dict[str, Any], named: list[str]
) -> None:
    begun(tmp_path).save(strip(7))
    checkpoint = Checkpoint(tmp_path)
    assert checkpoint.begin(KEY.model_copy(update=change), RULE) == named
    assert checkpoint.load(7) is None


def test_features_that_are_not_needed_any_more_do_no_harm(tmp_path: Path) -> None:
    begun(tmp_path, KEY.model_copy(update={"features": True})).save(strip(7, features=True))
    checkpoint = Checkpoint(tmp_path)
    assert checkpoint.begin(KEY, RULE) == []
    assert checkpoint.load(7) is not None


def test_room_is_made_by_the_last_strip_and_at_the_end_by_all(tmp_path: Path) -> None:
    checkpoint = begun(tmp_path)
    for row in (3, 7):
        checkpoint.save(strip(row))
    checkpoint.make_room()
    assert checkpoint.load(3) is not None
    assert checkpoint.load(7) is None
    checkpoint.make_room()
    assert list(tmp_path.iterdir()) == []
    checkpoint.make_room()


@pytest.mark.parametrize("length", [0, 100, -30])
def test_a_strip_that_the_disk_has_lost_is_scored_again(tmp_path: Path, length: int) -> None:
    checkpoint = begun(tmp_path)
    checkpoint.save(strip(7))
    (file,) = (tmp_path / WORK_FOLDER).glob("*.npz")
    file.write_bytes(file.read_bytes()[:length])
    assert checkpoint.load(7) is None


def test_without_its_state_nothing_is_taken_over(tmp_path: Path) -> None:
    checkpoint = begun(tmp_path)
    checkpoint.save(strip(7))
    (tmp_path / WORK_FOLDER / "state.json").write_text("{")
    assert checkpoint.begin(KEY, RULE) == []
    assert checkpoint.load(7) is None


def fill_up(path: Path) -> None:
    with replacing(path) as part:
        assert part.name.endswith(".ome.tif")
        part.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    path.write_text("old")
    with pytest.raises(OSError, match="No space"):
        fill_up(path)
    assert [each.name for each in tmp_path.iterdir()] == ["a.ome.tif"]
    assert path.read_text() == "old"
    with replacing(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_several_files_get_their_names_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state() -> dict[str, str]:
        return {path.name: path.read_text() for path in tmp_path.iterdir()}

    def write(text: str) -> None:
        with replacing_all(tmp_path, last="seal", stale=["old"]) as part_of:
            for name in ("seal", "a", "b"):
                part_of(name).write_text(text)
            if text == "bad":
                raise OSError(errno.ENOSPC, "No space left on device")

    earlier = {"seal": "1", "a": "1", "old": "1"}
    for name, text in earlier.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(OSError, match="No space"):
        write("bad")
    assert state() == earlier
    seen = list[set[str]]()
    rename = Path.replace

    def noted(path: Path, target: Path) -> Path:
        seen.append({each for each in state() if not each.startswith(".part.")})
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", noted)
    write("2")
    assert seen == [{"a", "old"}, {"a", "old"}, {"a", "b"}]
    assert state() == {"seal": "2", "a": "2", "b": "2"}


def test_two_that_write_one_file_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with replacing(path) as first, replacing(path) as second:
        first.write_text("first, and longer")
        second.write_text("second")
    assert path.read_text() == "first, and longer"
    assert list(tmp_path.iterdir()) == [path]


def test_parts_that_a_killed_process_left_are_deleted(tmp_path: Path) -> None:
    begun(tmp_path).save(strip(7))
    for folder in (tmp_path, tmp_path / WORK_FOLDER):
        with replacing(folder / "000008.npz") as part:
            part.write_text("half")
            left = part.name
        (folder / "000008.npz").rename(folder / left)
    (tmp_path / "notes.txt").write_text("not ours")
    remove_parts(tmp_path)
    checkpoint = begun(tmp_path)
    assert checkpoint.load(7) is not None
    assert {path.name for path in tmp_path.rglob("*")} == {
        *("notes.txt", WORK_FOLDER, "state.json", "000007.npz"),
    }
    remove_parts(tmp_path / "none")


def test_a_file_and_then_its_name_are_brought_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced = tmp_path / "a", list[tuple[bool, bool, bool]]()

    def noted(descriptor: int) -> None:
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_folder, bool(flags & os.O_RDWR), path.exists()))

    monkeypatch.setattr(os, "fsync", noted)
    with replacing(path) as part:
        part.write_text("x")
    assert synced == [(False, True, False), (True, False, True)]


@pytest.mark.parametrize(("number", "is_fine"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_file_system_may_know_no_syncing_of_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, *, is_fine: bool
) -> None:
    def refuse(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    expected = nullcontext() if is_fine else pytest.raises(OSError, match=os.strerror(number))
    with expected, replacing(tmp_path / "a") as part:
        part.write_text("x")
    assert (tmp_path / "a").read_text() == "x"


def test_a_fingerprint_follows_names_sizes_times_and_ends(tmp_path: Path) -> None:
    file = tmp_path / "a.svs"
    content = bytearray(os.urandom(3 << 20))
    file.write_bytes(content)
    os.utime(file, ns=(0, 10**9))
    before = slide_fingerprint([file])
    assert slide_fingerprint([file]) == before
    for place in (5, len(content) - 5):
        content[place] ^= 1
        file.write_bytes(content)
        os.utime(file, ns=(0, 10**9))
        assert slide_fingerprint([file]) != before
        content[place] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(0, 2 * 10**9))
    assert slide_fingerprint([file]) != before
    os.utime(file, ns=(0, 10**9))
    assert slide_fingerprint([file]) == before
    assert slide_fingerprint([file.rename(tmp_path / "b.svs")]) != before


def test_names_that_are_no_utf8_have_a_fingerprint(tmp_path: Path) -> None:
    files = [Path(os.fsdecode(os.fsencode(tmp_path) + name)) for name in (b"/\xff", b"/\xfe")]
    for file in files:
        file.write_bytes(b"1")
        os.utime(file, ns=(0, 0))
    assert slide_fingerprint(files[:1]) != slide_fingerprint(files[1:])
    assert content_sha256(files, Event()) == content_sha256(files[::-1], Event())


def test_the_hash_of_a_slide_is_that_of_its_content(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    one = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    assert content_sha256([first], Event()) == one
    both = content_sha256([first, second], Event())
    assert both == content_sha256([second, first], Event())
    second.write_bytes(b"3")
    assert content_sha256([first, second], Event()) != both
    with content_hash([first]) as sha256:
        assert sha256() == one
    stopped = Event()
    stopped.set()
    with pytest.raises(CancelledError):
        content_sha256([first], stopped)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EACCES, "no_permission"),
        (errno.EROFS, "no_permission"),
        (errno.ENOENT, "not_found"),
        (errno.ENOTDIR, "not_a_folder"),
        (errno.EIO, "input_output"),
    ],
)
def test_the_system_s_errors_have_codes_and_name_no_path(number: int, code: str) -> None:
    failure = failure_of(OSError(number, os.strerror(number), "/secret/path"))
    assert failure.code == code
    assert os.strerror(number) in failure.message
    assert "secret" not in failure.message


def test_what_nobody_foresaw_is_an_internal_error() -> None:
    failure = failure_of(ZeroDivisionError("x"))
    assert failure.code == "internal_error"
    assert "service" not in failure.message


def test_too_little_memory_is_named_whoever_wanted_it() -> None:
    with pytest.raises(MemoryError) as numpy_s:
        np.empty((1 << 30, 1 << 30), np.uint8)
    with pytest.raises(cv2.error) as opencv_s:
        cv2.resize(np.zeros((2, 2), np.uint8), (1 << 24, 1 << 24))
    for error in (numpy_s.value, opencv_s.value):
        assert failure_of(error).code == "out_of_memory"
    with pytest.raises(cv2.error) as other:
        cv2.resize(np.zeros((0, 0), np.uint8), (2, 2))
    assert failure_of(other.value).code == "internal_error"
