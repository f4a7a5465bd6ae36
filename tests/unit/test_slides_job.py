"""Messages and files of one slide."""

from __future__ import annotations

import csv
import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hf_space.bundle.load import Bundle
from hf_space.schemas.slide import SlideResult
from hf_space.slides.options import SlideModel
from hf_space.slides.outputs import BY_DEFAULT
from hf_space.slides.record import RunRecord
from hf_space.slides.scan import FoundSlide, find_slides
from hf_space.slides.scores import SlideScores
from tests.drawn_slide import DrawnSlide
from tests.slide_job import NAMES, OPTIONS, result_of, run, table_of, tissue_mm2
from tests.slides import break_tile, write_svs


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
    region = result.region
    assert (region.rows, region.columns) == (20, 18)
    assert (region.tile_size_pixels, region.microns_per_pixel) == (50, 4.0)
    rows = table_of(folder)
    assert len(rows) == np.count_nonzero(~np.isnan(scores.logits))
    suspicious = [row for row in rows if float(row["prob_idc"]) >= 0.85]
    assert 0 < len(suspicious) < len(rows)
    areas = [tissue_mm2(folder, each) for each in (suspicious, rows)]
    assert region.malignant_area_mm2 == pytest.approx(areas[0], abs=2e-6)
    assert result.tissue_area_mm2 == pytest.approx(areas[1], abs=2e-6)
    assert region.malignant_fraction == pytest.approx(areas[0] / areas[1], abs=1e-5)
    assert region.tissue_fraction == pytest.approx(areas[1] / (900 * 1000 * 16e-6), abs=1e-6)
    # Foci are of whole tiles.
    assert sum(focus.area_mm2 or 0 for focus in region.foci) == pytest.approx(
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
    assert result.region.malignant_area_mm2 == pytest.approx(found, abs=2e-6)
    assert result.region.malignant_fraction == pytest.approx(found / 0.96, abs=1e-5)
    assert result.region.tissue_fraction == pytest.approx(0.25, abs=1e-6)
    record = RunRecord.load(folder)
    assert record is not None
    assert record.tiles == result.tissue_tiles == len(rows)
    assert record.figures.tissue_area_mm2 == result.tissue_area_mm2
    assert record.figures.suspicious_area_mm2 == result.region.malignant_area_mm2


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


def failure(slide: FoundSlide, out: Path, model: SlideModel) -> tuple[str, str]:
    outcome = run(slide, out, model)
    assert outcome.state == "failed"
    return outcome.code, outcome.message


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, out: Path, model: SlideModel) -> None:
    os.mkfifo(tmp_path / "a.svs")
    (slide,) = find_slides([tmp_path / "a.svs"]).slides
    refused = ("unsupported_image", "It is a named pipe, not a file.")
    assert failure(slide, out, model) == refused
    assert not out.exists()


def test_a_link_that_leads_nowhere_says_where(tmp_path: Path, out: Path, model: SlideModel) -> None:
    path = tmp_path / "a.svs"
    path.symlink_to("nowhere.svs")
    (slide,) = find_slides([path]).slides
    told = f"{path} is a link to nowhere.svs, which does not exist."
    assert failure(slide, out, model) == ("not_found", told)
    path.unlink()
    told = f"{path} cannot be read: No such file or directory."
    assert failure(slide, out, model) == ("not_found", told)


@pytest.mark.parametrize(("refused", "word"), [("a.ome.tif", "read"), ("tiles.csv", "written")])
def test_what_may_not_be_read_or_written_is_named(
    slide: FoundSlide,
    out: Path,
    model: SlideModel,
    monkeypatch: pytest.MonkeyPatch,
    refused: str,
    word: str,
) -> None:
    opened = Path.open

    def refuse(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name.endswith(refused):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    path = slide.path if word == "read" else out / slide.name
    told = f"{path} cannot be {word}: Permission denied."
    assert failure(slide, out, model) == ("no_permission", told)


def test_a_file_that_is_no_slide_is_told_what_can_be_read(
    tmp_path: Path, out: Path, model: SlideModel
) -> None:
    (tmp_path / "a.svs").write_text("no slide")
    (slide,) = find_slides([tmp_path / "a.svs"]).slides
    code, message = failure(slide, out, model)
    assert code == "unsupported_image"
    assert all(name in message for name in ("SVS", "NDPI", "MRXS", "DICOM", "PNG"))
    assert "service" not in message


def test_the_scale_is_asked_for_by_the_option_of_the_command(
    tmp_path: Path, out: Path, model: SlideModel
) -> None:
    Image.new("RGB", (80, 80)).save(tmp_path / "a.png")
    (slide,) = find_slides([tmp_path / "a.png"]).slides
    told = "The slide does not state its scale: state --microns-per-pixel."
    assert failure(slide, out, model) == ("scale_unknown", told)


def test_a_name_may_be_as_long_as_the_file_system_takes(
    slide: FoundSlide, out: Path, model: SlideModel
) -> None:
    path = slide.path.rename(slide.path.with_name(f"{'n' * 247}.ome.tif"))
    (found,) = find_slides([path]).slides
    assert run(found, out, model).state == "done"
    assert {each.name for each in (out / path.name).iterdir()} == NAMES


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
