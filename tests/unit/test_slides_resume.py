"""A slide that was started or done before: what is kept, and what is done again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hf_space.bundle.calibration import OperatingPoint
from hf_space.bundle.load import load_bundle
from hf_space.slides.checkpoint import WORK_FOLDER
from hf_space.slides.options import SlideModel
from hf_space.slides.outputs import FILES
from hf_space.slides.record import RunRecord
from hf_space.slides.scan import FoundSlide
from tests.array_slide import Notes
from tests.bundle_factory import write_bundle
from tests.slide_job import DRAWN, NAMES, OPTIONS, contents, result_of, run, stop_at
from tests.slides import write_ome_tiff


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
    ("name", "change"),
    [
        ("threshold", {"point": OperatingPoint.without_band(0.5)}),
        ("name", {"point_name": None}),
        ("formats", {"formats": frozenset({"json", "csv", "geojson"})}),
    ],
)
def test_another_threshold_or_format_changes_the_files_only(
    slide: FoundSlide,
    out: Path,
    model: SlideModel,
    reads: list[range],
    name: str,
    change: dict[str, Any],
) -> None:
    run(slide, out, model)
    before = result_of(out)
    reads.clear()
    notes = Notes()
    options = replace(OPTIONS, **change)
    assert run(slide, out, model, options, notes).state == "done"
    assert reads == []
    assert notes.totals == []
    told = {
        "threshold": [
            "are for threshold 0.85 (balanced), the new ones for threshold 0.5 (balanced)"
        ],
        "name": ["are for threshold 0.85 (balanced), the new ones for threshold 0.85."],
        "formats": [],
    }
    assert notes.messages[0] == "a.ome.tif: already scored; rewriting the files only."
    assert len(notes.messages) == 1 + len(told[name])
    assert all(part in notes.messages[1] for part in told[name])
    after = result_of(out)
    assert after.threshold == options.point.threshold
    assert (after == before) == (options.formats != OPTIONS.formats)
    files = {each for format_name in options.formats for each in FILES[format_name]}
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
    removed = "a.ome.tif: removed outdated files from the earlier run: tiles.csv."
    assert notes.messages[-1] == removed
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
    assert notes.messages == [
        f"a.ome.tif: the {change} has changed since the earlier run; scoring again."
    ]
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
