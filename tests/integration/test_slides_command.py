"""`python -m hf_space slides`, as one types it."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from hf_space.bundle.familiarity import Familiarity
from hf_space.cli import app
from hf_space.cli.whole_slides import FormatName
from hf_space.schemas.slide import SlideResult
from hf_space.slides import run as run_module
from hf_space.slides.job import process_slide
from hf_space.slides.outcome import Outcome
from hf_space.slides.outputs import FILES
from tests.bundle_factory import encode, plain_image, write_bundle
from tests.drawn_slide import DrawnSlide
from tests.server import ROOT
from tests.slide_job import close_folders
from tests.slides import write_ome_tiff

DRAWN = DrawnSlide(width=800, height=900, microns_per_pixel=(4.0, 4.0))
DESCRIBED = Familiarity(
    mean=np.zeros(3),
    components=np.eye(3)[:1],
    scales=np.ones(1),
    class_means=np.zeros((2, 1)),
    residual=np.array(1.0),
)
# Ends the process after some strips, like a power cut.
KILLED = """
import os, signal, sys
from hf_space.cli import app
from hf_space.slides.checkpoint import Checkpoint
# A shell that runs the tests in the background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
save, saved = Checkpoint.save, []

def save_and_die(self, strip):
    save(self, strip)
    saved.append(strip)
    if len(saved) == int(sys.argv[1]):
        os.kill(os.getpid(), getattr(signal, sys.argv[2]))

