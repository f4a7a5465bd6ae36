"""Patches of another data set: a folder for each class, and a table of their cases."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import load_from_disk
from typer.testing import CliRunner

from tests.synthetic import encode_png, make_patches
from training.cli import app
from training.data.own_cases import own_layout
from training.data.prepare import prepare
from training.data.source import open_source
from training.errors import SourceError

CASES = ("a-1", "a-2", "b-1", "b-2", "c")


def _write(root: Path, classes: tuple[str, str] = ("0", "1"), *, per_case: int = 1) -> list[str]:
    """Write patches of each class in each case; returns the table's lines without a split."""
    lines = []
    images, _ = make_patches(len(CASES) * per_case)
    for label, folder in enumerate(classes):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for number, case in enumerate(CASES * per_case):
            name = f"{folder}/{label}{number}.png"
            image = images[label * len(CASES) * per_case + number]
            (root / name).write_bytes(encode_png(image))
            lines.append(f"{name},{case}")
    return lines


def _table(path: Path, lines: list[str], header: str = "file,case") -> Path:
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def test_two_folders_and_a_table_are_prepared_with_splits_by_case(tmp_path: Path) -> None:
    table = _table(tmp_path / "cases.csv", _write(tmp_path / "mine", per_case=2))
    command = ["prepare", str(tmp_path / "mine"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*command, "--cases", str(table)])
    assert done.exit_code == 0, done.output
    assert "20 patches of 5 cases" in done.output
    assert "0 left out" in done.output
    data = load_from_disk(tmp_path / "out")
    found = {key: set(part["case_id"]) for key, part in data.items()}
    assert [len(found[key]) for key in ("train", "validation", "test")] == [3, 1, 1]
    assert set().union(*found.values()) == set(CASES)
    assert sum(sum(part["label"]) for part in data.values()) == 10
    assert "| test | test | 1 |" in (tmp_path / "out" / "report.md").read_text("utf-8")
    # No two patches of a case share a place or are neighbours.
    places = [
        (c, x, y)
        for part in data.values()
        for c, x, y in zip(part["case_id"], part["x"], part["y"], strict=True)
    ]
    assert len(set(places)) == 20
    assert {y % 1000 for _, _, y in places} == {0}


def test_any_two_classes_with_places_and_splits_of_their_own(tmp_path: Path) -> None:
    lines = _write(tmp_path / "mine", ("benign", "cancer"))
    split = dict(zip(CASES, ("train", "train", "val", "test", "extension"), strict=True))
    rows = [f"{line},{50 * i},7,{split[line.partition(',')[2]]}" for i, line in enumerate(lines)]
    table = _table(tmp_path / "cases.csv", rows, "file,case,x,y,split")
    with open_source(tmp_path / "mine", own_layout(table, "cancer")) as source:
        assert {(r.case_id, r.split) for r in source.records} == set(split.items())
        assert {(r.name.split("/")[0], r.label) for r in source.records} == {
            ("benign", 0),
            ("cancer", 1),
        }
        assert {r.x for r in source.records} == set(range(0, 500, 50))
        assert {r.y for r in source.records} == {7}


def test_names_alone_and_backslashes_are_found(tmp_path: Path) -> None:
    lines = _write(tmp_path / "mine")
    named = [line.replace("0/", "", 1).replace("1/", "1\\", 1) for line in lines]
    table = _table(tmp_path / "cases.csv", named)
    with open_source(tmp_path / "mine", own_layout(table, "1")) as source:
        assert len(source.records) == 10
        assert list(source.left_out) == []


def test_files_without_a_row_and_rows_without_a_file_are_listed(tmp_path: Path) -> None:
    lines = _write(tmp_path / "mine", per_case=2)
    table = _table(tmp_path / "cases.csv", [*lines[1:], "1/missing.png,c"])
    with open_source(tmp_path / "mine", own_layout(table, "1")) as source:
        assert {(file.path, file.kind) for file in source.left_out} == {
            ("0/00.png", "no row"),
            ("1/missing.png", "no file"),
        }


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("file,patient", ["0/00.png,a"], "has no column case"),
        ("file,case", [], "lists no files"),
        ("file,case", ["0/00.png,"], "line 2: file and case must not be empty"),
        ("file,case", ["0/00.png,a", "0/00.png,b"], "line 3: a second row for 0/00.png"),
        ("file,case,split", ["0/00.png,a,dev"], "the split is 'dev'"),
        ("file,case,split", ["0/00.png,a,val", "1/10.png,a,test"], "a is in two splits"),
        ("file,case,split", ["0/00.png,a,val", "1/10.png,b,"], "some cases have a split"),
        ("file,case,x,y", ["0/00.png,a,1.5,2"], "not whole pixels"),
        ("file,case,x,y", ["0/00.png,a,1000000000000,2"], "not whole pixels"),
        ("file,case,x,y", ["0/0.png,a,1,2", "1/1.png,a,1,2"], "a have one place"),
    ],
)
def test_a_table_that_does_not_fit_is_explained(
    tmp_path: Path, header: str, rows: list[str], message: str
) -> None:
    table = _table(tmp_path / "cases.csv", rows, header)
    with pytest.raises(SourceError, match=message):
        own_layout(table, "1")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot read the table of cases"):
        own_layout(tmp_path / "none.csv", "1")


