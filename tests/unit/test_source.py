from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import CASES
from tests.synthetic import EDGE_WIDTH, draw_patch, patch_name, write_patch, zip_tree
from training.data.records import PatchRecord, parse_name
from training.data.source import MAX_PATCH_BYTES, decode_patch, open_source, read_patches
from training.errors import PatchReadError, SourceError


def test_a_name_tells_case_position_and_label() -> None:
    name = "10254_idx5_x1001_y1451_class1.png"
    assert parse_name(name) == PatchRecord("10254", 1001, 1451, 1, name)


@pytest.mark.parametrize(
    "name",
    [
        "10254_idx5_x7_y9_class1.PNG",
        "10254_IDX5_X7_Y9_CLASS1.PNG",
        "10254_idx5_x7_y9_class1.jpg",
        "10254_idx5_x7_y9_class1.JPEG",
        "10254_idx5_x7_y9_class1.tif",
        "10254_idx5_x7_y9_class1.tiff",
    ],
)
def test_upper_case_and_other_formats_are_names_too(name: str) -> None:
    assert parse_name(name) == PatchRecord("10254", 7, 9, 1, name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("10254_idx5_x1_y1_class2.png", "there are two classes"),
        ("10254_idx5_x1_y1_class0.gif", "patches are PNG, JPEG or TIFF"),
        ("10254_idx5_x-1_y1_class0.png", "coordinates are not negative"),
        ("case_idx5_x1_y1_class0.png", "case ids are digits"),
        ("._10254_idx5_x1_y1_class0.png", "macOS writes such shadow files into zips"),
        ("10254_idx5_x1_y1_class0.png.part", "an unfinished download"),
        ("\u0661_idx5_x1_y1_class0.png", "digits of other scripts are not case ids"),
    ],
)
def test_other_names_are_ignored(name: str, why: str) -> None:
    assert parse_name(name) is None, why


def test_folder_and_zip_give_the_same_records_and_bytes(kaggle_tree: Path, tmp_path: Path) -> None:
    archive = zip_tree(kaggle_tree, tmp_path / "patches.zip", prefix="anything/")
    with open_source(kaggle_tree) as folder, open_source(archive) as packed:
        assert list(folder.records) == list(packed.records)
        assert len(folder.records) == len(CASES) * 6
        for record in folder.records:
            assert folder.read(record) == packed.read(record)


def test_records_are_sorted_by_case_then_row_then_column(tmp_path: Path) -> None:
    image = draw_patch(np.random.default_rng(0), label=0)
    for case_id, x, y in (
        ("10255", 1, 1),
        ("10254", 51, 101),
        ("10254", 101, 1),
        ("10254", 1, 101),
    ):
        write_patch(tmp_path, case_id, x, y, 0, image)
    with open_source(tmp_path) as source:
        assert [(r.case_id, r.y, r.x) for r in source.records] == [
            ("10254", 1, 101),
            ("10254", 101, 1),
            ("10254", 101, 51),
            ("10255", 1, 1),
        ]