Checkpoint.save = save_and_die
app(sys.argv[3:])
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "model")


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A slide in a folder, a picture without a scale, and a text; do not write into it."""
    folder = tmp_path_factory.mktemp("slides")
    write_ome_tiff(folder / "a.ome.tif", DRAWN, downsamples=(1, 4))
    (folder / "deeper").mkdir()
    (folder / "deeper" / "b.png").write_bytes(encode(plain_image(200, 120, 190, width=120)))
    (folder / "notes.txt").write_text("no slide")
    return folder


def python(model: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"BIOPSIA_MODEL_DIR": str(model), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def run(model: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return python(model, "-m", "hf_space", "slides", *arguments)


def summary(out: Path) -> list[dict[str, str]]:
    with (out / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def invoke(*arguments: str | Path, model: Path | None = None) -> Result:
    """The same within this process, which spares its start."""
    variables = {"NO_COLOR": "1", "COLUMNS": "200", "TERMINAL_WIDTH": "200"}
    variables |= {"BIOPSIA_MODEL_DIR": str(model)} if model else {}
    return CliRunner(env=variables).invoke(app, ["slides", *map(str, arguments)])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, model: Path, slides: Path) -> Path:
    """The table of tiles of a run that nothing ended."""
    out = tmp_path_factory.mktemp("whole")
    done = invoke(slides / "a.ome.tif", "--out", out, "--format", "csv", model=model)
    assert done.exit_code == 0, done.stderr
    return out / "a.ome.tif" / "tiles.csv"


def test_a_folder_is_scored_and_what_cannot_be_is_named(
    tmp_path: Path, model: Path, slides: Path
) -> None:
    out = tmp_path / "out"
    done = run(model, slides, slides / "deeper" / "b.png", "--out", out)
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith("a.ome.tif: ")
    assert "b.png: scale_unknown: " in done.stderr
    assert "1 .txt" in done.stderr
    assert "Traceback" not in done.stderr
    rows = summary(out)
    assert [(row["name"], row["state"], row["code"]) for row in rows] == [
        ("a.ome.tif", "done", ""),
        ("b.png", "failed", "scale_unknown"),
    ]
    files = {name for each in FILES.values() for name in each} - {"features.parquet"}
    names = {path.name for path in (out / "a.ome.tif").iterdir()}
    assert names == files | {"tissue.png", "scores.npz", "run.json"}
    again = invoke(slides / "a.ome.tif", "--out", out, model=model)
    assert again.exit_code == 0, again.stderr
    assert "skipped" in again.stderr
    assert [row["state"] for row in summary(out)] == ["skipped"]
    assert summary(out)[0]["tissue_area_mm2"] == rows[0]["tissue_area_mm2"]


def test_options_reach_every_slide(tmp_path: Path, model: Path, slides: Path) -> None:
    out = tmp_path / "out"
    options = ["--microns-per-pixel", "8", "--threshold", "0.4", "--overlap", "0.5"]
    options += ["--format", "json", "--format", "csv"]
    done = invoke(slides, slides / "deeper" / "b.png", "--out", out, *options, model=model)
    assert done.exit_code == 0, done.stderr
    for name in ("a.ome.tif", "b.png"):
        names = {path.name for path in (out / name).iterdir()}
        assert names == {"result.json", "tiles.csv", "tissue.png", "scores.npz", "run.json"}
        result = SlideResult.model_validate_json((out / name / "result.json").read_bytes())
        assert result.image.scale == (8.0, 8.0)
        assert result.image.scale_source == "request"
        assert (result.threshold, result.operating_point) == (0.4, None)
        assert (result.region.tile_size_pixels, result.region.microns_per_pixel) == (25, 4.0)


@pytest.mark.parametrize(
    ("name", "status", "told"), [("SIGKILL", -signal.SIGKILL, ""), ("SIGINT", 130, "Interrupted")]
)
def test_a_process_that_was_ended_is_gone_on_with(
    tmp_path: Path, model: Path, slides: Path, whole: Path, name: str, status: int, told: str
) -> None:
    out, slide = tmp_path / "out", slides / "a.ome.tif"
    arguments: list[str | Path] = [slide, "--out", out, "--format", "csv"]
    ended = python(model, "-c", KILLED, "7", name, "slides", *arguments)
    assert ended.returncode == status, ended.stderr
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    strips = sorted((out / slide.name / "unfinished").glob("*.npz"))
    assert len(strips) == 7
    assert [path.name for path in (out / slide.name).iterdir()] == ["unfinished"]
    done = invoke(*arguments, model=model)
    assert done.exit_code == 0, done.stderr
    assert "7 of " in done.stderr
    assert (out / slide.name / "tiles.csv").read_bytes() == whole.read_bytes()
    assert not (out / slide.name / "unfinished").exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["missing.svs"], "does not exist"),
        (["docs/decisions"], "no slides were found"),
        (["app.py", "--threshold=2"], "'--threshold': must be a number from 0 to 1"),
        (
            ["app.py", "--threshold=0.5", "--operating-point=balanced"],
            "give --threshold or --operating-point",
        ),
        (["app.py", "--microns-per-pixel=0"], "'--microns-per-pixel': 0 µm/px is not plausible"),
        (
            ["app.py", "--microns-per-pixel=nan"],
            "'--microns-per-pixel': nan µm/px is not plausible",
        ),
        (
            ["app.py", "--microns-per-pixel=25"],
            "25 µm/px is not plausible for a slide; use 0.05 to 20",
        ),
        (["app.py", "--overlap=0.3"], "'--overlap'"),
        (["app.py", "--format=dicom"], "'--format'"),
    ],
)
def test_bad_calls_are_explained(tmp_path: Path, arguments: list[str], word: str) -> None:
    paths = [argument if argument[0] == "-" else str(ROOT / argument) for argument in arguments]
    done = invoke(*paths, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert word in done.stderr
    assert not (tmp_path / "out").exists()


def test_names_that_are_no_text_reach_neither_table_nor_terminal_raw(
    tmp_path: Path, model: Path, slides: Path
) -> None:
    out, folder = tmp_path / "out", tmp_path / "in"
    folder.mkdir()
    shutil.copy(slides / "a.ome.tif", folder / "bad\udcffname.ome.tif")
    (folder / "two\nlines\u202e.svs").write_text("no slide")
    done = run(model, folder, "--out", out, "--format", "json")
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith("bad\\udcffname.ome.tif: ")
    assert "two\\nlines\\u202e.svs: unsupported_image: " in done.stderr
    assert "Traceback" not in done.stderr
    names = [row["name"] for row in summary(out)]
    assert names == ["bad\\udcffname.ome.tif", "two\nlines\u202e.svs"]


def test_what_of_a_folder_is_not_scored_is_said(tmp_path: Path, model: Path) -> None:
    folder = tmp_path / "in"
    (folder / "out" / "a.svs" / "unfinished").mkdir(parents=True)
    (folder / "out" / "a.svs" / "unfinished" / "state.json").write_text("{}")
    for name in ("label.jpg", "Thumbs.db", ".hidden.svs", "more.JPG", "noext"):
        (folder / name).write_text("a file")
    os.mkfifo(folder / "pipe")
    (folder / "linked").symlink_to(tmp_path)
    none = invoke(folder, "--out", tmp_path / "out")
    assert none.exit_code == 2
    (folder / "gone.svs").symlink_to("nowhere.svs")
    (folder / "loop.svs").symlink_to("loop.svs")
    (folder / "b.svs").write_text("no slide")
    (folder / "c.svs").hardlink_to(folder / "b.svs")
    done = invoke(folder, "--out", tmp_path / "out", model=model)
    assert done.exit_code == 3
    for stderr in (none.stderr, done.stderr):
        assert f"Skipped 1 folder of earlier results in {folder / 'out'}." in stderr
        assert f"links to folders: {folder / 'linked'}." in stderr
        assert "Skipped 2 .jpg files, 1 file without a suffix: not slides." in stderr
        assert "Skipped 2 hidden or system files and folders, such as .hidden.svs." in stderr
        assert f"Skipped, neither files nor folders: {folder / 'pipe'}." in stderr
        assert "Pictures in folders may be label photos" in stderr
    assert f"already listed, scored once: {folder / 'c.svs'}." in done.stderr
    assert [(row["name"], row["code"]) for row in summary(tmp_path / "out")] == [
        ("b.svs", "unsupported_image"),
        ("gone.svs", "not_found"),
        ("loop.svs", "input_output"),
    ]


def test_what_is_named_and_cannot_be_read_fails_and_the_others_go_on(
    tmp_path: Path, model: Path, slides: Path
) -> None:
    names = ["closed.tif", "gone.tif", "none.tif", "pipe.tif"]
    paths = [tmp_path / name for name in names]
    paths[0].write_text("x")
    paths[0].chmod(0)
    paths[1].symlink_to("nowhere.tif")
    os.mkfifo(paths[3])
    out = tmp_path / "out"
    done = invoke(*paths, slides / "a.ome.tif", "--out", out, "--format", "csv", model=model)
    assert done.exit_code == 3
    rows = {row["name"]: (row["state"], row["code"]) for row in summary(out)}
    assert rows.keys() == {*names, "a.ome.tif"}
    assert rows["a.ome.tif"] == ("done", "")
    assert rows["gone.tif"] == rows["none.tif"] == ("failed", "not_found")
    assert rows["pipe.tif"] == ("failed", "unsupported_image")
    assert "pipe.tif: unsupported_image: It is a named pipe, not a file." in done.stderr
    # Root may read it, and finds no slide.
    assert rows["closed.tif"] in {("failed", "no_permission"), ("failed", "unsupported_image")}


def test_nothing_that_exists_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "gone.svs").symlink_to("nowhere.svs")
    done = invoke(tmp_path / "gone.svs", tmp_path / "none.svs", "--out", tmp_path / "out")
    assert done.exit_code == 2
    told = "".join(each for each in done.stderr if each not in "│\n ")
    assert f"doesnotexistorcannotbereached:{tmp_path / 'gone.svs'},{tmp_path / 'none.svs'}" in told
    assert not (tmp_path / "out").exists()


def test_two_names_that_differ_only_in_case_are_both_scored(
    tmp_path: Path, model: Path, slides: Path
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.tif", "A.tif"):
        shutil.copy(slides / "a.ome.tif", tmp_path / "in" / name)
    out = tmp_path / "out"
    done = invoke(tmp_path / "in", "--out", out, "--format", "csv", model=model)
    assert done.exit_code == 0, done.stderr
    assert [row["name"] for row in summary(out)] == ["A.tif", "a.tif_2"]


def test_a_slide_that_is_added_changes_no_name(tmp_path: Path, model: Path, slides: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        shutil.copy(slides / "a.ome.tif", folder / name / "x.tif")
        done = invoke(folder, "--out", out, "--format", "csv", model=model)
        assert done.exit_code == 0, done.stderr
    states = [(row["name"], row["state"]) for row in summary(out)]
    assert states == [("a_x.tif", "skipped"), ("b_x.tif", "done")]


def test_a_scale_that_contradicts_the_file_is_cautioned(
    tmp_path: Path, model: Path, slides: Path
) -> None:
    out, slide = tmp_path / "out", slides / "a.ome.tif"
    options = ["--microns-per-pixel", "8", "--threshold", "0.4", "--format", "json"]
    caution = "scale_conflict: You gave 8 µm/px; the file says 4. Check which is right."
    for _ in ("done", "skipped"):
        done = invoke(slide, "--out", out, *options, model=model)
        assert done.exit_code == 0, done.stderr
        assert f"a.ome.tif: caution, {caution}" in done.stderr
        assert f"The results are in {out}; {out / 'summary.csv'} has a row" in done.stderr
        (row,) = summary(out)
        assert "scale_conflict" in row["warnings"].split()
        assert (row["threshold"], row["operating_point"]) == ("0.4", "")
    result = SlideResult.model_validate_json((out / slide.name / "result.json").read_bytes())
    assert caution in [f"{each.code}: {each.message}" for each in result.warnings]
    balanced = invoke(slide, "--out", out, "--format", "csv", model=model)
    assert balanced.exit_code == 0, balanced.stderr
    assert "scale_conflict" not in balanced.stderr
    assert "the scale has changed since the earlier run; scoring again." in balanced.stderr
    assert "earlier files are for threshold 0.4, the new ones for threshold 0.5 (balanced)" in (
        balanced.stderr
    )
    (row,) = summary(out)
    assert "scale_conflict" not in row["warnings"]
    assert (row["threshold"], row["operating_point"]) == ("0.5", "balanced")


def test_a_folder_that_may_not_be_read_fails_by_name(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in" / "closed").mkdir(parents=True)
    close_folders(monkeypatch, "closed")
    done = invoke(tmp_path / "in", "--out", tmp_path / "out", model=model)
    assert done.exit_code == 3
    assert "closed: no_permission: " in done.stderr
    assert not (tmp_path / "out" / "closed").exists()


def test_results_are_not_written_into_a_slide(tmp_path: Path) -> None:
    (tmp_path / "series").mkdir()
    (tmp_path / "series" / "1.dcm").write_text("x")
    done = invoke(tmp_path / "series", "--out", tmp_path)
    assert done.exit_code == 2
    assert "choose another folder" in " ".join(done.stderr.split())
    assert [path.name for path in (tmp_path / "series").iterdir()] == ["1.dcm"]


def test_results_are_not_written_where_a_file_has_their_name(tmp_path: Path) -> None:
    (tmp_path / "a.svs").write_text("x")
    done = invoke(tmp_path / "a.svs", "--out", tmp_path)
    assert done.exit_code == 2
    assert "choose another folder" in " ".join(done.stderr.split())
    assert (tmp_path / "a.svs").read_text() == "x"


def test_an_unknown_operating_point_an_unusable_model_and_no_folder_end_the_command(
    tmp_path: Path, model: Path, slides: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIOPSIA_MODEL_DIR", str(model))
    done = invoke(slides, "--out", tmp_path / "out", "--operating-point", "best")
    assert done.exit_code == 2
    assert "'--operating-point'" in done.stderr
    assert "The model has no operating point 'best'" in done.stderr
    (tmp_path / "file").write_text("in the way")
    done = invoke(slides, "--out", tmp_path / "file" / "out")
    assert done.exit_code == 1
    assert done.stderr.startswith("cannot write")
    monkeypatch.setenv("BIOPSIA_MODEL_DIR", str(tmp_path / "none"))
    done = invoke(slides, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stderr.startswith("model_unavailable: ")
    assert not (tmp_path / "out").exists()


def test_a_table_that_cannot_be_written_is_told_with_its_rows(
    tmp_path: Path, model: Path, slides: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"

    def in_the_way(*arguments: Any) -> Outcome:
        (out / "summary.csv").unlink()
        (out / "summary.csv").mkdir()
        return process_slide(*arguments)

    monkeypatch.setattr(run_module, "process_slide", in_the_way)
    done = invoke(slides / "a.ome.tif", "--out", out, "--format", "csv", model=model)
    assert done.exit_code == 3
    assert f"cannot write {out / 'summary.csv'}: " in done.stderr
    assert f"row: a.ome.tif,{slides / 'a.ome.tif'},done," in done.stderr
    assert "None" not in done.stderr


def test_features_need_a_network_that_gives_them(tmp_path: Path, model: Path, slides: Path) -> None:
    out = tmp_path / "out"
    asked: list[str | Path] = [slides / "a.ome.tif", "--out", out]
    asked += ["--format", "features", "--format", "csv"]
    refused = invoke(*asked, model=model)
    assert refused.exit_code == 2
    assert "'--format'" in refused.stderr
    assert "model tiny has no output for features" in " ".join(refused.stderr.split())
    assert not out.exists()
    done = invoke(*asked, model=write_bundle(tmp_path / "model", DESCRIBED))
    assert done.exit_code == 0, done.stderr
    names = {path.name for path in (out / "a.ome.tif").iterdir()}
    assert {"features.parquet", "tiles.csv"} <= names


def test_every_format_can_be_chosen() -> None:
    assert {str(name) for name in FormatName} == set(FILES)


def test_slides_start_no_server_and_no_training(model: Path, slides: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from hf_space.cli import app\n"
        f"app(['slides', {str(slides / 'a.ome.tif')!r}, '--out', {str(tmp_path)!r}], "
        "standalone_mode=False)\n"
        "heavy = {'gradio', 'fastapi', 'sqlalchemy', 'tensorflow', 'keras', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = python(model, "-c", code)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
