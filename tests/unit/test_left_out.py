"""Files of a source that are not patches are counted and listed."""

from __future__ import annotations

import csv
import logging
import zipfile
from pathlib import Path

import numpy as np
import pytest
from datasets import load_from_disk
from PIL import Image
from typer.testing import CliRunner

from tests.synthetic import draw_patch, encode_png, patch_name, write_kaggle_tree
from training.cli import app
from training.data.inspection import InspectedPatch, inspect_patches
from training.data.prepare import prepare
from training.data.records import LeftOut
from training.data.remote import open_any_source
from training.data.source import decode_patch, open_source
from training.errors import SourceError

PATCH = draw_patch(np.random.default_rng(0), label=1)
PNG = encode_png(PATCH)


def _write(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG)
    return root


def _left_out(source: Path) -> set[tuple[str, str]]:
    with open_source(source) as opened:
        return {(file.path, file.kind) for file in opened.left_out}


def test_upper_case_jpeg_and_tiff_are_prepared_as_png(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    write_kaggle_tree(tree, ["10254"], 2)
    upper, *others = sorted(tree.rglob("*.png"))
    upper.rename(upper.with_name(upper.name.upper()))
    for path, suffix in zip(others, (".jpg", ".tif", ".png"), strict=True):
        if suffix != ".png":
            Image.open(path).save(path.with_suffix(suffix))
            path.unlink()
    prepare(tree, tmp_path / "out")
    rows = load_from_disk(tmp_path / "out")["train"]
    assert len(rows) == 4
    assert {image.format for image in rows["image"]} == {"PNG"}
    with open_source(tree) as source:
        for record, found in zip(
            source.records, inspect_patches(source, source.records, workers=1), strict=True
        ):
            assert isinstance(found, InspectedPatch)
            stored = decode_patch(found.png, record)
            shown = decode_patch(source.read(record), record)
            np.testing.assert_array_equal(stored[:, : shown.shape[1]], shown)


def test_backslashes_part_folders_in_zips_and_in_names(tmp_path: Path) -> None:
    name = patch_name("10254", 1, 1, 1)
    archive = tmp_path / "windows.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(f"10254\\1\\{name}", PNG)
        file.writestr(f"10254\\0\\{patch_name('10254', 51, 1, 1)}", PNG)
    unpacked = _write(tmp_path / "unpacked", f"10254\\1\\{name}")
    for source in (archive, unpacked):
        with open_source(source) as opened:
            assert [record.name for record in opened.records] == [name]
            assert opened.read(opened.records[0]) == PNG
    assert {kind for _, kind in _left_out(archive)} == {"conflict"}


@pytest.mark.parametrize(
    ("folder", "detail"),
    [
        ("10254/0", "folder of class 0, name of class 1"),
        ("0", "folder of class 0, name of class 1"),
        ("10255/1", "folder of case 10255, name of case 10254"),
        ("10255", "folder of case 10255, name of case 10254"),
    ],
)
def test_a_folder_that_contradicts_the_name_is_a_conflict(
    tmp_path: Path, folder: str, detail: str
) -> None:
    wrong = f"{folder}/{patch_name('10254', 1, 1, 1)}"
    _write(tmp_path, wrong, f"10254/1/{patch_name('10254', 51, 1, 1)}")
    with open_source(tmp_path) as source:
        assert list(source.left_out) == [LeftOut(wrong, "conflict", detail)]
        assert [record.x for record in source.records] == [51]


@pytest.mark.parametrize("folder", ["", "10254/1", "10254", "1", "some/10254/1", "sets/a"])
def test_folders_that_fit_or_say_nothing_are_no_conflict(tmp_path: Path, folder: str) -> None:
    _write(tmp_path, str(Path(folder) / patch_name("10254", 1, 1, 1)))
    assert _left_out(tmp_path) == set()


def test_each_file_that_is_no_patch_has_its_reason(tmp_path: Path) -> None:
    name = patch_name("10254", 1, 1, 1)
    _write(tmp_path, name, f"copy/{name}", "notes.txt", f"0/{patch_name('10254', 51, 1, 1)}")
    assert _left_out(tmp_path) == {
        (f"copy/{name}", "second copy"),
        ("notes.txt", "other name"),
        (f"0/{patch_name('10254', 51, 1, 1)}", "conflict"),
    }


def test_a_source_of_conflicts_alone_says_so(tmp_path: Path) -> None:
    _write(tmp_path, f"0/{patch_name('10254', 1, 1, 1)}")
    with (
        pytest.raises(SourceError, match=r"holds no patch.*folder contradicts the name: 1"),
        open_source(tmp_path),
    ):
        pass


def test_prepare_counts_and_lists_what_it_leaves_out(tmp_path: Path) -> None:
    tree, out = tmp_path / "tree", tmp_path / "out"
    good = f"10254/1/{patch_name('10254', 1, 1, 1)}"
    wrong = f"10254/0/{patch_name('10254', 51, 1, 1)}"
    _write(tree, good, wrong, "readme.txt", f"second/{good}")
    (tree / "10254/1" / patch_name("10254", 101, 1, 1)).write_bytes(b"broken")
    done = CliRunner().invoke(app, ["prepare", str(tree), "--out", str(out)])
    assert done.exit_code == 0, done.output
    # The broken one, the conflict and the text; nothing is lost by the second copy.
    assert "1 patches of 1 cases written" in done.output
    assert "3 left out" in done.output
    report = (out / "report.md").read_text("utf-8")
    assert "## Left out, folder contradicts the name: 1\n\n" in report
    assert f"- `{wrong}`: folder of class 0, name of class 1" in report
    with (out / "left_out.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["file"]: (row["reason"], row["detail"]) for row in csv.DictReader(file)}
    assert rows == {
        wrong: ("folder contradicts the name", "folder of class 0, name of class 1"),
        "readme.txt": ("not named as a patch", ""),
        f"second/{good}": ("second copy", f"of {good}"),
    }


def test_other_commands_count_it_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tree = _write(tmp_path / "tree", patch_name("10254", 1, 1, 1), "notes.txt")
    with caplog.at_level(logging.WARNING), open_any_source(tree, cache_dir=tmp_path / "cache"):
        pass
    assert f"left out of {tree}: not named as a patch: 1" in caplog.text


def test_a_prepared_folder_is_a_source_like_the_one_it_came_from(
    kaggle_tree: Path, tmp_path: Path
) -> None:
    prepare(kaggle_tree, tmp_path / "prepared")
    with (
        open_source(kaggle_tree) as original,
        open_any_source(tmp_path / "prepared", cache_dir=tmp_path / "cache") as prepared,
    ):
        places = [(r.case_id, r.x, r.y, r.label, r.split) for r in prepared.records]
        assert places == [(r.case_id, r.x, r.y, r.label, r.split) for r in original.records]
        for record, known in zip(prepared.records, original.records, strict=True):
            if not record.padded:
                assert prepared.read(record) == original.read(known)
