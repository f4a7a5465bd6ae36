from __future__ import annotations

import csv
import errno
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import cv2
import numpy as np
import pytest
from PIL import Image

from hf_space.bundle.calibration import OperatingPoint
from hf_space.bundle.familiarity import Familiarity
from hf_space.bundle.load import Bundle, load_bundle
from hf_space.imaging.readers.pyramid import PyramidReader
from hf_space.inference.warmup import warm_engine
from hf_space.schemas.slide import SlideResult
from hf_space.slides.checkpoint import WORK_FOLDER, Checkpoint
from hf_space.slides.job import process_slide
from hf_space.slides.lock import locked
from hf_space.slides.options import SlideModel, SlideOptions
from hf_space.slides.outcome import Outcome
from hf_space.slides.outputs import BY_DEFAULT, FILES
from hf_space.slides.record import RunRecord
from hf_space.slides.run import process_slides
from hf_space.slides.scan import FoundSlide, find_slides
from hf_space.slides.scores import SlideScores
from tests.array_slide import Notes
from tests.bundle_factory import write_bundle
from tests.drawn_slide import DrawnSlide
from tests.slides import break_tile, write_ome_tiff, write_svs

POINT = OperatingPoint(threshold=0.85, uncertain_low=0.84, uncertain_high=0.86)
OPTIONS = SlideOptions(POINT, "balanced", frozenset({"json", "csv"}))
NAMES = {"result.json", "tiles.csv", "tissue.png", "scores.npz", "run.json"}
DRAWN = DrawnSlide(width=900, height=1000, microns_per_pixel=(4.0, 4.0))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SlideModel:
    bundle = load_bundle(write_bundle(tmp_path_factory.mktemp("bundle") / "model"))
    return SlideModel(bundle, warm_engine("openvino", bundle))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ome_tiff(
        tmp_path_factory.mktemp("slides") / "a.ome.tif", DRAWN, downsamples=(1, 4)
    )


