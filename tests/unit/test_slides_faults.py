"""Nothing is lost or partly written when a disk is full, a run is killed, or two run at once."""

from __future__ import annotations

import csv
import errno
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from hf_space.bundle.calibration import OperatingPoint
from hf_space.bundle.familiarity import Familiarity
from hf_space.bundle.load import load_bundle
from hf_space.inference.warmup import warm_engine
from hf_space.schemas.slide import SlideResult
from hf_space.slides.checkpoint import WORK_FOLDER, Checkpoint
from hf_space.slides.lock import locked
from hf_space.slides.options import SlideModel, SlideOptions
from hf_space.slides.outputs import FILES
from hf_space.slides.run import process_slides
from hf_space.slides.scan import FoundSlide
from tests.array_slide import Notes
from tests.bundle_factory import write_bundle
from tests.slide_job import DRAWN, NAMES, OPTIONS, contents, result_of, run, stop_at
from tests.slides import write_ome_tiff, write_svs


def fill_up(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "/secret")


def test_a_disk_that_fills_up_while_scoring_loses_nothing(
    slide: FoundSlide, out: Path, model: SlideModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, saved = Checkpoint.save, list[int]()

    def save_some(self: Checkpoint, strip: Any) -> None:
        if len(saved) == 5:
            fill_up()
        saved.append(strip.row)
        save(self, strip)

    monkeypatch.setattr(Checkpoint, "save", save_some)
    failed = run(slide, out, model)
    assert (failed.state, failed.code) == ("failed", "disk_full")
    assert "No space" in failed.message
    assert "secret" not in failed.message
    assert [path.name for path in (out / slide.name).iterdir()] == [WORK_FOLDER]
    monkeypatch.undo()
    notes = Notes()
    assert run(slide, out, model, OPTIONS, notes).state == "done"
    assert notes.totals[0][1] > 0


def half_written(write: Callable[..., None]) -> Callable[..., None]:
    def fail(content: Any, path: Path) -> None:
        write(content, path)
        path.write_bytes(path.read_bytes()[:20])
        fill_up()

    return fail


def test_a_disk_that_fills_up_while_writing_leaves_no_half_file(
    slide: FoundSlide, out: Path, model: SlideModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"result.json": half_written(FILES["json"]["result.json"])}
    monkeypatch.setitem(FILES, "json", files)
    failed = run(slide, out, model)
    assert (failed.state, failed.code) == ("failed", "disk_full")
    folder = out / slide.name
    # The network's outputs are kept, once.
    assert [path.name for path in folder.iterdir()] == ["scores.npz"]
    monkeypatch.undo()
    notes = Notes()
    assert run(slide, out, model, OPTIONS, notes).state == "done"
    assert notes.totals == []
    assert {path.name for path in folder.iterdir()} == NAMES


OTHER = replace(OPTIONS, point=OperatingPoint.without_band(0.5), point_name=None)


@pytest.mark.parametrize(
    "options", [OTHER, replace(OPTIONS, microns_per_pixel=2.0)], ids=["threshold", "scale"]
)
def test_earlier_results_stay_until_the_new_ones_are_on_the_disk(
    slide: FoundSlide,
    out: Path,
    model: SlideModel,
    monkeypatch: pytest.MonkeyPatch,
    options: SlideOptions,
) -> None:
    run(slide, out, model)
    before = contents(out / slide.name)
    monkeypatch.setitem(FILES, "json", {"result.json": fill_up})
    assert run(slide, out, model, options).code == "disk_full"
    after = contents(out / slide.name)
    if options is not OTHER:
        # Scores at another scale are not lost.
        assert after.pop("scores.npz") != before.pop("scores.npz")
    assert after == before
    monkeypatch.undo()
    assert run(slide, out, model).state == "skipped"


def killed(*_: object, **__: object) -> NoReturn:
    """Simulates the end of the process: no code catches it."""
    raise KeyboardInterrupt


@pytest.fixture
def described(tmp_path: Path) -> SlideModel:
    """A model that returns features."""
    like = Familiarity(np.ones(3), np.eye(3)[:1], np.ones(1), np.ones((2, 1)), np.array(1.0))
    bundle = load_bundle(write_bundle(tmp_path / "described", like))
    return SlideModel(bundle, warm_engine("openvino", bundle))


@pytest.mark.parametrize("features", [False, True])
@pytest.mark.parametrize("name", ["result.json", "run.json"])
def test_an_id_never_stands_for_two_results(
    slide: FoundSlide,
    out: Path,
    described: SlideModel,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    *,
    features: bool,
) -> None:
    formats = OPTIONS.formats | ({"features"} if features else set())
    first, second = replace(OPTIONS, formats=formats), replace(OTHER, formats=formats)
    rename = Path.replace

    def end_at(path: Path, target: Path) -> Path:
        renamed = rename(path, target)
        if target.name == name:
            killed()
        return renamed

    monkeypatch.setattr(Path, "replace", end_at)
    with pytest.raises(KeyboardInterrupt):
        run(slide, out, described, first)
    monkeypatch.undo()
    before = result_of(out)
    (out / slide.name / "run.json").unlink(missing_ok=True)
    assert run(slide, out, described, second).state == "done"
    after = result_of(out)
    assert (before.threshold, after.threshold) == (0.85, 0.5)
    assert after.id != before.id
    (out / slide.name / "run.json").unlink()
    assert run(slide, out, described, replace(OTHER, formats=OPTIONS.formats)).state == "done"
    assert result_of(out) == after
    assert run(slide, out, described).state == "done"
    assert result_of(out).id not in {before.id, after.id}


def test_all_files_of_a_slide_that_is_scored_again_have_its_id(
    slide: FoundSlide, out: Path, model: SlideModel
) -> None:
    run(slide, out, model)
    (out / slide.name / "scores.npz").unlink()
    formats = OPTIONS.formats | {"geojson"}
    assert run(slide, out, model, replace(OPTIONS, formats=formats)).state == "done"
    tiles = json.loads((out / slide.name / "tiles.geojson").read_bytes())
    assert tiles["biopsia"]["id"] == str(result_of(out).id)


def test_a_slide_that_another_run_works_on_is_left_to_it(
    slide: FoundSlide, tmp_path: Path, out: Path, model: SlideModel
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(slide, out, model, OPTIONS, stop_at(0.5))
    kept = {path.name for path in (out / slide.name / WORK_FOLDER).iterdir()}
    other = tmp_path / "b.ome.tif"
    shutil.copy(slide.path, other)
    found = [slide, FoundSlide(other, (other,), other.name)]
    options = replace(OPTIONS, microns_per_pixel=2.0)
    with locked(out, slide.name):
        outcomes = list(process_slides(found, out, model, options, Notes()))
    assert [(each.state, each.code) for each in outcomes] == [("failed", "in_use"), ("done", "")]
    assert {path.name for path in (out / slide.name / WORK_FOLDER).iterdir()} == kept
    assert run(slide, out, model).state == "done"


def test_what_a_killed_run_left_half_written_is_deleted(
    slide: FoundSlide, out: Path, model: SlideModel
) -> None:
    run(slide, out, model)
    (out / slide.name / ".part.12345678.tiles.csv").write_text("half")
    (out / ".a.ome.tif.lock").touch()
    assert run(slide, out, model).state == "skipped"
    assert {path.name for path in (out / slide.name).iterdir()} == NAMES
    assert [path.name for path in out.iterdir()] == [slide.name]


def test_no_leave_to_write_is_named_and_the_others_go_on(
    slide: FoundSlide, tmp_path: Path, model: SlideModel
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.ome.tif").write_text("in the way")
    other = tmp_path / "b.ome.tif"
    shutil.copy(slide.path, other)
    empty = write_ome_tiff(
        tmp_path / "c.ome.tif", replace(DRAWN, has_tissue=False), downsamples=(1, 4)
    )
    unscaled = write_ome_tiff(tmp_path / "d.ome.tif", DRAWN, downsamples=(1, 4), has_scale=False)
    cut = tmp_path / "e.svs"
    whole = write_svs(tmp_path / "whole.svs", DRAWN, downsamples=(1,)).read_bytes()
    cut.write_bytes(whole[: len(whole) // 6])
    junk = tmp_path / "f.svs"
    junk.write_text("junk")
    paths = [slide.path, other, empty, unscaled, cut, junk, tmp_path / "gone.svs"]
    found = [FoundSlide(path, (path,), path.name) for path in paths]
    outcomes = list(process_slides(found, out, model, OPTIONS, Notes()))
    assert [each.state for each in outcomes] == ["failed", "done", *["failed"] * 5]
    codes = [each.code for each in outcomes]
    assert codes[:4] == ["not_a_folder", "", "no_tissue", "scale_unknown"]
    assert codes[4:] == ["corrupt_image", "unsupported_image", "not_found"]
    with (out / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == [each.state for each in outcomes]
    assert [row["code"] for row in rows] == codes
    assert all(bool(row["message"]) == (row["state"] == "failed") for row in rows)
    done = rows[1]
    result = SlideResult.model_validate_json((out / "b.ome.tif" / "result.json").read_bytes())
    assert done["name"] == "b.ome.tif"
    assert float(done["tissue_area_mm2"]) == result.tissue_area_mm2
    assert int(done["foci"]) == len(result.region.foci)
    assert float(done["microns_per_pixel_x"]) == 4.0
    assert float(done["largest_focus_mm"]) == max(
        focus.largest_dimension_mm or 0 for focus in result.region.foci
    )
    assert all(rows[0][name] == "" for name in ("tiles", "foci", "tissue_area_mm2"))
