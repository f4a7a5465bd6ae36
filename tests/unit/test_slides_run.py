"""The table of all slides, also if a slide, the disk or the run fails."""

from __future__ import annotations

import csv
import errno
import os
import shutil
from pathlib import Path

import pytest

from hf_space.bundle.calibration import OperatingPoint
from hf_space.bundle.load import load_bundle
from hf_space.inference.warmup import warm_engine
from hf_space.slides.checkpoint import WORK_FOLDER
from hf_space.slides.options import SlideModel, SlideOptions
from hf_space.slides.outcome import SUMMARY_FILE
from hf_space.slides.run import process_slides
from hf_space.slides.scan import FoundSlide
from tests.array_slide import Notes
from tests.bundle_factory import write_bundle
from tests.drawn_slide import DrawnSlide
from tests.slides import write_ome_tiff

OPTIONS = SlideOptions(OperatingPoint.without_band(0.85), None, frozenset({"csv"}))
BLOCK = 4096
FULL = "No space left on device"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SlideModel:
    bundle = load_bundle(write_bundle(tmp_path_factory.mktemp("bundle") / "model"))
    return SlideModel(bundle, warm_engine("openvino", bundle))


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> list[FoundSlide]:
    """Three slides that differ only in their names."""
    folder = tmp_path_factory.mktemp("slides")
    drawn = DrawnSlide(width=900, height=1000, microns_per_pixel=(4.0, 4.0))
    paths = [folder / f"{name}.ome.tif" for name in "abc"]
    write_ome_tiff(paths[0], drawn, downsamples=(1, 4))
    for path in paths[1:]:
        shutil.copy(paths[0], path)
    return [FoundSlide(path, (path,), path.name) for path in paths]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def missing(name: str) -> FoundSlide:
    path = Path("nowhere") / name
    return FoundSlide(path, (path,), name)


def rows(out: Path) -> list[tuple[str, str, str]]:
    with (out / SUMMARY_FILE).open(encoding="utf-8-sig", newline="") as file:
        return [(row["name"][0], row["state"], row["code"]) for row in csv.DictReader(file)]


def fill(monkeypatch: pytest.MonkeyPatch, out: Path, blocks: int) -> None:
    """Limit the folder to a number of blocks; further writes fail as on a full disk."""

    def fsync(_: int) -> None:
        sizes = (path.stat().st_size for path in out.rglob("*") if path.is_file())
        if sum(-(-size // BLOCK) for size in sizes) > blocks:
            raise OSError(errno.ENOSPC, FULL)

    monkeypatch.setattr(os, "fsync", fsync)


def test_every_slide_has_a_row_from_the_start_on(
    slides: list[FoundSlide], out: Path, model: SlideModel
) -> None:
    seen = list[list[tuple[str, str, str]]]()

    def look(_: int) -> None:
        seen.append(rows(out))
        if len(seen) > 1 and seen[-1][0][1] == "done":
            raise KeyboardInterrupt

    outcomes = process_slides([*slides, missing("d")], out, model, OPTIONS, Notes(look))
    assert next(outcomes).state == "done"
    with pytest.raises(KeyboardInterrupt):
        next(outcomes)
    assert seen[0] == [(name, "pending", "") for name in "abcd"]
    done, pending = ("a", "done", ""), [("c", "pending", ""), ("d", "pending", "")]
    assert seen[-1] == [done, ("b", "pending", ""), *pending]
    assert rows(out) == [done, ("b", "interrupted", ""), *pending]


def test_a_full_disk_fails_slides_and_not_the_run(
    slides: list[FoundSlide], out: Path, model: SlideModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Notes()
    outcomes = process_slides([*slides, missing("d")], out, model, OPTIONS, notes)
    states = [next(outcomes).state]
    used = sum(-(-path.stat().st_size // BLOCK) for path in out.rglob("*") if path.is_file())
    # The table, what was begun with, and some strips, but no table beside the earlier one.
    fill(monkeypatch, out, used + 6)
    states += [each.state for each in outcomes]
    assert states == ["done", "failed", "failed", "failed"]
    assert rows(out) == [
        ("a", "done", ""),
        ("b", "failed", "disk_full"),
        ("c", "failed", "disk_full"),
        ("d", "failed", "not_found"),
    ]
    assert notes.messages == []
    # One of its five strips made room for the table.
    assert len(list((out / slides[1].name / WORK_FOLDER).glob("*.npz"))) == 4
    monkeypatch.undo()
    again = list(process_slides(slides, out, model, OPTIONS, notes))
    assert [each.state for each in again] == ["skipped", "done", "done"]
    assert "4 of" in notes.messages[1]


def test_a_disk_that_is_full_from_the_start_fails_no_slide_that_is_done(
    slides: list[FoundSlide], out: Path, model: SlideModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert next(process_slides(slides, out, model, OPTIONS, Notes())).state == "done"
    fill(monkeypatch, out, 0)
    notes = Notes()
    found = process_slides(slides[:2], out, model, OPTIONS, notes)
    assert [next(found).state, next(found).code] == ["skipped", "disk_full"]
    with pytest.raises(OSError, match=FULL) as error:
        next(found)
    assert error.value.filename == str(out / SUMMARY_FILE)
    told = f"cannot write {out / SUMMARY_FILE}: {FULL}"
    assert notes.messages[0] == told
    assert notes.messages[2].startswith(f"{told}. The slide's row: a.ome.tif,")
    assert notes.messages[3].startswith(f"{told}. The slide's row: b.ome.tif,")
    assert ",failed,disk_full," in notes.messages[3]


def test_a_table_that_could_not_be_written_is_when_it_can_be(out: Path, model: SlideModel) -> None:
    notes = Notes()
    outcomes = process_slides([missing(name) for name in "abc"], out, model, OPTIONS, notes)
    next(outcomes)
    (out / SUMMARY_FILE).unlink()
    (out / SUMMARY_FILE).mkdir()
    next(outcomes)
    (message,) = notes.messages
    assert "The slide's row: b,nowhere/b,failed,not_found," in message
    (out / SUMMARY_FILE).rmdir()
    assert [each.name for each in outcomes] == ["c"]
    assert rows(out) == [(name, "failed", "not_found") for name in "abc"]
    assert len(notes.messages) == 1
    assert [path.name for path in out.iterdir()] == [SUMMARY_FILE]


def test_parts_of_the_table_that_a_killed_run_left_are_deleted(
    out: Path, model: SlideModel
) -> None:
    out.mkdir()
    (out / ".part.1234.summary.csv").write_text("half")
    list(process_slides([missing("a")], out, model, OPTIONS, Notes()))
    assert [path.name for path in out.iterdir()] == [SUMMARY_FILE]
