"""Results belong to their slide, even if other slides have the same name."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hf_space.bundle.calibration import OperatingPoint
from hf_space.slides.checkpoint import WORK_FOLDER, Checkpoint
from hf_space.slides.options import SlideModel, SlideOptions
from hf_space.slides.outputs import FILES
from hf_space.slides.owner import place_hash
from hf_space.slides.record import RunRecord
from hf_space.slides.run import process_slides
from hf_space.slides.scan import FoundSlide, find_slides
from hf_space.slides.scores import SlideScores
from tests.array_slide import Notes
from tests.slide_job import DRAWN, OPTIONS, result_of, run, stop_at
from tests.slides import write_ome_tiff

OTHER_POINT = replace(OPTIONS, point=OperatingPoint.without_band(0.5), point_name=None)


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def found(path: Path) -> FoundSlide:
    (slide,) = find_slides([path]).slides
    return slide


@pytest.fixture
def namesake(slide: FoundSlide, tmp_path: Path) -> FoundSlide:
    """Another slide of the same file name."""
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / slide.path.name
    return found(write_ome_tiff(path, replace(DRAWN, seed=1), downsamples=(1, 4)))


def moved(slide: FoundSlide, folder: Path) -> FoundSlide:
    """The slide in another folder, with its time of change."""
    folder.mkdir()
    return found(Path(shutil.move(slide.path, folder / slide.path.name)))


def change(slide: FoundSlide, seed: int = 2) -> None:
    write_ome_tiff(slide.path, replace(DRAWN, seed=seed), downsamples=(1, 4))


@pytest.mark.parametrize("options", [OPTIONS, OTHER_POINT], ids=["same", "threshold"])
def test_a_namesake_fails_and_the_results_stay(
    slide: FoundSlide,
    namesake: FoundSlide,
    tmp_path: Path,
    out: Path,
    model: SlideModel,
    options: SlideOptions,
) -> None:
    assert run(slide, out, model).state == "done"
    before = files_of(out / slide.name)
    third = found(Path(shutil.copy(namesake.path, tmp_path / "c.ome.tif")))
    outcomes = list(process_slides([namesake, third], out, model, options, Notes()))
    assert [(each.state, each.code) for each in outcomes] == [
        ("failed", "name_taken"),
        ("done", ""),
    ]
    assert files_of(out / slide.name) == before
    with (out / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["state"], row["code"]) for row in rows] == [
        ("a.ome.tif", "failed", "name_taken"),
        ("c.ome.tif", "done", ""),
    ]
    assert "results of another file" in rows[0]["message"]
    assert rows[0]["file"] == str(namesake.path)
    assert run(slide, out, model).state == "skipped"


def test_in_one_run_both_have_results_of_their_own(
    slide: FoundSlide, namesake: FoundSlide, out: Path, model: SlideModel
) -> None:
    both = find_slides([slide.path, namesake.path]).slides
    outcomes = list(process_slides(both, out, model, OPTIONS, Notes()))
    assert [each.state for each in outcomes] == ["done", "done"]
    assert len({each.name for each in outcomes}) == 2
    again = list(process_slides(both, out, model, OPTIONS, Notes()))
    assert [each.state for each in again] == ["skipped", "skipped"]


def test_a_slide_that_has_results_keeps_its_name_beside_a_namesake(
    slide: FoundSlide, namesake: FoundSlide, out: Path, model: SlideModel
) -> None:
    run(slide, out, model)
    both = find_slides([namesake.path, slide.path], out).slides
    assert [each.name for each in both] == ["elsewhere_a.ome.tif", "a.ome.tif"]
    outcomes = list(process_slides(both, out, model, OPTIONS, Notes()))
    assert [each.state for each in outcomes] == ["done", "skipped"]
    assert find_slides([namesake.path, slide.path], out).slides == both


def test_a_slide_that_has_results_keeps_its_name_beside_one_of_another_case(
    slide: FoundSlide, out: Path, model: SlideModel
) -> None:
    run(slide, out, model)
    folder = slide.path.parent
    shutil.copy(slide.path, folder / "A.OME.TIF")
    both = find_slides([folder / "A.OME.TIF", slide.path], out).slides
    assert [each.name for each in both] == ["A.OME.TIF_2", "a.ome.tif"]
    outcomes = list(process_slides(both, out, model, OPTIONS, Notes()))
    assert [each.state for each in outcomes] == ["done", "skipped"]


def test_a_namesake_of_a_slide_that_is_not_done_leaves_its_strips(
    slide: FoundSlide, namesake: FoundSlide, out: Path, model: SlideModel
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(slide, out, model, OPTIONS, stop_at(0.5))
    before = files_of(out / slide.name)
    assert run(namesake, out, model).code == "name_taken"
    assert files_of(out / slide.name) == before
    notes = Notes()
    assert run(slide, out, model, OPTIONS, notes).state == "done"
    assert notes.totals[0][1] > 0


def test_a_namesake_of_a_slide_that_was_scored_only_leaves_its_scores(
    slide: FoundSlide,
    namesake: FoundSlide,
    out: Path,
    model: SlideModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setitem(FILES, "json", {"result.json": fail})
    assert run(slide, out, model).code == "out_of_memory"
    monkeypatch.undo()
    before = files_of(out / slide.name)
    assert before.keys() == {"scores.npz"}
    assert run(namesake, out, model).code == "name_taken"
    assert files_of(out / slide.name) == before


def test_a_slide_that_changes_in_its_place_is_scored_again(
    slide: FoundSlide, out: Path, model: SlideModel
) -> None:
    run(slide, out, model)
    before = result_of(out)
    change(slide)
    assert run(slide, out, model).state == "done"
    assert result_of(out).image.sha256 != before.image.sha256


@pytest.mark.parametrize("options", [OPTIONS, OTHER_POINT], ids=["skipped", "rewritten"])
def test_a_slide_that_was_moved_is_recognised_and_may_change_there(
    slide: FoundSlide,
    namesake: FoundSlide,
    tmp_path: Path,
    out: Path,
    model: SlideModel,
    reads: list[range],
    options: SlideOptions,
) -> None:
    run(slide, out, model)
    there = moved(slide, tmp_path / "there")
    reads.clear()
    outcome = run(there, out, model, options)
    assert outcome.state == ("skipped" if options is OPTIONS else "done")
    assert reads == []
    record = RunRecord.load(out / slide.name)
    assert record is not None
    assert record == outcome.record
    assert record.scored.file == place_hash(there.path) != place_hash(slide.path)
    # Where it was, another slide of its name is another slide.
    shutil.copy(namesake.path, slide.path)
    assert run(slide, out, model).code == "name_taken"
    change(there)
    assert run(there, out, model).state == "done"


def test_a_slide_that_was_moved_goes_on_where_it_was(
    slide: FoundSlide, namesake: FoundSlide, tmp_path: Path, out: Path, model: SlideModel
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(slide, out, model, OPTIONS, stop_at(0.3))
    state = json.loads((out / slide.name / WORK_FOLDER / "state.json").read_bytes())
    there, notes = moved(slide, tmp_path / "there"), stop_at(0.3)
    with pytest.raises(KeyboardInterrupt):
        run(there, out, model, OPTIONS, notes)
    assert notes.totals[0][1] > 0
    key = Checkpoint(out / slide.name).key()
    assert key is not None
    assert key.file == place_hash(there.path)
    assert run(namesake, out, model).code == "name_taken"
    assert run(there, out, model).state == "done"
    assert str(result_of(out).id) == state["id"]


def test_results_that_note_no_place_are_replaced(
    slide: FoundSlide, namesake: FoundSlide, out: Path, model: SlideModel
) -> None:
    run(slide, out, model)
    folder = out / slide.name
    record, scores = RunRecord.load(folder), SlideScores.load(folder)
    assert record is not None
    assert scores is not None
    facts = json.loads(record.model_dump_json())
    del facts["scored"]["file"]
    (folder / "run.json").write_text(json.dumps(facts))
    scores.at(None).save(folder / "scores.npz")
    notes = Notes()
    assert run(namesake, out, model, OPTIONS, notes).state == "done"
    assert notes.messages == [
        "a.ome.tif: the slide has changed since the earlier run; scoring again."
    ]
    assert run(slide, out, model).code == "name_taken"


def test_no_file_holds_the_path(slide: FoundSlide, out: Path, model: SlideModel) -> None:
    run(slide, out, model)
    files = files_of(out / slide.name)
    assert place_hash(slide.path).encode() in files["run.json"]
    for content in files.values():
        assert str(slide.path.parent).encode() not in content


def test_the_same_place_has_one_hash_by_whatever_way(
    slide: FoundSlide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = place_hash(slide.path)
    assert len(expected) == 64
    (tmp_path / "way").symlink_to(tmp_path, target_is_directory=True)
    assert place_hash(tmp_path / "way" / slide.path.name) == expected
    monkeypatch.chdir(tmp_path)
    assert place_hash(Path(slide.path.name)) == expected
    # Another name of the file is another place.
    (tmp_path / "b.ome.tif").symlink_to(slide.path)
    assert place_hash(tmp_path / "b.ome.tif") != expected
