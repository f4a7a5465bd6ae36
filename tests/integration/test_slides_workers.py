"""Slides on several processes of one machine."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hf_space.bundle.calibration import OperatingPoint
from hf_space.cli import app
from hf_space.settings import Settings
from hf_space.slides.fleet.processes import ProcessFleet
from hf_space.slides.fleet.scorer import FleetScorer
from hf_space.slides.fleet.work import Advanced, Event, Work, WorkersError
from hf_space.slides.options import SlideOptions
from hf_space.slides.results import FolderResults
from hf_space.slides.run import record_outcomes
from hf_space.slides.scan import FoundSlide
from tests.array_slide import Notes
from tests.bundle_factory import write_bundle
from tests.drawn_slide import DrawnSlide
from tests.slides import write_ome_tiff

OPTIONS = SlideOptions(OperatingPoint.without_band(0.85), None, frozenset({"csv"}))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "model")


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four slides, two of a case, one with annotations, one that is none, and their list."""
    folder = tmp_path_factory.mktemp("scans")
    drawn = DrawnSlide(width=900, height=1400, microns_per_pixel=(4.0, 4.0))
    write_ome_tiff(folder / "a.ome.tif", drawn, downsamples=(1, 4))
    for name in ("b", "c"):
        shutil.copy(folder / "a.ome.tif", folder / f"{name}.ome.tif")
    (folder / "bad.tif").write_text("no slide")
    ring = [[450, 0], [900, 0], [900, 1400], [450, 1400], [450, 0]]
    truth = {"type": "Polygon", "coordinates": [ring]}
    (folder / "c.geojson").write_text(json.dumps({"type": "Feature", "geometry": truth}))
    lines = ["path,case,truth,block", "bad.tif,K1,,1", "a.ome.tif,K1,,2", "b.ome.tif,K2,,3"]
    lines.append("c.ome.tif,K2,c.geojson,4")
    (folder / "slides.csv").write_text("\n".join(lines) + "\n")
    return folder


def slides(model: Path, *arguments: object) -> Result:
    variables = {"NO_COLOR": "1", "COLUMNS": "200", "TERMINAL_WIDTH": "200"}
    variables |= {"BIOPSIA_MODEL_DIR": str(model)}
    return CliRunner(env=variables).invoke(app, ["slides", *map(str, arguments)])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_list_is_scored_by_several_workers_as_by_one(
    model: Path, scans: Path, tmp_path: Path
) -> None:
    tables = []
    for workers in (1, 2):
        out = tmp_path / f"by{workers}"
        arguments = ["--manifest", scans / "slides.csv", "--out", out, "--format", "csv"]
        done = slides(model, *arguments, "--workers", workers)
        assert done.exit_code == 3, done.stderr
        assert "bad.tif: corrupt_image" in done.stderr or "bad.tif: unsupported" in done.stderr
        table = rows(out / "summary.csv")
        tables.append([{key: row[key] for key in row.keys() - {"seconds"}} for row in table])
        assert [(row["block"], row["state"]) for row in table] == [
            ("1", "failed"),
            ("2", "done"),
            ("3", "done"),
            ("4", "done"),
        ]
        cases = {row["case"]: row for row in rows(out / "cases.csv")}
        assert (cases["K1"]["slides_failed"], cases["K2"]["slides_done"]) == ("1", "2")
        assert float(cases["K2"]["tissue_area_mm2"]) == pytest.approx(
            2 * float(table[1]["tissue_area_mm2"]), abs=1e-6
        )
        (judged,) = rows(out / "truth.csv")
        assert (judged["name"], judged["case"]) == ("c.ome.tif", "K2")
        assert 0 < int(judged["tumour_tiles"]) < int(judged["tiles"])
        summed = json.loads((out / "truth.json").read_bytes())
        assert summed["roc_auc"]["value"] == pytest.approx(float(judged["roc_auc"]), abs=1e-5)
        # The file that the comparison reads is written even if it was not requested.
        assert (out / "c.ome.tif" / "result.json").exists()
    assert tables[0] == tables[1]
    for name in ("a.ome.tif", "b.ome.tif", "c.ome.tif"):
        first, second = (tmp_path / by / name / "tiles.csv" for by in ("by1", "by2"))
        assert first.read_bytes() == second.read_bytes()
        assert not list(first.parent.glob(".*"))


def test_the_annotations_of_one_slide_are_named_on_the_command_line(
    model: Path, scans: Path, tmp_path: Path
) -> None:
    truth = ["--truth", scans / "c.geojson", "--out", tmp_path / "out", "--format", "csv"]
    done = slides(model, scans / "a.ome.tif", *truth)
    assert done.exit_code == 0, done.stderr
    (judged,) = rows(tmp_path / "out" / "truth.csv")
    assert float(judged["tumour_area_mm2"]) == pytest.approx(450 * 1400 * 16e-6)
    several = slides(model, scans, *truth)
    assert several.exit_code == 2
    assert "4 slides were found" in several.stderr
    (tmp_path / "no.geojson").write_text("{}")
    wrong = slides(model, scans / "a.ome.tif", "--truth", tmp_path / "no.geojson", *truth[2:])
    assert wrong.exit_code == 3
    assert "a.ome.tif: not compared with its annotations: they are not annotations" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name slides or give --manifest"),
        (["a.svs", "--manifest", "list.csv"], "name slides or give --manifest"),
        (["--manifest", "gone.csv"], "'--manifest': gone.csv cannot be read"),
        (["--manifest", "pyproject.toml"], "'--manifest': its first line names no column path"),
        (["pyproject.toml", "--workers", "0"], "'--workers'"),
    ],
)
def test_wrong_calls_are_explained(
    model: Path, tmp_path: Path, arguments: list[str], told: str
) -> None:
    done = slides(model, *arguments, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())


class Killing(ProcessFleet):
    """Kills a worker, as the system does when memory is short, while it scores a slide."""

    killed = 0

    def wait(self) -> Iterator[tuple[str, Event]]:
        for worker, event in super().wait():
            yield worker, event
            if isinstance(event, Advanced) and not self.killed:
                self.killed = self._workers[worker].process.pid or 0
                os.kill(self.killed, signal.SIGKILL)


def test_a_killed_workers_slide_is_gone_on_with(model: Path, scans: Path, tmp_path: Path) -> None:
    results = FolderResults(tmp_path / "out")
    work = Work.of(Settings(model_dir=model), results, OPTIONS, "r1")
    paths = [scans / f"{name}.ome.tif" for name in "abc"]
    found = [FoundSlide(path, (path,), path.name) for path in paths]
    fleet, notes = Killing(work, 2), Notes()
    outcomes = list(record_outcomes(found, results, FleetScorer(fleet), notes))
    assert fleet.killed
    assert sorted(each.name for each in outcomes) == [path.name for path in paths]
    assert {each.state for each in outcomes} == {"done"}
    assert any("ended with status -9" in message for message in notes.messages)
    tables = {(tmp_path / "out" / path.name / "tiles.csv").read_bytes() for path in paths}
    assert len(tables) == 1


def test_workers_that_cannot_start_are_told(tmp_path: Path, model: Path, scans: Path) -> None:
    results = FolderResults(tmp_path / "out")
    work = Work.of(Settings(model_dir=model), results, OPTIONS, "another revision")
    path = scans / "a.ome.tif"
    found = [FoundSlide(path, (path,), path.name)]
    with pytest.raises(WorkersError, match="status 1"):
        list(record_outcomes(found, results, FleetScorer(ProcessFleet(work, 1)), Notes()))
    assert rows(tmp_path / "out" / "summary.csv")[0]["state"] == "pending"
