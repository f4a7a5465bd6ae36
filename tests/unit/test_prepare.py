from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import ClassLabel, DatasetDict, Image, load_from_disk
from PIL import Image as PillowImage

from hf_space.imaging.preprocess import pad_to_patch
from tests.conftest import CASES
from tests.synthetic import EDGE_WIDTH, draw_patch, patch_name, write_patch, zip_tree
from training.data.inspection import (
    InspectedPatch,
    inspect_patches,
)
from training.data.prepare import prepare
from training.data.records import PatchRecord
from training.data.remote import hub_source
from training.data.report import PrepareResult
from training.data.source import decode_patch, open_source
from training.data.splits import split_of
from training.errors import DatasetError


@pytest.fixture(scope="module")
def prepared_dir(kaggle_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepare") / "prepared"
    prepare(kaggle_tree, out)
    return out


@pytest.fixture(scope="module")
def prepared(prepared_dir: Path) -> DatasetDict:
    return load_from_disk(prepared_dir)


def _prepare(tree: Path, tmp_path: Path) -> tuple[PrepareResult, DatasetDict, str]:
    out = tmp_path / "out"
    result = prepare(tree, out)
    return result, load_from_disk(out), (out / "report.md").read_text(encoding="utf-8")


def _names(group: Sequence[PatchRecord]) -> list[str]:
    return [record.name for record in group]


def test_columns_and_classes_are_those_of_the_contract(prepared: DatasetDict) -> None:
    columns = prepared["train"].features
    assert list(columns) == ["image", "label", "case_id", "x", "y", "split", "near_white", "padded"]
    assert columns["label"] == ClassLabel(names=["no_idc", "idc"])
    assert isinstance(columns["image"], Image)


def test_every_patch_lands_once_in_the_split_of_its_case(prepared: DatasetDict) -> None:
    rows = {
        key: [*zip(part["case_id"], part["split"], strict=True)] for key, part in prepared.items()
    }
    assert {key: len(found) for key, found in rows.items()} == {
        "train": 18,
        "validation": 6,
        "test": 6,
    }
    assert set(rows["train"]) == {("10253", "extension"), ("10254", "train"), ("10257", "train")}
    assert set(rows["validation"]) == {("10260", "val")}
    assert set(rows["test"]) == {("10255", "test")}


def test_no_case_is_in_two_parts(prepared: DatasetDict) -> None:
    cases = [set(part["case_id"]) for part in prepared.values()]
    assert sum(map(len, cases)) == len(set.union(*cases)) == len(CASES)


def test_whole_patches_keep_their_bytes_position_and_label(
    prepared: DatasetDict, kaggle_tree: Path
) -> None:
    part = prepared["test"].cast_column("image", Image(decode=False))
    with open_source(kaggle_tree) as source:
        records = [r for r in source.records if r.case_id == "10255"]
        for record, row in zip(records, part, strict=True):
            assert (row["x"], row["y"], row["label"]) == (record.x, record.y, record.label)
            assert row["image"]["path"] == record.name
            if not row["padded"]:
                assert row["image"]["bytes"] == source.read(record)


def test_edge_patches_are_padded_by_reflection_and_flagged(
    prepared: DatasetDict, kaggle_tree: Path
) -> None:
    for part in prepared.values():
        assert sum(part["padded"]) * 6 == len(part)
        assert {image.size for image in part["image"]} == {(50, 50)}
    row = next(row for row in prepared["test"] if row["padded"])
    with open_source(kaggle_tree) as source:
        record = next(r for r in source.records if r.name == patch_name("10255", 101, 51, 1))
        edge = decode_patch(source.read(record), record)
    assert edge.shape[1] == EDGE_WIDTH
    image = np.asarray(row["image"])
    np.testing.assert_array_equal(image[:, :EDGE_WIDTH], edge)
    np.testing.assert_array_equal(image[:, EDGE_WIDTH:], edge[:, EDGE_WIDTH - 2 : 10 : -1])
    np.testing.assert_array_equal(image, pad_to_patch(edge, 50))


def test_a_zip_gives_the_same_data_set_as_its_folder(
    prepared: DatasetDict, kaggle_tree: Path, tmp_path: Path
) -> None:
    _, packed, _ = _prepare(zip_tree(kaggle_tree, tmp_path / "patches.zip"), tmp_path)
    for key, part in prepared.items():
        undecoded = [p.cast_column("image", Image(decode=False)) for p in (part, packed[key])]
        assert undecoded[0].to_list() == undecoded[1].to_list()


def test_unreadable_files_are_left_out_and_reported(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    image = draw_patch(np.random.default_rng(0), label=1)
    good = write_patch(tree, "10254", 1, 1, 1, image)
    truncated = write_patch(tree, "10254", 51, 1, 1, image)
    truncated.write_bytes(good.read_bytes()[:400])
    large = write_patch(tree, "10254", 101, 1, 1, np.tile(image, (2, 2, 1)))
    empty = write_patch(tree, "10254", 1, 51, 1, image)
    empty.write_bytes(b"")
    result, data, report = _prepare(tree, tmp_path)
    assert [row["image"]["path"] for row in _undecoded(data["train"])] == [good.name]
    excluded = {patch.record.name: patch.reason for patch in result.audit.excluded}
    assert set(excluded) == {truncated.name, large.name, empty.name}
    assert "truncated" in excluded[truncated.name]
    assert excluded[large.name] == "100x100 pixels, larger than a patch"
    assert "## Excluded files: 3" in report
    assert all(f"- `{name}`: {reason}" in report for name, reason in excluded.items())


def _undecoded(part: Any) -> Any:
    return part.cast_column("image", Image(decode=False))


def test_duplicates_conflicts_and_leaks_are_found_by_pixels_and_kept(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    rng = np.random.default_rng(0)
    one, two, three = (draw_patch(rng, label=0) for _ in range(3))
    write_patch(tree, "10254", 1, 1, 0, one)
    # The same pixels in another file: metadata differ, the picture does not.
    again = write_patch(tree, "10254", 51, 1, 0, one)
    PillowImage.fromarray(one).save(again, compress_level=0)
    write_patch(tree, "10254", 101, 1, 0, two)
    write_patch(tree, "10254", 1, 51, 1, two)
    write_patch(tree, "10254", 51, 51, 1, three)
    write_patch(tree, "10255", 51, 51, 1, three)
    result, data, report = _prepare(tree, tmp_path)
    audit = result.audit
    same = [patch_name("10254", x, 1, 0) for x in (1, 51)]
    conflict = [patch_name("10254", 101, 1, 0), patch_name("10254", 1, 51, 1)]
    leak = [patch_name(case_id, 51, 51, 1) for case_id in ("10254", "10255")]
    assert [_names(group) for group in audit.duplicates] == [same, conflict, leak]
    assert [_names(group) for group in audit.conflicts] == [conflict]
    assert [_names(group) for group in audit.leaks] == [leak]
    assert sum(map(len, data.values())) == 6
    assert "## Exact duplicates: 3" in report
    assert (
        f"## Conflicting labels: 1\n\nDuplicates that carry both labels.\n\n- `{conflict[0]}`"
        in report
    )


def test_equal_pixels_in_another_shape_are_no_duplicate(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    write_patch(tree, "10254", 1, 1, 0, np.full((10, 20, 3), 99, np.uint8))
    write_patch(tree, "10254", 51, 1, 0, np.full((20, 10, 3), 99, np.uint8))
    result, _, _ = _prepare(tree, tmp_path)
    assert result.audit.duplicates == []


def test_near_white_is_measured_before_padding(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    glass = np.full((50, 50, 3), 240, np.uint8)
    tissue = draw_patch(np.random.default_rng(0), label=1)
    write_patch(tree, "10254", 1, 1, 0, glass)
    write_patch(tree, "10254", 51, 1, 0, np.concatenate([tissue[:, :25], glass[:, 25:]], axis=1))
    write_patch(tree, "10254", 101, 1, 0, glass[:7])
    result, data, _ = _prepare(tree, tmp_path)
    assert list(data["train"]["near_white"]) == [True, False, True]
    assert result.audit.near_white["10254"] == 2


def test_report_counts_each_case_class_and_split(prepared_dir: Path) -> None:
    report = (prepared_dir / "report.md").read_text(encoding="utf-8")
    assert "30 patches of 5 cases kept, 0 left out" in report
    assert "| train | train | 2 | 6 | 6 | 12 |" in report
    assert "| val | validation | 1 | 3 | 3 | 6 |" in report
    assert "| extension | train | 1 | 3 | 3 | 6 |" in report
    assert "| 10255 | test | 3 | 3 | 6 | 0 | 1 |" in report
    assert "images per second" in report


def test_each_class_has_a_contact_sheet_of_its_patches(
    prepared_dir: Path, prepared: DatasetDict
) -> None:
    for label, name in enumerate(("no_idc", "idc")):
        sheet = np.asarray(PillowImage.open(prepared_dir / f"contact_sheet_{name}.png"))
        first = next(row for row in prepared["test"] if row["label"] == label)
        np.testing.assert_array_equal(sheet[2:52, 2:52], np.asarray(first["image"]))
        shown = (sheet.reshape(-1, 3) != 255).any(axis=1).sum()
        assert 0.8 * 15 * 2500 < shown <= 15 * 2500


def test_nothing_but_the_data_set_remains(kaggle_tree: Path, tmp_path: Path) -> None:
    prepare(kaggle_tree, tmp_path / "deep" / "out")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]
    assert list(tmp_path.iterdir()) == [tmp_path / "deep"]
    assert {path.name for path in (tmp_path / "deep" / "out").iterdir()} == {
        "contact_sheet_idc.png",
        "contact_sheet_no_idc.png",
        "dataset_dict.json",
        "report.md",
        "test",
        "train",
        "validation",
    }


def test_an_occupied_output_is_refused_and_left_alone(kaggle_tree: Path, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("keep me")
    with pytest.raises(DatasetError, match="is not empty"):
        prepare(kaggle_tree, tmp_path)
    assert note.read_text() == "keep me"


def test_an_empty_output_folder_is_used(kaggle_tree: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    _, data, _ = _prepare(kaggle_tree, tmp_path)
    assert sum(map(len, data.values())) == 30


def test_a_source_without_one_readable_patch_fails_and_leaves_nothing(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    write_patch(tree, "1", 1, 1, 0, np.zeros((2, 2, 3), np.uint8)).write_bytes(b"broken")
    with pytest.raises(DatasetError, match="none of the 1 patches"):
        prepare(tree, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [tree]


def test_a_prepared_data_set_from_the_hub_gives_its_patches_and_flags_back(
    prepared: DatasetDict,
) -> None:
    source = hub_source(list(prepared.values()), "owner/name")
    patches = list(inspect_patches(source, source.records, workers=1))
    rows = {
        (row["case_id"], row["x"], row["y"]): row
        for part in prepared.values()
        for row in _undecoded(part)
    }
    assert len(patches) == len(rows) == 30
    for patch in patches:
        assert isinstance(patch, InspectedPatch)
        row = rows[patch.record.case_id, patch.record.x, patch.record.y]
        assert patch.png == row["image"]["bytes"]
        assert patch.padded == row["padded"]
        assert patch.record.label == row["label"]


def test_a_hub_data_set_of_another_kind_is_refused(prepared: DatasetDict) -> None:
    part = prepared["test"].remove_columns(["case_id", "x"])
    with pytest.raises(DatasetError, match="owner/name has no column case_id, x"):
        hub_source([part], "owner/name")


@pytest.mark.real_patches
def test_real_patches_are_prepared_completely(real_patches: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    with open_source(real_patches) as source:
        sample = source.records[:: max(1, len(source.records) // 300)]
        for record in sample:
            path = tree / record.case_id / record.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.read(record))
    result, data, _ = _prepare(tree, tmp_path)
    assert result.audit.kept == len(sample) == sum(map(len, data.values()))
    assert result.audit.excluded == []
    assert {split_of(case) for case in data["train"]["case_id"]} <= {"train", "extension"}