def test_the_nested_second_copy_is_skipped(kaggle_tree: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    shutil.copytree(kaggle_tree, both / "IDC_regular_ps50_idx5")
    for damaged in (both / "IDC_regular_ps50_idx5").rglob("*.png"):
        damaged.write_bytes(b"the second copy must not be read")
    shutil.copytree(kaggle_tree, both, dirs_exist_ok=True)
    archive = zip_tree(both, tmp_path / "both.zip")
    for path in (both, archive):
        with open_source(path) as source, open_source(kaggle_tree) as single:
            assert list(source.records) == list(single.records)
            assert all(source.read(r) == single.read(r) for r in single.records)


def test_the_second_copy_alone_is_read(kaggle_tree: Path, tmp_path: Path) -> None:
    shutil.copytree(kaggle_tree, tmp_path / "IDC_regular_ps50_idx5")
    with open_source(tmp_path) as source:
        assert len(source.records) == len(CASES) * 6


def test_a_missing_path_names_itself(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with (
        pytest.raises(SourceError, match=re.escape(f"{missing} does not exist")),
        open_source(missing),
    ):
        pass


def test_a_folder_or_zip_without_patches_says_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no patch")
    with (
        pytest.raises(SourceError, match="holds no patch named <case>_idx5"),
        open_source(tmp_path),
    ):
        pass
    text = tmp_path / "notes.txt"
    with pytest.raises(SourceError, match="neither a folder nor a zip"), open_source(text):
        pass


def test_patches_come_as_one_array_with_the_edge_reflected(kaggle_tree: Path) -> None:
    with open_source(kaggle_tree) as source:
        records = [r for r in source.records if r.case_id == CASES[0]]
        patches = read_patches(source, records, progress=False)
        whole, edge = (decode_patch(source.read(r), r) for r in (records[0], records[-1]))
    assert patches.shape == (6, 50, 50, 3)
    assert patches.dtype == np.uint8
    np.testing.assert_array_equal(patches[0], whole)
    assert edge.shape == (50, EDGE_WIDTH, 3)
    np.testing.assert_array_equal(patches[-1][:, :EDGE_WIDTH], edge)
    np.testing.assert_array_equal(patches[-1][:, EDGE_WIDTH:], edge[:, EDGE_WIDTH - 2 : 10 : -1])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes"),
        (b"not an image", "not an image"),
        (b"\0" * (MAX_PATCH_BYTES + 1), "more than 1,048,576 bytes"),
    ],
)
def test_an_unreadable_patch_is_named_with_its_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    name = patch_name("10254", 1, 1, 0)
    (tmp_path / name).write_bytes(content)
    with (
        open_source(tmp_path) as source,
        pytest.raises(PatchReadError, match=f"{re.escape(name)}: .*{reason}"),
    ):
        read_patches(source, source.records, progress=False)


def test_an_image_larger_than_a_patch_is_refused(tmp_path: Path) -> None:
    image = np.full((50, 51, 3), 128, np.uint8)
    write_patch(tmp_path, "10254", 1, 1, 0, image)
    with open_source(tmp_path) as source, pytest.raises(PatchReadError, match="51x50 pixels"):
        read_patches(source, source.records, progress=False)


def test_a_damaged_zip_member_is_a_read_error(kaggle_tree: Path, tmp_path: Path) -> None:
    archive = zip_tree(kaggle_tree, tmp_path / "patches.zip")
    content = bytearray(archive.read_bytes())
    first = content.index(b"IDAT")
    content[first + 20 : first + 60] = bytes(40)
    archive.write_bytes(bytes(content))
    with open_source(archive) as source:
        damaged = next(r for r in source.records if r.name.encode() == _first_name(content))
        with pytest.raises(PatchReadError, match=re.escape(damaged.name)):
            source.read(damaged)
        assert sum(len(source.read(r)) > 0 for r in source.records if r != damaged) == 29


def _first_name(archive: bytes | bytearray) -> bytes:
    """Find the file name in a zip's first local header."""
    found = re.search(rb"[^/]+\.png", archive)
    assert found is not None
    return found.group()


def test_a_file_that_vanished_is_a_read_error(tmp_path: Path) -> None:
    image = draw_patch(np.random.default_rng(0), label=0)
    path = write_patch(tmp_path, "10254", 1, 1, 0, image)
    with open_source(tmp_path) as source:
        path.unlink()
        with pytest.raises(PatchReadError, match="No such file"):
            source.read(source.records[0])


@pytest.mark.real_patches
def test_real_patches_can_all_be_listed_and_read(real_patches: Path) -> None:
    with open_source(real_patches) as source:
        records = list(source.records)
        sample = records[:: max(1, len(records) // 200)]
        patches = read_patches(source, sample, progress=False)
    assert {record.label for record in records} == {0, 1}
    assert all((record.x % 50, record.y % 50) == (1, 1) for record in records)
    # Tissue between white glass and dark nuclei, red above green as eosin makes it.
    assert 100 < patches.mean() < 240
    assert patches[..., 0].mean() > patches[..., 1].mean()