@pytest.mark.parametrize(
    ("classes", "positive", "message"),
    [
        (("benign", "cancer"), "1", "folders benign, cancer: there must be two, 0 and 1, or"),
        (("benign", "cancer"), "tumour", "must name that of class 1"),
        # Otherwise all would be of class 0.
        (("0", "1"), "tumour", "must name that of class 1"),
    ],
)
def test_classes_must_be_told_apart(
    tmp_path: Path, classes: tuple[str, str], positive: str, message: str
) -> None:
    table = _table(tmp_path / "cases.csv", _write(tmp_path / "mine", classes))
    with (
        pytest.raises(SourceError, match=message),
        open_source(tmp_path / "mine", own_layout(table, positive)),
    ):
        pass


def test_a_name_that_occurs_twice_needs_its_path(tmp_path: Path) -> None:
    _write(tmp_path / "mine")
    (tmp_path / "mine/1/00.png").write_bytes(b"")
    table = _table(tmp_path / "cases.csv", ["00.png,a"])
    with (
        pytest.raises(SourceError, match="give the path"),
        open_source(tmp_path / "mine", own_layout(table, "1")),
    ):
        pass


def test_too_few_cases_need_splits_of_their_own(tmp_path: Path) -> None:
    lines = [line.partition(",")[0] + ",only" for line in _write(tmp_path / "mine")]
    table = _table(tmp_path / "cases.csv", lines)
    with (
        pytest.raises(SourceError, match="too few to draw splits from"),
        open_source(tmp_path / "mine", own_layout(table, "1")),
    ):
        pass


@pytest.mark.parametrize(
    ("header", "delimiter", "encoding"),
    [
        ("file;case", ";", "utf-8"),
        ("File\tCase", "\t", "utf-8"),
        (" file , case ", ",", "utf-8-sig"),
    ],
)
def test_a_table_of_any_spreadsheet_is_read(
    tmp_path: Path, header: str, delimiter: str, encoding: str
) -> None:
    lines = [line.replace(",", delimiter) for line in _write(tmp_path / "mine")]
    table = tmp_path / "cases.csv"
    table.write_bytes("\r\n".join((header, *lines)).encode(encoding))
    with open_source(tmp_path / "mine", own_layout(table, "1")) as source:
        assert {record.case_id for record in source.records} == set(CASES)


def test_patches_without_a_place_lie_below_those_with_one(tmp_path: Path) -> None:
    lines = _write(tmp_path / "mine")
    rows = [f"{line},0,2000" if number == 3 else f"{line},," for number, line in enumerate(lines)]
    table = _table(tmp_path / "cases.csv", rows, "file,case,x,y")
    with open_source(tmp_path / "mine", own_layout(table, "1")) as source:
        placed = [record for record in source.records if record.case_id == CASES[3]]
        assert [(record.x, record.y) for record in placed] == [(0, 2000), (0, 3000)]


def test_a_table_of_other_files_shows_how_they_are_named(tmp_path: Path) -> None:
    lines = [f"mine/{line}" for line in _write(tmp_path / "mine")]
    table = _table(tmp_path / "cases.csv", lines)
    with (
        pytest.raises(SourceError, match=r"there is 0/00.png, and the table begins with mine/0/00"),
        open_source(tmp_path / "mine", own_layout(table, "1")),
    ):
        pass


def test_a_table_beside_prepared_patches_is_refused(kaggle_tree: Path, tmp_path: Path) -> None:
    prepare(kaggle_tree, tmp_path / "prepared")
    table = _table(tmp_path / "cases.csv", ["0/00.png,a"])
    command = ["prepare", str(tmp_path / "prepared"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*command, "--cases", str(table)])
    assert "leave out --cases" in str(done.exception)
