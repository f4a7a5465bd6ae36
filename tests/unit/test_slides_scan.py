from __future__ import annotations

import os
from pathlib import Path

import pytest

from hf_space.exports.folder import unique_names
from hf_space.slides.scan import find_slides
from tests.slide_job import close_folders

TIFF = b"II*\0\x08\0\0\0"
DICOM = bytes(128) + b"DICM"


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_slides_are_told_by_suffix_or_first_bytes_and_others_counted(tmp_path: Path) -> None:
    folder = fill(
        tmp_path / "in",
        {
            "b.svs": b"no slide",
            "deep/a.NDPI": b"x",
            "c.tif": b"x",
            "label.jpg": b"x",
            "no_suffix": TIFF,
            "README": b"text",
            "notes.txt": b"text",
            "more.TXT": b"text",
            ".hidden.svs": TIFF,
            "Thumbs.db": b"x",
            "__MACOSX/b.svs": TIFF,
        },
    )
    found = find_slides([folder])
    names = ["b.svs", "c.tif", "deep_a.NDPI", "no_suffix"]
    assert [slide.name for slide in found.slides] == names
    assert found.slides[2].files == (folder / "deep" / "a.NDPI",)
    assert found.left_out == {".txt": 2, "": 1, ".jpg": 1}
    assert found.hidden == [folder / name for name in (".hidden.svs", "Thumbs.db", "__MACOSX")]


def test_a_named_file_is_a_slide_whatever_it_holds(tmp_path: Path) -> None:
    folder = fill(tmp_path, {"notes.txt": b"text"})
    (slide,) = find_slides([folder / "notes.txt"]).slides
    assert (slide.path, slide.files) == (folder / "notes.txt", (folder / "notes.txt",))


def test_an_mrxs_and_its_folder_are_one_slide(tmp_path: Path) -> None:
    folder = fill(tmp_path, {"s.mrxs": b"x", "s/Slidedat.ini": b"x", "s/Data0000.dat": TIFF})
    found = find_slides([folder])
    (slide,) = found.slides
    assert slide.path == folder / "s.mrxs"
    assert [file.name for file in slide.files] == ["s.mrxs", "Data0000.dat", "Slidedat.ini"]
    assert not found.left_out
    assert find_slides([slide.path]).slides == [slide]


def test_pictures_that_an_index_names_belong_to_it(tmp_path: Path) -> None:
    index = b"[Virtual Microscope Specimen]\nImageFile=a(0,0).jpg\nOptimisationFile=a.opt\nX=\n"
    files = {"a.vms": index, "a(0,0).jpg": b"x", "a.opt": b"x", "other.jpg": b"x"}
    found = find_slides([fill(tmp_path, files)])
    assert [slide.name for slide in found.slides] == ["a.vms"]
    assert found.left_out == {".jpg": 1}
    assert [file.name for file in found.slides[0].files] == ["a.vms", "a(0,0).jpg", "a.opt"]


def test_a_folder_of_dicom_files_is_one_slide(tmp_path: Path) -> None:
    files = {"in/one/1": DICOM, "in/one/2.dcm": b"x", "in/two/1.dcm": DICOM, "in/a.svs": TIFF}
    folder = fill(tmp_path, files)
    found = find_slides([folder / "in"]).slides
    assert [slide.name for slide in found] == ["a.svs", "one", "two"]
    assert [slide.name for slide in find_slides([folder]).slides] == [
        "in_a.svs",
        "in_one",
        "in_two",
    ]
    assert [slide.name for slide in find_slides([folder / "in" / "one"]).slides] == ["one"]
    assert found[1].path == folder / "in" / "one"
    assert [file.name for file in found[1].files] == ["1", "2.dcm"]
    (by_file,) = find_slides([folder / "in" / "one" / "2.dcm"]).slides
    assert [file.name for file in by_file.files] == ["2.dcm", "1"]