@pytest.fixture
def slide(drawn: Path, tmp_path: Path) -> FoundSlide:
    shutil.copy(drawn, tmp_path / "a.ome.tif")
    (found,) = find_slides([tmp_path / "a.ome.tif"]).slides
    return found


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[range]:
    """Rows at the model's scale that are read from now on."""
    found: list[range] = []
    read_rows = PyramidReader.read_rows

    def counted(self: PyramidReader, top: int, rows: int, microns_per_pixel: float) -> Any:
        if microns_per_pixel == 4.0:
            found.append(range(top, top + rows))
        return read_rows(self, top, rows, microns_per_pixel)

    monkeypatch.setattr(PyramidReader, "read_rows", counted)
    return found


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Folder of results."""
    return tmp_path / "out"


def run(
    slide: FoundSlide,
    out: Path,
    model: SlideModel,
    options: SlideOptions = OPTIONS,
    notes: Notes | None = None,
) -> Outcome:
    return process_slide(slide, out, model, options, notes or Notes())


def result_of(out: Path) -> SlideResult:
    return SlideResult.model_validate_json((out / "a.ome.tif" / "result.json").read_bytes())


def contents(folder: Path) -> dict[str, Any]:
    """The files of a slide, but for times and the id of the result."""
    found: dict[str, Any] = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name in ("result.json", "run.json"):
        facts = json.loads(found[name])
        found[name] = {key: facts[key] for key in facts.keys() - {"id", "created_at", "seconds"}}
    with np.load(folder / "scores.npz") as arrays:
        found["scores.npz"] = {name: arrays[name].tobytes() for name in ("logits", "quality")}
    return found


def table_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "tiles.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def tissue_mm2(folder: Path, rows: list[dict[str, str]]) -> float:
    """Area of what the mask shows within some tiles of a slide at 4 µm per pixel."""
    mask = np.asarray(cv2.imread(str(folder / "tissue.png"), cv2.IMREAD_GRAYSCALE)) > 0
    pixels = mask.repeat(4, axis=0).repeat(4, axis=1)
    total = 0
    for row in rows:
        left, top, width, height = (int(row[n]) for n in ("minx", "miny", "width", "height"))
        total += int(pixels[top : top + height, left : left + width].sum())
    return total * 16e-6


def stop_at(share: float) -> Notes:
    def stop(advanced: int) -> None:
        if advanced >= share * notes.totals[-1][0]:
            raise KeyboardInterrupt

    notes = Notes(stop)
    return notes


def test_a_slide_is_summed_up(slide: FoundSlide, out: Path, model: SlideModel) -> None:
    outcome = run(slide, out, model)
    assert (outcome.state, outcome.code, outcome.message) == ("done", "", "")
    folder = out / "a.ome.tif"
    assert {path.name for path in folder.iterdir()} == NAMES
    result, scores = result_of(out), SlideScores.load(folder)
    assert scores is not None
    assert (result.verdict, result.reasons) == ("not_assessable", ["slide_uncalibrated"])
    assert [each.code for each in result.warnings] == ["slide_uncalibrated"]
    assert (result.threshold, result.operating_point) == (0.85, "balanced")
    assert (result.image.width, result.image.height) == (900, 1000)
    assert result.image.bounds == (0, 0, 900, 1000)
    assert result.image.scale_source == "metadata"
    assert (result.rows, result.columns, result.tile_size_microns) == (20, 18, 200.0)
    rows = table_of(folder)
    assert len(rows) == np.count_nonzero(~np.isnan(scores.logits))
    suspicious = [row for row in rows if float(row["prob_idc"]) >= 0.85]
    assert 0 < len(suspicious) < len(rows)
    areas = [tissue_mm2(folder, each) for each in (suspicious, rows)]
    assert result.suspicious_area_mm2 == pytest.approx(areas[0], abs=2e-6)
    assert result.tissue_area_mm2 == pytest.approx(areas[1], abs=2e-6)
    assert result.suspicious_fraction == pytest.approx(areas[0] / areas[1], abs=1e-5)
    # Foci are of whole tiles.
    assert sum(focus.area_mm2 or 0 for focus in result.foci) == pytest.approx(
        0.04 * len(suspicious)
    )
    raw = model.bundle.config.calibration.probability(scores.logits)
    found = sorted(float(row["prob_raw"]) for row in rows)
    np.testing.assert_allclose(found, np.sort(raw[~np.isnan(raw)]), atol=1e-6)


@pytest.mark.parametrize("overlap", [0.0, 0.5])
def test_areas_are_of_tissue_and_not_of_the_glass_in_its_tiles(
    tmp_path: Path, out: Path, model: SlideModel, overlap: float
) -> None:
    # 4 x 7 tiles, those on the left and on the right half glass; the right half of the tissue has
    # a colour that the network finds less suspicious.
    picture = np.full((400, 600, 3), 240, np.uint8)
    picture[100:300, 120:276] = (190, 120, 180)
    picture[100:300, 276:420] = (130, 115, 160)
    Image.fromarray(picture).save(tmp_path / "a.png")
    (slide,) = find_slides([tmp_path / "a.png"]).slides
    options = replace(OPTIONS, microns_per_pixel=4.0, overlap=overlap)
    assert run(slide, out, model, options).state == "done"
    folder = out / "a.png"
    result = SlideResult.model_validate_json((folder / "result.json").read_bytes())
    assert result.tissue_area_mm2 == pytest.approx(200 * 300 * 16e-6, rel=1e-6)
    rows = table_of(folder)
    assert 0.04 * len(rows) / (4 if overlap else 1) > 1.04 * result.tissue_area_mm2
    suspicious = [row for row in rows if float(row["prob_idc"]) >= 0.85]
    assert 0 < len(suspicious) < len(rows)
    found = tissue_mm2(folder, suspicious)
    assert result.suspicious_area_mm2 == pytest.approx(found, abs=2e-6)
    assert result.suspicious_fraction == pytest.approx(found / 0.96, abs=1e-5)
    record = RunRecord.load(folder)
    assert record is not None
    assert record.tiles == result.tissue_tiles == len(rows)
    assert record.figures.tissue_area_mm2 == result.tissue_area_mm2
    assert record.figures.suspicious_area_mm2 == result.suspicious_area_mm2


def test_the_ten_most_suspicious_tiles_are_shown(
    slide: FoundSlide, out: Path, model: SlideModel
) -> None:
    run(slide, out, model)
    with (out / "a.ome.tif/tiles.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: -float(row["prob_idc"]))
    shown = result_of(out).most_suspicious
    assert len(shown) == 10
    for tile, row in zip(shown, rows, strict=False):
        assert tile.probability == pytest.approx(float(row["prob_idc"]), abs=1e-6)
        assert tile.thumbnail
        assert tile.thumbnail.startswith("data:image/jpeg;base64,")
    assert {(tile.x, tile.y) for tile in shown[:5]} <= {
        (float(row["minx"]), float(row["miny"])) for row in rows[:10]
    }


def test_a_damaged_tile_that_scoring_does_not_need_costs_a_thumbnail_only(
    tmp_path: Path, out: Path, model: SlideModel
) -> None:
    drawn = DrawnSlide(width=1600, height=1700, microns_per_pixel=(2.0, 2.0))
    path = write_svs(tmp_path / "a.svs", drawn, downsamples=(1, 2))
    options = replace(OPTIONS, formats=BY_DEFAULT)
    found: list[SlideResult] = []
    for folder in (out / "sound", out / "damaged"):
        (slide,) = find_slides([path]).slides
        assert run(slide, folder, model, options).state == "done"
        found.append(
            SlideResult.model_validate_json((folder / "a.svs" / "result.json").read_bytes())
        )
        first = found[0].most_suspicious[0]
        # Seven tiles of 256 px lie side by side in level 0.
        break_tile(path, 7 * int(first.y // 256) + int(first.x // 256))
    sound, damaged = found
    assert all(each.thumbnail for each in sound.most_suspicious)
    assert [each.code for each in sound.warnings] == ["slide_uncalibrated"]
    assert [each.code for each in damaged.warnings] == [
        "slide_uncalibrated",
        "thumbnail_unreadable",
    ]
    assert damaged.warnings[1].severity == "caution"
    assert damaged.reasons == ["slide_uncalibrated"]
    pairs = list(zip(damaged.most_suspicious, sound.most_suspicious, strict=True))
    assert [now.probability for now, _ in pairs] == [before.probability for _, before in pairs]
    assert pairs[0][0].thumbnail is None
    left = [(now, before) for now, before in pairs if now.thumbnail]
    assert 0 < len(left) < 10
    assert all(now.thumbnail == before.thumbnail for now, before in left)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("overlap", [0.0, 0.5])
def test_an_interrupted_slide_goes_on_where_it_was(
    slide: FoundSlide,
    tmp_path: Path,
    out: Path,
    model: SlideModel,
    reads: list[range],
    share: float,
    overlap: float,
) -> None:
    options = replace(OPTIONS, overlap=overlap)
    whole = run(slide, tmp_path / "whole", model, options)
    assert whole.state == "done"
    every_row = [row for rows in reads for row in rows]
    assert len(every_row) == len(set(every_row))
    reads.clear()
    with pytest.raises(KeyboardInterrupt):
        run(slide, out, model, options, stop_at(share))
    folder = out / "a.ome.tif"
    assert [path.name for path in folder.iterdir()] == [WORK_FOLDER]
    done = {int(path.stem) for path in (folder / WORK_FOLDER).glob("*.npz")}
    reads.clear()
    notes = Notes()
    assert run(slide, out, model, options, notes).state == "done"
    total, before = notes.totals[0]
    assert 0 < before < total
    assert notes.advanced == total - before
    assert f"{len(done)} of" in notes.messages[0]
    step = 25 if overlap else 50
    again = {row // step for rows in reads for row in rows}
    # A strip that is half a tile lower needs the rows of the one before.
    assert again.isdisjoint(range(max(done)))
    assert contents(folder) == contents(tmp_path / "whole" / "a.ome.tif")


def test_a_slide_that_is_done_is_skipped(
    slide: FoundSlide, out: Path, model: SlideModel, reads: list[range]
) -> None:
    first = run(slide, out, model)
    reads.clear()
    notes = Notes()
    second = run(slide, out, model, notes=notes)
    assert (second.state, second.record) == ("skipped", first.record)
    assert reads == []
    assert "skipped" in notes.messages[0]


@pytest.mark.parametrize(
    "change",
    [
        {"point": OperatingPoint.without_band(0.5)},
        {"point_name": None},
        {"formats": frozenset({"json", "csv", "geojson"})},
    ],
    ids=["threshold", "name", "formats"],
)
def test_another_threshold_or_format_changes_the_files_only(
    slide: FoundSlide, out: Path, model: SlideModel, reads: list[range], change: dict[str, Any]
) -> None:
    run(slide, out, model)
    before = result_of(out)
    reads.clear()
    notes = Notes()
    options = replace(OPTIONS, **change)
    assert run(slide, out, model, options, notes).state == "done"
    assert reads == []
    assert notes.totals == []
    assert "only the files" in notes.messages[0]
    after = result_of(out)
    assert after.threshold == options.point.threshold
    assert (after == before) == (options.formats != OPTIONS.formats)
    files = {name for format_name in options.formats for name in FILES[format_name]}
    assert {path.name for path in (out / slide.name).iterdir()} == NAMES | files
    assert run(slide, out, model, options).state == "skipped"


def test_files_of_another_threshold_do_not_stay(
    slide: FoundSlide, out: Path, model: SlideModel
) -> None:
    run(slide, out, model)
    options = replace(OPTIONS, point=OperatingPoint.without_band(0.5), formats=frozenset({"json"}))
    notes = Notes()
    run(slide, out, model, options, notes)
    assert {path.name for path in (out / slide.name).iterdir()} == NAMES - {"tiles.csv"}
    assert notes.messages[-1].startswith("a.ome.tif: removed ")
    assert notes.messages[-1].endswith(": tiles.csv.")
    record = RunRecord.load(out / slide.name)
    assert record is not None
    assert record.formats == ["json"]


@pytest.mark.parametrize("change", ["overlap", "scale", "model", "slide"])
def test_what_scores_depend_on_is_scored_again_and_named(
    slide: FoundSlide, tmp_path: Path, out: Path, model: SlideModel, change: str
) -> None:
    run(slide, out, model)
    before = result_of(out)
    options = OPTIONS
    if change == "overlap":
        options = replace(options, overlap=0.5)
    elif change == "scale":
        options = replace(options, microns_per_pixel=2.0)
    elif change == "model":
        bundle = load_bundle(write_bundle(tmp_path / "other", revision="r2"))
        model = SlideModel(bundle, model.engine)
    else:
        write_ome_tiff(slide.path, replace(DRAWN, seed=1), downsamples=(1, 4))
    notes = Notes()
    assert run(slide, out, model, options, notes).state == "done"
    (message,) = notes.messages
    assert message.startswith("a.ome.tif: changed")
    assert f"the {change}" in message
    assert notes.totals[0][1] == 0
    after = result_of(out)
    assert after.id != before.id
    assert after.model.revision == ("r2" if change == "model" else "r1")
    assert (after.image.sha256 != before.image.sha256) == (change == "slide")
    assert after.image.scale_source == ("request" if change == "scale" else "metadata")
    assert not (out / slide.name / WORK_FOLDER).exists()


def test_a_changed_option_deletes_the_strips_of_an_interrupted_run(
    slide: FoundSlide, out: Path, model: SlideModel
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(slide, out, model, OPTIONS, stop_at(0.6))
    notes = Notes()
    run(slide, out, model, replace(OPTIONS, microns_per_pixel=2.0), notes)
    assert "the scale" in notes.messages[0]
    assert notes.totals[0][1] == 0


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
    # What the network says is kept, once.
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
        # Another scale was scored: that is not lost.
        assert after.pop("scores.npz") != before.pop("scores.npz")
    assert after == before
    monkeypatch.undo()
    assert run(slide, out, model).state == "skipped"


def killed(*_: object, **__: object) -> NoReturn:
    """Stand for the end of the process: nothing of it is caught."""
    raise KeyboardInterrupt


@pytest.fixture
def described(tmp_path: Path) -> SlideModel:
    """A model that gives features."""
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
    assert int(done["foci"]) == len(result.foci)
    assert float(done["microns_per_pixel_x"]) == 4.0
    assert float(done["largest_focus_mm"]) == max(
        focus.largest_dimension_mm or 0 for focus in result.foci
    )
    assert all(rows[0][name] == "" for name in ("tiles", "foci", "tissue_area_mm2"))


def test_all_files_but_the_features_are_written_by_default(
    slide: FoundSlide, out: Path, model: SlideModel
) -> None:
    assert run(slide, out, model, replace(OPTIONS, formats=BY_DEFAULT)).state == "done"
    expected = {
        *("heatmap.ome.tif", "overview.png", "report.pdf", "tiles.geojson", "foci.geojson"),
        *NAMES,
    }
    assert {path.name for path in (out / slide.name).iterdir()} == expected


def test_the_run_is_described(slide: FoundSlide, out: Path, model: SlideModel) -> None:
    run(slide, out, model)
    record = RunRecord.load(out / slide.name)
    assert record is not None
    bundle: Bundle = model.bundle
    assert record.scored.model == bundle.config.revision
    assert record.scored.scale == (4.0, 4.0)
    assert record.sha256.keys() == {"slide", *bundle.config.sha256}
    assert record.sha256["slide"] == result_of(out).image.sha256
    assert {"python", "openvino", "tifffile"} <= record.versions.keys()
    assert record.seconds.keys() == {"tissue", "scoring", "writing"}
