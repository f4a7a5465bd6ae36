"""A list of slides: its rows and its errors."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hf_space.slides.addresses import address_path, is_address, shown_address
from hf_space.slides.cases import CASES_FILE, write_cases
from hf_space.slides.manifest import ManifestError, find_listed, parse_manifest
from hf_space.slides.outcome import SUMMARY_FILE, Outcome, Summary
from hf_space.slides.record import Figures, RunRecord
from hf_space.slides.results import FolderResults
from hf_space.slides.rule import WriteKey
from hf_space.slides.scan import FoundSlide, Stated
from hf_space.slides.scores import ScoreKey


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_rows_name_slides_and_carry_the_other_columns_along() -> None:
    content = (
        "\ufeffpath, case,microns_per_pixel,truth,block,state\r\n"
        'a.svs,K1,0.5,a.geojson,"A, left",fresh\r\n'
        "/scans/b.svs,,,,B,\r\n"
        "s3://bucket/c.svs,K1,,https://truth.example/c.geojson,,\r\n"
    )
    first, second, third = parse_manifest(content.encode(), "lists/slides.csv")
    assert (first.line, first.place) == (2, Path("lists/a.svs"))
    columns = (("block", "A, left"), ("state", "fresh"))
    assert first.stated == Stated(0.5, "K1", "lists/a.geojson", columns)
    assert second.place == Path("/scans/b.svs")
    assert second.stated == Stated(None, "", "", (("block", "B"), ("state", "")))
    assert third.place == "s3://bucket/c.svs"
    assert third.stated.truth == "https://truth.example/c.geojson"


@pytest.mark.parametrize(
    ("origin", "place"),
    [
        ("s3://bucket/lists/slides.csv", "s3://bucket/lists/deep/a.svs"),
        ("https://scans.example/slides.csv?key=1", "https://scans.example/deep/a.svs"),
    ],
)
def test_what_is_relative_begins_at_the_list(origin: str, place: str) -> None:
    (row,) = parse_manifest(b"path\ndeep/a.svs\n", origin)
    assert row.place == place


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "names no column path"),
        (b"file\na.svs\n", "names no column path"),
        (b"path,case,case\na.svs,1,2\n", "two columns have the name case"),
        (b"path,case\na.svs\n", "line 2 has more or fewer cells"),
        (b"path\na.svs,b\n", "line 2 has more or fewer cells"),
        (b"path,case\na.svs,1\n,2\n", "line 3 has no path"),
        (b"path,microns_per_pixel\na.svs,half\n", "line 2: half is not a plausible"),
        (b"path,microns_per_pixel\na.svs,0.01\n", "line 2: 0.01 is not a plausible"),
        (b"path,microns_per_pixel\na.svs,nan\n", "line 2: nan is not a plausible"),
        (b"path\n\xff.svs\n", "no CSV table in UTF-8"),
        (b'path\n"a.svs\n', "no CSV table in UTF-8"),
    ],
)
def test_a_wrong_list_is_refused_with_its_line(content: bytes, told: str) -> None:
    with pytest.raises(ManifestError, match=told):
        parse_manifest(content, "slides.csv")


def test_slides_keep_the_order_of_the_list_and_their_rows(tmp_path: Path) -> None:
    for name in ("a/x.svs", "b/x.svs"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(name)
    content = b"path,case\ns3://bucket/c/x.svs,C\nb/x.svs,B\na/x.svs,A\ngone.svs,D\n"
    found = find_listed(parse_manifest(content, str(tmp_path / "list.csv")), None)
    assert [(each.name, each.stated.case) for each in found.slides] == [
        ("c_x.svs", "C"),
        ("b_x.svs", "B"),
        ("a_x.svs", "A"),
        ("gone.svs", "D"),
    ]
    assert [each.address for each in found.slides] == ["s3://bucket/c/x.svs", "", "", ""]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"path\na.svs\nb.svs\na.svs\n", "lines 2 and 4 name the same slide"),
        (b"path\na.svs\nlink.svs\n", "line 3: .*link.svs is not one slide"),
        (b"path\nfolder\n", "line 2: .*folder is not one slide"),
    ],
)
def test_each_row_is_one_slide(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "a.svs").write_text("a")
    (tmp_path / "b.svs").write_text("b")
    (tmp_path / "link.svs").symlink_to("a.svs")
    (tmp_path / "folder").mkdir()
    for name in ("c.svs", "d.svs"):
        (tmp_path / "folder" / name).write_text(name)
    with pytest.raises(ManifestError, match=told):
        find_listed(parse_manifest(content, str(tmp_path / "list.csv")), None)


def test_addresses_are_told_from_paths_and_shown_without_secrets() -> None:
    assert is_address("S3://bucket/a.svs")
    assert not is_address("s3:/bucket/a.svs")
    assert not is_address("ftp://server/a.svs")
    secret = "https://me:word@scans.example/deep/a%20b.svs?signature=1"  # noqa: S105 -- an example
    assert shown_address(secret) == "https://scans.example/deep/a%20b.svs"
    assert address_path(secret).parts == ("/", "scans.example", "deep", "a b.svs")


def outcome(name: str, case: str, figures: Figures | None, **columns: str) -> Outcome:
    stated = Stated(case=case, columns=tuple(columns.items()))
    slide = FoundSlide(Path(name), (Path(name),), name, stated=stated)
    if figures is None:
        return Outcome(slide, "failed", "no_tissue", "none")
    return Outcome(slide, "done", record=record(figures))


def record(figures: Figures) -> RunRecord:
    tile = (50, 4.0)
    key = ScoreKey(
        slide="s", model="r1", engine="e", scale=(1, 1), overlap=0, tile=tile, features=False
    )
    return RunRecord(
        scored=key,
        written=WriteKey(threshold=0.5, uncertain_band=None, operating_point=None),
        formats=[],
        microns_per_pixel=None,
        sha256={},
        versions={},
        tiles=1,
        figures=figures,
        warnings={},
        seconds={},
    )


def figures(tissue: float, suspicious: float, foci: int, largest: float | None) -> Figures:
    return Figures(
        tissue_area_mm2=tissue,
        suspicious_area_mm2=suspicious,
        suspicious_fraction=suspicious / tissue,
        foci=foci,
        largest_focus_mm=largest,
        tiles_checked=0,
        tiles_out_of_focus=0,
        tiles_unlike_training=0,
    )


def test_slides_of_a_case_are_joined(tmp_path: Path) -> None:
    outcomes = [
        outcome("a", "K2", figures(10.0, 1.0, 2, 1.5)),
        outcome("b", "K1", figures(4.0, 0.0, 0, None)),
        outcome("c", "K2", figures(30.0, 9.0, 1, 2.5)),
        outcome("d", "K2", None),
        outcome("e", "", figures(1.0, 1.0, 1, 1.0)),
    ]
    write_cases(outcomes, FolderResults(tmp_path))
    first, second = rows_of(tmp_path / CASES_FILE)
    assert first == {
        "case": "K2",
        "slides": "3",
        "slides_done": "2",
        "slides_failed": "1",
        "slides_with_foci": "2",
        "tissue_area_mm2": "40.0",
        "suspicious_area_mm2": "10.0",
        "suspicious_fraction": "0.25",
        "foci": "3",
        "largest_focus_mm": "2.5",
        "names": "a c d",
    }
    assert (second["case"], second["largest_focus_mm"], second["foci"]) == ("K1", "", "0")
    write_cases(outcomes[4:], FolderResults(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_the_summary_has_the_columns_of_the_list(tmp_path: Path) -> None:
    slides = [
        outcome("a", "K1", None, block="=A1", state="fresh").slide,
        outcome("b", "", None, block="B").slide,
    ]
    summary = Summary(FolderResults(tmp_path), slides)
    summary.write()
    first, second = rows_of(tmp_path / SUMMARY_FILE)
    assert list(first)[:6] == ["name", "file", "case", "block", "list_state", "state"]
    assert (first["block"], first["list_state"], first["state"]) == ("'=A1", "fresh", "pending")
    assert (second["case"], second["block"], second["list_state"]) == ("", "B", "")


def test_a_long_table_is_written_after_each_thousandth_part(tmp_path: Path) -> None:
    slides = [outcome(str(number), "", None).slide for number in range(3000)]
    summary = Summary(FolderResults(tmp_path), slides)
    due = []
    for slide in slides[:7]:
        summary.put(Outcome(slide, "failed"))
        due.append(summary.is_due)
        if summary.is_due:
            summary.write()
    assert due == [False, False, True, False, False, True, False]
    assert summary.is_behind
    assert sum(row["state"] == "failed" for row in rows_of(tmp_path / SUMMARY_FILE)) == 6