def test_results_are_not_searched_and_named(tmp_path: Path) -> None:
    files = {
        "a.svs": TIFF,
        "out/a.svs/heatmap.ome.tif": TIFF,
        "out/a.svs/scores.npz": b"x",
        "out/a.svs/tissue.png": b"x",
        "out/b.svs/unfinished/state.json": b"{}",
        "out/b.svs/heatmap.ome.tif": TIFF,
        "out/c.svs/run.json": b"{}",
        "out/c.svs/tissue.png": b"x",
        "out/c.svs/heatmap.ome.tif": TIFF,
    }
    folder = fill(tmp_path, files)
    found = find_slides([folder])
    assert [slide.name for slide in found.slides] == ["a.svs"]
    assert not found.left_out
    assert found.results == [folder / "out" / name for name in ("a.svs", "b.svs", "c.svs")]


@pytest.mark.parametrize(
    "beside", ["unfinished/other.svs", "unfinished/000001.npz", "scores.npz", "run.json"]
)
def test_a_folder_is_no_result_for_one_name(tmp_path: Path, beside: str) -> None:
    folder = fill(tmp_path / "unfinished", {"good.svs": TIFF, beside: TIFF})
    found = find_slides([folder])
    assert folder / "good.svs" in [slide.path for slide in found.slides]
    assert len(found.slides) + found.left_out.total() == 2
    assert not found.results


def test_folders_of_results_have_names_of_their_own(tmp_path: Path) -> None:
    folder = fill(tmp_path, {"x/a.svs": TIFF, "y/A.svs": TIFF, "b.svs": TIFF})
    names = [slide.name for slide in find_slides([folder]).slides]
    assert names == ["b.svs", "x_a.svs", "y_A.svs"]
    assert names == unique_names([folder / "b.svs", folder / "x/a.svs", folder / "y/A.svs"])


def named(*paths: Path, out: Path | None = None) -> dict[str, str]:
    """Names of slides by their paths, from the folder that holds all."""
    return {"/".join(slide.path.parts[-2:]): slide.name for slide in find_slides(paths, out).slides}


def test_names_do_not_depend_on_what_else_is_in_a_folder(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in", {"a/x.tif": b"1"})
    assert named(folder) == {"a/x.tif": "a_x.tif"}
    fill(folder, {"b/x.tif": b"2", "x.tif": b"3"})
    assert named(folder) == {"a/x.tif": "a_x.tif", "b/x.tif": "b_x.tif", "in/x.tif": "x.tif"}


def test_equal_names_in_several_folders_have_the_folders_in_front(tmp_path: Path) -> None:
    files = {"a/x.tif": b"1", "b/x.tif": b"2", "b/y.tif": b"3"}
    folder = fill(tmp_path, files)
    expected = {"a/x.tif": "a_x.tif", "b/x.tif": "b_x.tif", "b/y.tif": "y.tif"}
    assert named(folder / "a", folder / "b") == expected
    assert named(*(folder / name for name in files)) == expected


def test_names_that_differ_only_in_case_are_numbered_from_the_second_on(tmp_path: Path) -> None:
    files = {"in/a.svs": b"1", "in/A.svs": b"22", "in/b_c.svs": b"333", "in/b/c.svs": b"4444"}
    folder = fill(tmp_path, files) / "in"
    expected = {
        "in/A.svs": "A.svs",
        "in/a.svs": "a.svs_2",
        "b/c.svs": "b_c.svs",
        "in/b_c.svs": "b_c.svs_2",
    }
    assert named(folder) == expected
    assert named(folder / "a.svs", folder / "A.svs") == {"in/a.svs": "a.svs", "in/A.svs": "A.svs_2"}


def test_a_name_is_as_long_as_file_systems_take(tmp_path: Path) -> None:
    parts = ["ä" * 100, "b" * 250]
    folder = fill(tmp_path / "in", {"/".join([*parts, "c.svs"]): b"1", f"{'d' * 251}.svs": b"2"})
    deep, plain = sorted(slide.name for slide in find_slides([folder]).slides)
    assert deep.endswith("b" * 100 + "_c.svs")
    assert len(deep.encode()) == 255
    assert plain == f"{'d' * 251}.svs"
    fill(folder, {"/".join(["ö" * 100, *parts[1:], "c.svs"]): b"3"})
    assert len({slide.name for slide in find_slides([folder]).slides}) == 3


def test_a_picture_that_is_named_is_not_counted_as_left_out(tmp_path: Path) -> None:
    folder = fill(tmp_path, {"a.svs": TIFF, "a.png": b"1", "b.png": b"2"})
    found = find_slides([folder, folder / "b.png"])
    assert [slide.name for slide in found.slides] == ["a.svs", "b.png"]
    assert found.left_out == {".png": 1}


def test_files_of_one_slide_that_are_named_apart_are_one(tmp_path: Path) -> None:
    index = b"ImageFile=a(0,0).jpg\nOptimisationFile=a.opt\n"
    files = {"a.vms": index, "a(0,0).jpg": b"1", "a.opt": b"2", "d/1.dcm": b"3", "d/2.dcm": DICOM}
    folder = fill(tmp_path, files | {"s.mrxs": b"4", "s/Data0.dat": TIFF, "s/Index.dat": b"5"})
    found = find_slides(sorted(folder.rglob("*.*")))
    assert [slide.name for slide in found.slides] == ["a.vms", "d", "s.mrxs"]
    assert [file.name for file in found.slides[1].files] == ["1.dcm", "2.dcm"]
    assert found.slides == find_slides([folder]).slides
    assert found.slides == find_slides(sorted(folder.iterdir())).slides
    assert not found.left_out
    assert not found.repeated


def test_a_slide_of_several_names_is_listed_once(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in", {"b.svs": b"1", "c.svs": b"1", "d/1.dcm": DICOM})
    (folder / "a.svs").symlink_to("b.svs")
    (folder / "d.svs").hardlink_to(folder / "c.svs")
    found = find_slides([folder, folder / "b.svs", folder / "d" / "1.dcm"])
    assert [slide.path for slide in found.slides] == [
        folder / name for name in ("b.svs", "c.svs", "d")
    ]
    again = ["a.svs", "d.svs", "b.svs", "d/1.dcm"]
    assert found.repeated == [folder / name for name in again]


def test_links_are_followed_to_files_only(tmp_path: Path) -> None:
    elsewhere = fill(tmp_path / "elsewhere", {"a.svs": b"1", "s/Index.dat": b"2"})
    folder = fill(tmp_path / "in", {"s.mrxs": b"3"})
    (folder / "x.svs").symlink_to(elsewhere / "a.svs")
    (folder / "s").symlink_to(elsewhere / "s")
    (folder / "more").symlink_to(elsewhere)
    found = find_slides([folder])
    assert [slide.name for slide in found.slides] == ["s.mrxs", "x.svs"]
    assert found.links == [folder / "more"]
    assert not found.left_out


def test_what_cannot_be_read_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill(tmp_path / "in", {"closed/a.svs": b"1", "b.svs": b"2"})
    (folder / "gone.svs").symlink_to("nowhere.svs")
    (folder / "loop.tif").symlink_to("loop.tif")
    (folder / "notes.txt").symlink_to("nowhere.txt")
    os.mkfifo(folder / "pipe.svs")
    os.mkfifo(folder / "pipe")
    close_folders(monkeypatch, "closed")
    found = find_slides([folder])
    names = ["b.svs", "closed", "gone.svs", "loop.tif", "pipe.svs"]
    assert [slide.name for slide in found.slides] == names
    assert found.slides[1].path == folder / "closed"
    assert found.left_out == {".txt": 1}
    assert found.special == [folder / "pipe"]


def test_what_is_named_and_not_there_is_listed(tmp_path: Path) -> None:
    folder = fill(tmp_path, {"a.svs": TIFF})
    (folder / "gone.svs").symlink_to("nowhere.svs")
    for name in ("pipe.vms", "pipe.dcm", "pipe.mrxs"):
        os.mkfifo(folder / name)
    names = ["a.svs", "gone.svs", "none.svs", "pipe.vms", "pipe.mrxs", "pipe.dcm"]
    found = find_slides([folder / name for name in names])
    assert [slide.name for slide in found.slides] == names
    assert all(slide.files == (slide.path,) for slide in found.slides)
    assert not found.repeated
